"""One measure after the other over several runs: over their sizes where these differ, as in the paper's Figure 1,
else a row for each run.
"""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from tutelage.report.comparison.topics import ByRun, Measure
from tutelage.report.comparison.wording import short_count
from tutelage.report.drawing import (
    Drawing,
    bare,
    draw_interval,
    few_ticks,
    finish,
    is_leftmost,
    is_narrow,
    lines,
    panels,
    percent_axis,
)
from tutelage.report.figures.colours import draw_key
from tutelage.report.figures.dots import draw_dot_rows
from tutelage.report.figures.tax_changes import signed_axis
from tutelage.report.names import INK, colour
from tutelage.report.results import in_model_order


def draw_over_runs(
    anchor: str, measures: Mapping[Measure, ByRun], runs: Sequence[str], sizes: Mapping[str, int] | None
) -> Drawing:
    """A panel for each measure that is drawn. sizes: run -> parameters, where figures are to stand over these."""
    drawn = {measure: by_run for measure, by_run in measures.items() if measure.place != "table"}
    models = in_model_order(
        {model: True for by_run in drawn.values() for figures in by_run.values() for model in figures}
    )
    height = 2.5 if sizes else 0.8 + len(runs) * (0.14 + 0.1 * len(models))
    figure, grid = panels(len(drawn), height, across=2 if len(drawn) in (2, 4) else 3)
    if len({measure.unit for measure in drawn}) == 1:
        for axes in grid[1:]:
            (axes.sharey if sizes else axes.sharex)(grid[0])
    for axes, (measure, by_run) in zip(grid, drawn.items(), strict=True):
        if sizes:
            draw_lines(axes, by_run, models, sizes)
        else:
            rows = {name: by_run.get(name, {}) for name in runs}
            draw_dot_rows(axes, rows, models, labelled=is_leftmost(axes), characters=16)
            axes.margins(x=0.08)
        scale(axes, measure, upright=bool(sizes))
        axes.set_title(lines(measure.title[:1].upper() + measure.title[1:], 32 if is_narrow() else 26))
    if any(model != "reward_model" for model in models):
        draw_key(figure, models)
    return finish(figure, f"runs-{anchor}", f"{'; '.join(measure.title for measure in drawn)}: by run")


def draw_lines(
    axes: Axes,
    by_run: ByRun,
    models: Sequence[str],
    sizes: Mapping[str, int],
) -> None:
    """A line for each model over the number of parameters, on a logarithmic axis."""
    for model in models:
        known = sorted((sizes[run], run) for run, figures in by_run.items() if model in figures)
        places = [size for size, _ in known]
        own = [by_run[run][model] for _, run in known]
        for place, each in zip(places, own, strict=True):
            draw_interval(axes, place, each, upright=True, ink=colour(model))
        axes.plot(places, [each.value for each in own], "o-", color=colour(model), markersize=4.5)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sorted(sizes.values())))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(sorted(sizes.values()), [short_count(size) for size in sorted(sizes.values())])
    axes.margins(x=0.12)
    axes.set_xlabel("parameters")
    axes.grid(axis="y")
    bare(axes, ["left"])


def scale(axes: Axes, measure: Measure, *, upright: bool) -> None:
    """The axis of the figures: percent of a rate, signs of a change, and the line of no difference."""
    if measure.level is not None:
        (axes.axhline if upright else axes.axvline)(measure.level, color=INK.value, linewidth=1)
    few_ticks(axes, 4, upright=upright)
    if measure.unit == "rate":
        percent_axis(axes, upright=upright)
    elif measure.level is not None:
        signed_axis(axes, 100 if measure.unit == "change" else 1, upright=upright)
