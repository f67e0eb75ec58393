"""The alignment tax: each task's score model by model, with the base model's as the level to be held."""

from collections.abc import Mapping
from textwrap import wrap

from matplotlib.axes import Axes

from tutelage.report.drawing import Drawing, few_ticks, finish, new_figure, panels, percent_axis
from tutelage.report.figures.dots import draw_dots
from tutelage.report.names import SOFT, spoken
from tutelage.report.results import Task, TaskScore, in_model_order
from tutelage.report.wording import decimal

ACROSS = 3
"""Panels in a row, at most."""


def draw_tax(alignment_tax: Mapping[str, Mapping[str, TaskScore]], tasks: Mapping[str, Task]) -> Drawing:
    """A panel for each task, each on its own scale, drawn so that right is always better."""
    models = in_model_order(alignment_tax)
    names = list(dict.fromkeys(task for model in models for task in alignment_tax[model]))
    columns = min(ACROSS, len(names))
    rows = -(-len(names) // columns)
    figure = new_figure(0.1 + rows * (0.85 + 0.34 * len(models)))
    grid = panels(figure, rows, columns)
    for place, (name, axes) in enumerate(zip(names, grid, strict=False)):
        task = tasks.get(name) or Task(title=spoken(name))
        scores = {model: alignment_tax[model][name] for model in models if name in alignment_tax[model]}
        rates = task.unit == "rate"
        draw_dots(axes, scores, percent if rates else decimal, labelled=place % columns == 0)
        if "base" in scores:
            axes.axvline(scores["base"].score, color=SOFT.value, linewidth=0.9, linestyle=(0, (3, 3)))
        axes.margins(x=0.16)
        few_ticks(axes, 4, upright=False)
        if rates:
            keep_below_one(axes)
            percent_axis(axes, upright=False)
        if not task.higher_is_better:
            axes.invert_xaxis()
        axes.set_title("\n".join(wrap(task.title, 27)))
        axes.set_xlabel(unit_label(task))
    for axes in grid[len(names) :]:
        axes.set_axis_off()
    return finish(figure, "tax", "Scores of each model on the tasks of the alignment tax")


def keep_below_one(axes: Axes) -> None:
    """No label beyond 100 %, where a rate cannot be."""
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in axes.get_xticks() if low <= tick <= 1])
    axes.set_xlim(low, min(high, 1 + 0.12 * (1 - low)))


def unit_label(task: Task) -> str:
    """What stands under a task's panel."""
    words = {"rate": "right answers", "nats": "nats a token"}[task.unit]
    return f"{words}, better to the right" + ("" if task.higher_is_better else " (axis reversed)")


def percent(value: float) -> str:
    """A rate as it is written above its dot, where the axis already says percent."""
    return f"{value * 100:.1f}"
