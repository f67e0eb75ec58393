"""The overview's figures, as SVG: how much is done, how long it takes, how well labelers agree.

Each is drawn of at least one value: of nothing there is no drawing (`labeling/pictures.py`).
Times are seconds since 1970; days are those of UTC.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from tutelage.labelers.intervals import Estimate
from tutelage.labelers.reliability import SECONDS_A_DAY, Window
from tutelage.labeling.drawing import (
    COLOURS,
    GREY,
    INK,
    LINE,
    draw,
    legend_above,
    shorten,
    time_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MANY_DAYS = 120
"""With more of them the bars are those of weeks."""

MANY_POINTS = 400
"""A line of more points than this looks the same, and makes the file large."""

FEW = 4
"""So many labelers' drift is drawn in colour: those whose agreement changed most."""

DURATIONS = {
    1: "1 s", 2: "2 s", 5: "5 s", 10: "10 s", 20: "20 s", 60: "1 min", 120: "2 min", 300: "5 min",
    600: "10 min", 1200: "20 min", 3600: "1 h", 7200: "2 h", 18000: "5 h", 36000: "10 h", 86400: "1 day",
}  # fmt: skip
"""Where the axis of seconds may be labelled."""


def draw_throughput(times: Mapping[str, Sequence[float]]) -> bytes:
    """Answers a day, or a week where there are many days, stacked by kind. times: when they came in, by kind."""
    days = {kind: [int(time // SECONDS_A_DAY) for time in done] for kind, done in times.items()}
    first, last = min(map(min, days.values())), max(map(max, days.values()))
    width = 1 if last - first < MANY_DAYS else 7
    bars = {
        kind: Counter(first + (day - first) // width * width for day in own) for kind, own in days.items()
    }
    every = sorted(set().union(*bars.values()))

    def paint(axes: "Axes") -> None:
        from matplotlib.ticker import MaxNLocator

        below = Counter[int]()
        for (kind, counts), colour in zip(bars.items(), _colours(), strict=False):
            heights, bottoms = [counts[day] for day in every], [below[day] for day in every]
            axes.bar(every, heights, 0.86 * width, bottoms, color=colour, label=kind)
            below.update(counts)
        middle, half = (every[0] + every[-1]) / 2, max(every[-1] - every[0], 6) / 2 + 0.7 * width
        axes.set_xlim(middle - half, middle + half)
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_ylabel("answers a day" if width == 1 else "answers a week")
        time_axis(axes)
        legend_above(axes, len(bars))

    return draw(paint, 2.7)


def draw_seconds(seconds: Mapping[str, Sequence[float]]) -> bytes:
    """How long an item takes, by kind: median, middle half, and all but the shortest and longest twentieth.

    The axis is logarithmic and ends there, so that a forgotten browser does not stretch it.
    """
    import numpy as np

    kinds = {kind: np.maximum(taken, 1.0) for kind, taken in seconds.items()}
    boxes = {
        kind: np.quantile(taken, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist() for kind, taken in kinds.items()
    }
    counts = [len(taken) for taken in kinds.values()]
    shortest, longest = min(box[0] for box in boxes.values()), max(box[-1] for box in boxes.values())
    margin = max(1.25, (20 * shortest / longest) ** 0.5)

    def paint(axes: "Axes") -> None:
        from matplotlib.ticker import NullLocator

        for place, ((low, first, middle, third, high), colour) in enumerate(
            zip(boxes.values(), _colours(), strict=False)
        ):
            axes.plot([low, high], [place, place], color=colour, linewidth=1.4)
            axes.plot([first, third], [place, place], color=colour, linewidth=11, alpha=0.55)
            axes.plot(middle, place, "|", color=colour, markersize=15, markeredgewidth=2.6)
            axes.text(
                1.02, place, f"{_duration(middle)}  ({counts[place]:,})",
                transform=axes.get_yaxis_transform(), va="center",
            )  # fmt: skip
        axes.set_xscale("log")
        axes.set_xlim(shortest / margin, longest * margin)
        ticks = [tick for tick in DURATIONS if shortest / margin <= tick <= longest * margin]
        axes.set_xticks(ticks, [DURATIONS[tick] for tick in ticks])
        axes.xaxis.set_minor_locator(NullLocator())
        _rows(axes, list(boxes))
        axes.text(1.02, -0.95, "median  (items)", transform=axes.get_yaxis_transform(), va="center")

    return draw(paint, 0.75 + 0.36 * len(kinds))


def draw_agreement(by_labeler: Mapping[str, Estimate | None], overall: Estimate | None) -> bytes:
    """Each labeler's agreement with all others, the best first, with 95 % intervals; a line is that of all."""
    return _draw_rates(by_labeler, overall, "agreement")


def draw_gold(by_labeler: Mapping[str, Estimate | None], overall: Estimate | None = None) -> bytes:
    """Each labeler's accuracy on gold items, the best first, with 95 % intervals; a line is that of all."""
    return _draw_rates(by_labeler, overall, "right")


def draw_drift(windows: Mapping[str, Sequence[Window]]) -> bytes:
    """Agreement over time by labeler: in colour those in whom it changed most, the others grey."""
    known = {name: own for name, own in windows.items() if own}
    marked = sorted(known, key=lambda name: (-_change(known[name]), name))[:FEW]

    def paint(axes: "Axes") -> None:
        for name, own in known.items():
            if name not in marked:
                axes.plot(*_line(own), color=GREY, linewidth=1, alpha=0.45, marker="o", markersize=2.5)
        ends = {name: known[name][-1].agreement.value for name in marked}
        low, high = _bounds([window.agreement for own in known.values() for window in own], wide=False)
        heights = _apart(ends, 0.085 * (high - low))
        for name, colour in zip(marked, COLOURS, strict=False):
            times, values = _line(known[name])
            lows = [window.agreement.low for window in known[name]]
            highs = [window.agreement.high for window in known[name]]
            axes.fill_between(times, lows, highs, color=colour, alpha=0.1, linewidth=0)
            axes.plot(times, values, color=colour, linewidth=2, marker="o", markersize=4)
            axes.text(
                1.015, heights[name], shorten(name), color=colour,
                transform=axes.get_yaxis_transform(), va="center",
            )  # fmt: skip
        axes.set_ylim(low, high)
        axes.set_ylabel("agreement")
        axes.yaxis.set_major_formatter(_percent)
        time_axis(axes)

    return draw(paint, 2.9)


def draw_progress(done: Sequence[float], wanted: int) -> bytes:
    """How many answers there were at each time, and how many are wanted in the end."""
    times = sorted(done)

    def paint(axes: "Axes") -> None:
        counts = sorted({-(-part * len(times) // MANY_POINTS) for part in range(1, MANY_POINTS + 1)})
        moments = [_date(times[count - 1]) for count in counts]
        axes.plot(moments, counts, color=COLOURS[0], linewidth=2, drawstyle="steps-post")
        axes.fill_between(moments, counts, step="post", color=COLOURS[0], alpha=0.18, linewidth=0)
        axes.axhline(wanted, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
        beside = axes.get_yaxis_transform()
        heights = _apart({"wanted": wanted, "done": len(times)}, 0.09 * max(wanted, len(times)))
        axes.text(1.015, heights["wanted"], f"{wanted:,} wanted", transform=beside, va="center")
        axes.text(
            1.015, heights["done"], f"{len(times):,} done", transform=beside, va="center", color=COLOURS[0]
        )
        axes.set_ylim(0, 1.06 * max(wanted, len(times)))
        axes.set_ylabel("answers")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.margins(x=0.01)
        time_axis(axes)

    return draw(paint, 2.5)


def _draw_rates(by_name: Mapping[str, Estimate | None], overall: Estimate | None, what: str) -> bytes:
    known = {name: estimate for name, estimate in by_name.items() if estimate is not None}
    names = sorted(known, key=lambda name: (-known[name].value, name))

    def paint(axes: "Axes") -> None:
        beside = axes.get_yaxis_transform()
        if overall is not None:
            axes.axvspan(overall.low, overall.high, color=INK, alpha=0.13, linewidth=0)
            axes.axvline(overall.value, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
            axes.text(
                overall.value, 1.01, f"all {overall.value:.0%} ",
                transform=axes.get_xaxis_transform(), ha="right", va="bottom",
            )  # fmt: skip
        for place, name in enumerate(names):
            rate = known[name]
            axes.plot([rate.low, rate.high], [place, place], color=COLOURS[0], linewidth=1.6)
            axes.plot(rate.value, place, "o", color=COLOURS[0], markersize=6.5)
            axes.text(1.02, place, f"{rate.value:.0%}  ({rate.clusters:,})", transform=beside, va="center")
        axes.set_xlim(*_bounds([*known.values(), *([overall] if overall else [])], wide=True))
        axes.xaxis.set_major_formatter(_percent)
        _rows(axes, names)
        axes.text(1.02, -0.95, f"{what}  (items)", transform=beside, va="center")

    return draw(paint, 0.9 + 0.29 * len(names))


def _rows(axes: "Axes", names: Sequence[str]) -> None:
    """Names down the vertical axis, the first above."""
    axes.set_yticks(range(len(names)), [shorten(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="y", color=LINE, linewidth=0.4)
    axes.spines["left"].set_visible(False)


def _line(windows: Sequence[Window]) -> tuple[list[float], list[float]]:
    times = [_date((window.since + window.until) / 2) for window in windows]
    return times, [window.agreement.value for window in windows]


def _change(windows: Sequence[Window]) -> float:
    """By how much the agreement of the later half of the windows differs from that of the earlier half."""
    half = len(windows) // 2
    return abs(_pooled(windows[:half]) - _pooled(windows[half:])) if half else 0.0


def _pooled(windows: Sequence[Window]) -> float:
    agreements = [window.agreement for window in windows]
    return sum(one.value * one.n for one in agreements) / sum(one.n for one in agreements)


def _bounds(estimates: Sequence[Estimate], *, wide: bool) -> tuple[float, float]:
    """The part of 0 to 1 that is worth showing: with all intervals, or with all values and a margin."""
    lows = [estimate.low if wide else estimate.value - 0.05 for estimate in estimates]
    highs = [estimate.high if wide else estimate.value + 0.05 for estimate in estimates]
    return max(0.0, min(lows) - 0.02), min(1.005, max(highs) + 0.02)


def _apart(heights: Mapping[str, float], distance: float) -> dict[str, float]:
    """The heights, moved so far that labels there do not cover each other."""
    names = sorted(heights, key=lambda name: heights[name])
    moved = {name: float(heights[name]) for name in names}
    for _ in names:
        for below, above in pairwise(names):
            missing = distance - (moved[above] - moved[below])
            if missing > 0:
                moved[above] += missing / 2
                moved[below] -= missing / 2
    return moved


def _colours() -> Iterator[str]:
    while True:
        yield from COLOURS


def _date(time: float) -> float:
    """As matplotlib counts: in days."""
    return time / SECONDS_A_DAY


def _percent(value: float, _: object) -> str:
    return f"{value:.0%}"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
