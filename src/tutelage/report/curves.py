"""Curves over training, read back from a run's log of metrics."""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from tutelage.report.results import Series

MOST = 400
"""Points of a curve; more than a figure can show apart."""


def read_curves(metrics: Path, stages: Sequence[str]) -> dict[str, dict[str, Series]]:
    """stage -> metric -> series, from a log of one JSON object a line; stages without a line are left out.

    A line's `episodes`, where it has them, is where its values stand on the x axis, else its `step`. A metric
    may be missing from some lines (the oracle is asked now and then only); values that are not finite are
    left out. Of a long log, neighbouring lines are averaged.
    """
    columns: dict[str, dict[str, tuple[list[float], list[float]]]] = {}
    if not metrics.is_file():
        return {}
    for line in metrics.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        stage = entry.pop("stage")
        step = float(entry.pop("step"))
        place = float(entry.pop("episodes", step))
        if stage not in stages:
            continue
        for metric, value in entry.items():
            if value is None or not abs(float(value)) < float("inf"):
                continue
            xs, ys = columns.setdefault(stage, {}).setdefault(metric, ([], []))
            xs.append(place)
            ys.append(float(value))
    return {
        stage: {metric: thinned(xs, ys) for metric, (xs, ys) in columns[stage].items()}
        for stage in stages
        if stage in columns
    }


def thinned(xs: Sequence[float], ys: Sequence[float]) -> Series:
    """At most MOST points, each the mean of as many neighbours as that takes."""
    block = -(-len(xs) // MOST)
    starts = range(0, len(xs), block)
    return Series(
        x=[fmean(xs[start : start + block]) for start in starts],
        y=[fmean(ys[start : start + block]) for start in starts],
    )
