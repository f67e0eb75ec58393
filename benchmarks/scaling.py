"""How a step's time and memory grow with what makes it larger: slopes of logarithms, and a figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log
from pathlib import Path
from statistics import linear_regression, median

from benchmarks.plan import SCALING
from benchmarks.records import Outcome, undisturbed
from benchmarks.rounds import Launch, attempts
from benchmarks.table import table

RUNS = {run: None for axis in SCALING.values() for run in axis.values()}
Curve = dict[int, tuple[float, float]]
"""By what grows: seconds a step, and megabytes above those of a process without any model."""


def measure(launch: Launch, least_share: float) -> Iterator[Outcome]:
    """Every point; every outcome."""
    for run in RUNS:
        yield from attempts(run, launch, least_share)


def curves(outcomes: Sequence[Outcome], least_share: float) -> dict[str, Curve]:
    """By the axis's title, those with two points at least."""
    found: dict[str, Curve] = {}
    for title, axis in SCALING.items():
        for value, run in axis.items():
            if records := [each for each in undisturbed(outcomes, least_share) if each.run == run]:
                seconds = median(each.seconds["all"] / run.steps for each in records)
                memory = median((each.peak_bytes - each.idle_bytes) / 1e6 for each in records)
                found.setdefault(title, {})[value] = (seconds, memory)
    return {title: curve for title, curve in found.items() if len(curve) > 1}


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Of the straight line through the logarithms: 1 is growth in proportion."""
    return linear_regression([log(x) for x in xs], [log(y) for y in ys]).slope


def slopes(found: dict[str, Curve]) -> str:
    """The table, or nothing."""
    rows = []
    for title, curve in found.items():
        sizes, columns = list(curve), list(zip(*curve.values(), strict=True))
        figures = [
            cell
            for column, digits in zip(columns, (2, 0), strict=True)
            for cell in (f"{column[0]:.{digits}f} → {column[-1]:.{digits}f}", f"{slope(sizes, column):.2f}")
        ]
        rows.append([title, f"{sizes[0]:,} → {sizes[-1]:,}", *figures])
    header = ("what grows", "from → to", "seconds a step", "slope", "MB above idle", "slope")
    return table(header, rows) if rows else ""


def draw(found: dict[str, Curve], path: Path) -> None:
    """Time above, memory below, a column for each axis; a dotted line grows in proportion."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    path.parent.mkdir(parents=True, exist_ok=True)
    with rc_context(
        {"font.size": 8, "svg.hashsalt": "tutelage", "axes.spines.top": False, "axes.spines.right": False}
    ):
        figure = Figure(figsize=(9, 4), layout="constrained")
        grid = figure.subplots(2, max(1, len(found)), squeeze=False)
        for column, (title, curve) in enumerate(found.items()):
            sizes = list(curve)
            for row, values in enumerate(zip(*curve.values(), strict=True)):
                axes = grid[row][column]
                axes.loglog(sizes, values, "o-", markersize=3)
                axes.loglog(sizes, [values[0] * size / sizes[0] for size in sizes], ":", color="grey")
                axes.minorticks_off()
                axes.set_xticks(
                    sizes, [f"{size / 1e6:.1f} M" if size >= 1e6 else str(size) for size in sizes]
                )
                ends = (values[0], values[-1])
                axes.set_yticks(ends, [f"{value:.2f}" if row == 0 else f"{value:.0f}" for value in ends])
                axes.set_xlabel(title)
                axes.set_ylabel(("seconds a step", "MB above idle")[row])
        figure.savefig(path, metadata={"Date": None})
