"""Overall quality, 1 to 7, as each group of labelers sees it."""

from collections.abc import Mapping

from tutelage.report.drawing import Drawing, finish, is_leftmost, panels
from tutelage.report.figures.dots import draw_dots
from tutelage.report.names import GROUP_NAMES
from tutelage.report.results import GROUPS, Mean


def draw_likert(likert: Mapping[str, Mapping[str, Mean]]) -> Drawing:
    """A panel for each group, held-out labelers first, both on the whole of the scale."""
    groups = [group for group in reversed(GROUPS) if likert.get(group)]
    figure, grid = panels(len(groups), 0.8 + 0.34 * max(len(likert[group]) for group in groups), across=2)
    for group, axes in zip(groups, grid, strict=True):
        draw_dots(axes, likert[group], lambda value: f"{value:.2f}", labelled=is_leftmost(axes))
        axes.set_xlim(0.8, 7.2)
        axes.set_xticks(range(1, 8))
        axes.set_title(f"by {GROUP_NAMES[group]}")
        axes.set_xlabel("1 = worst, 7 = best")
    return finish(figure, "likert", "Mean overall quality of each model on the scale from 1 to 7")
