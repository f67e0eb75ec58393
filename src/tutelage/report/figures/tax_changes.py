"""What each model lost or won against the reference, task by task, paired item by item (§4.2)."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from tutelage.report.drawing import Drawing, few_ticks, finish, is_narrow, new_figure
from tutelage.report.figures.colours import draw_key
from tutelage.report.figures.dots import draw_dot_rows
from tutelage.report.names import INK, model_name, spoken
from tutelage.report.results import Task, TaxChanges, in_model_order

UNITS = {"rate": "percentage points", "nats": "nats a token", "points": "points of 100"}


def draw_tax_changes(
    anchor: str, changes: TaxChanges, tasks: Mapping[str, Task], names: Sequence[str]
) -> Drawing:
    """A panel for each unit, a row for each of the named tasks, a dot for each model; right is better."""
    models = in_model_order(changes.models)
    kinds: dict[tuple[str, bool], list[str]] = {}
    for name in names:
        task = tasks.get(name)
        kind = (task.unit, task.higher_is_better) if task is not None else ("rate", True)
        kinds.setdefault(kind, []).append(name)
    row = 0.2 + 0.1 * len(models)
    figure = new_figure(0.4 + sum(0.5 + row * len(own) for own in kinds.values()))
    heights = [0.5 + row * len(own) for own in kinds.values()]
    grid = figure.subplots(len(kinds), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, ((unit, higher_is_better), own) in zip(grid, kinds.items(), strict=True):
        rows = {
            tasks[name].title if name in tasks else spoken(name): {
                model: changes.models[model][name] for model in models if name in changes.models[model]
            }
            for name in own
        }
        draw_dot_rows(axes, rows, models, characters=18 if is_narrow() else 34)
        axes.axvline(0, color=INK.value, linewidth=1)
        axes.margins(x=0.08)
        few_ticks(axes, 5, upright=False)
        signed_axis(axes, 100 if unit == "rate" else 1)
        axes.set_xlabel(
            f"{UNITS[unit]} against {model_name(changes.reference)}"
            + ("" if higher_is_better else " (axis reversed)")
        )
        if not higher_is_better:
            axes.invert_xaxis()
    draw_key(figure, models)
    return finish(
        figure,
        f"tax-changes-{anchor}",
        f"Change of each task's score against {model_name(changes.reference)}",
    )


def signed_axis(axes: Axes, factor: float, *, upright: bool = False) -> None:
    """Label an axis of changes with their signs."""
    (axes.yaxis if upright else axes.xaxis).set_major_formatter(
        FuncFormatter(lambda value, _: f"{value * factor:+g}".replace("-", "\u2212") if value else "0")
    )
