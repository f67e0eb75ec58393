"""How a comparison's numbers are written."""

from tutelage.report.comparison.topics import Measure
from tutelage.report.results import Interval
from tutelage.report.wording import (
    DASH,
    decimal,
    decimal_interval,
    percent_interval,
    points,
    points_interval,
    signed,
    signed_interval,
)


def written(figure: Interval | None, measure: Measure) -> str:
    """A figure with its interval in the measure's unit, or a dash where a run does not have it."""
    if figure is None:
        return DASH
    match measure.unit:
        case "rate":
            return percent_interval(figure)
        case "change":
            return points_interval(figure)
        case "number":
            write = decimal_interval if measure.level is None else signed_interval
            return write(figure, measure.digits)


def plus_minus(figure: Interval | None, measure: Measure) -> str:
    """The same for a narrow column: half the width of the interval behind the figure."""
    if figure is None:
        return DASH
    half = (figure.high - figure.low) / 2
    match measure.unit:
        case "rate":
            return f"{figure.value * 100:.1f} ± {half * 100:.1f} %"
        case "change":
            return f"{points(figure.value)} ± {half * 100:.1f}"
        case "number":
            write = decimal if measure.level is None else signed
            return f"{write(figure.value, measure.digits)} ± {half:.{measure.digits}f}"


def short_count(number: int) -> str:
    """1_300_000_000 -> "1.3B": a number of parameters as papers write it."""
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return str(number)
