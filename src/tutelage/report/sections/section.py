"""What a section of the page is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from tutelage.report.drawing import Drawing
from tutelage.report.results import Interval
from tutelage.report.wording import DASH, percent, percent_interval


@dataclass(frozen=True)
class Table:
    """Numbers as text; `folded` tables open on a click. The first column names the row."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    folded: bool = True


@dataclass(frozen=True)
class Picture:
    """A drawing and the caption that says what is seen; `folded` pictures open on a click under their title."""

    drawing: Drawing
    caption: str
    folded: str | None = None


@dataclass(frozen=True)
class Section:
    """One question and its answer. `paper`: what the paper found; `here`: this run's number for the same."""

    anchor: str
    title: str
    finding: str = ""
    pictures: Sequence[Picture] = ()
    reading: str = ""
    paper: str = ""
    here: str = ""
    tables: Sequence[Table] = ()


def interval_or_dash(figure: Interval | None) -> str:
    """A rate with its interval, or a dash where it was not measured."""
    return DASH if figure is None else percent_interval(figure)


def percent_or_dash(rate: float | None) -> str:
    """A plain rate, or a dash where it was not measured."""
    return DASH if rate is None else percent(rate)
