"""The alignment tax: each task's score model by model, with the base's as the level to be held (Figures 28, 29)."""

from collections.abc import Mapping, Sequence
from functools import partial

from matplotlib.axes import Axes

from tutelage.report.drawing import Drawing, few_ticks, finish, is_leftmost, lines, panels, percent_axis
from tutelage.report.figures.dots import draw_dots
from tutelage.report.names import SOFT, spoken
from tutelage.report.results import Task, TaskScore, in_model_order
from tutelage.report.wording import decimal


def draw_tax(
    anchor: str,
    alignment_tax: Mapping[str, Mapping[str, TaskScore]],
    tasks: Mapping[str, Task],
    names: Sequence[str],
) -> Drawing:
    """A panel for each of the named tasks, each on its own scale, drawn so that right is always better.

    anchor: what sets the figure apart from those of other tasks.
    """
    models = in_model_order(alignment_tax)
    figure, grid = panels(len(names), 0.85 + 0.34 * len(models))
    for name, axes in zip(names, grid, strict=True):
        task = tasks.get(name) or Task(title=spoken(name))
        scores = {model: alignment_tax[model][name] for model in models if name in alignment_tax[model]}
        rates = task.unit == "rate"
        draw_dots(
            axes,
            scores,
            percent if rates else partial(decimal, digits=task_digits(task)),
            labelled=is_leftmost(axes),
        )
        if "base" in scores:
            axes.axvline(scores["base"].score, color=SOFT.value, linewidth=0.9, linestyle=(0, (3, 3)))
        axes.margins(x=0.16)
        few_ticks(axes, 4, upright=False)
        if rates:
            keep_below_one(axes)
            percent_axis(axes, upright=False)
        if not task.higher_is_better:
            axes.invert_xaxis()
        axes.set_title(lines(task.title, 27))
        axes.set_xlabel(unit_label(task))
    told = ", ".join(tasks[name].title if name in tasks else spoken(name) for name in names)
    return finish(figure, f"tax-{anchor}", f"Scores of each model: {told}")


def keep_below_one(axes: Axes) -> None:
    """No label beyond 100 %, where a rate cannot be."""
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in axes.get_xticks() if low <= tick <= 1])
    axes.set_xlim(low, min(high, 1 + 0.12 * (1 - low)))


def unit_label(task: Task) -> str:
    """What stands under a task's panel."""
    words = {"rate": "", "nats": "nats a token, ", "points": "points of 100, "}[task.unit]
    return f"{words}better to the right" + ("" if task.higher_is_better else " (axis reversed)")


def task_digits(task: Task) -> int:
    """Digits after the point of a score that is not a rate."""
    return 1 if task.unit == "points" else 2


def percent(value: float) -> str:
    """A rate as it is written above its dot, where the axis already says percent."""
    return f"{value * 100:.1f}"
