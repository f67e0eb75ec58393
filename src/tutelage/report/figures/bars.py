"""Groups of upright bars, a bar for each model, as the paper draws its automatic evaluations."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from tutelage.report.drawing import bare, draw_interval, few_ticks, lines
from tutelage.report.names import INK, colour
from tutelage.report.results import Interval

GROUP = 0.8
"""Of the distance between two groups, what their bars take."""


def draw_bar_groups(axes: Axes, groups: Mapping[str, Mapping[str, Interval]], models: Sequence[str]) -> None:
    """groups: label -> model -> figure; bars stand in the models' order, from zero."""
    wide = GROUP / max(1, len(models))
    for place, figures in enumerate(groups.values()):
        for number, model in enumerate(models):
            if model in figures:
                at = place + (number - (len(models) - 1) / 2) * wide
                axes.bar(at, figures[model].value, width=wide * 0.92, color=colour(model))
                draw_interval(axes, at, figures[model], upright=True)
    axes.set_xticks(range(len(groups)), [lines(label, 11) for label in groups])
    axes.tick_params(axis="x", labelcolor=INK.value, labelsize=8)
    axes.set_xlim(-0.5, len(groups) - 0.5)
    few_ticks(axes, 5, upright=True)
    axes.grid(axis="y")
    bare(axes, ["left"])
