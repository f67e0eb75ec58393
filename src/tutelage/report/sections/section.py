"""What a section of the page is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tutelage.report.drawing import Drawing
from tutelage.report.names import model_name
from tutelage.report.results import Interval, in_model_order
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
    """What draws a figure, and the caption that says what is seen; `folded` ones open on a click under their title."""

    draw: Callable[[], Drawing]
    caption: str
    folded: str | None = None


@dataclass(frozen=True)
class Section:
    """One question and its answer. `name`: in the table of contents; `paper`: what the paper found; `here`: this run's
    number for the same.
    """

    anchor: str
    name: str
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


def model_table(
    title: str,
    first: str,
    rows: Mapping[str, Mapping[str, Interval]],
    written: Callable[[Interval], str],
    *,
    folded: bool = True,
) -> Table:
    """A column for each model. rows: label -> model -> figure; first: what the labels are."""
    models = in_model_order({model: True for figures in rows.values() for model in figures})
    return Table(
        title,
        [first, *[model_name(model) for model in models]],
        [
            [label, *[written(figures[model]) if model in figures else DASH for model in models]]
            for label, figures in rows.items()
        ],
        folded,
    )
