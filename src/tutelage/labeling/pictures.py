"""The overview's pictures: which figures each is drawn from."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tutelage.labelers.gold import accuracy_of_ranks
from tutelage.labelers.reliability import drift_by_days
from tutelage.labeling import plots
from tutelage.labeling.figures import Figures
from tutelage.labeling.texts import TITLES


@dataclass(frozen=True)
class Picture:
    """`has_data`: whether there is anything to draw, without which `draw` fails; `alt`: for who cannot see it."""

    title: str
    alt: str
    has_data: Callable[[Figures], bool]
    draw: Callable[[Figures], bytes]


def _answered(figures: Figures) -> bool:
    return bool(figures.answers)


def _done(figures: Figures) -> list[float]:
    """When what is wanted of the batches was answered: all but gold."""
    return [line.at for line in figures.answers if line.task not in figures.gold]


def _compared(figures: Figures) -> bool:
    return figures.agreement is not None


def _by_kind(figures: Figures, what: str) -> Mapping[str, list[float]]:
    values: dict[str, list[float]] = defaultdict(list)
    for line in figures.answers:
        values[TITLES[line.kind]].append(getattr(line, what))
    return values


PICTURES: Mapping[str, Picture] = {
    "progress": Picture(
        "Progress",
        "Answers that count over time, and how many are wanted.",
        lambda figures: bool(_done(figures)),
        lambda figures: plots.draw_progress(_done(figures), sum(batch.wanted for batch in figures.batches)),
    ),
    "throughput": Picture(
        "Answers a day",
        "Answers that count, of each day by kind of work.",
        _answered,
        lambda figures: plots.draw_throughput(_by_kind(figures, "at")),
    ),
    "seconds": Picture(
        "Time for one item",
        "How long one item takes, by kind of work; the medians stand in the table of labelers.",
        _answered,
        lambda figures: plots.draw_seconds(_by_kind(figures, "seconds")),
    ),
    "agreement": Picture(
        "Agreement with all others",
        "Each labeler's agreement with its interval, as in the table of labelers.",
        _compared,
        lambda figures: plots.draw_agreement(figures.by_labeler, figures.agreement),
    ),
    "drift": Picture(
        "Agreement over time",
        "Each labeler's agreement week by week.",
        _compared,
        lambda figures: plots.draw_drift(drift_by_days(figures.judged, compared=figures.compared)),
    ),
    "gold": Picture(
        "Agreement with gold",
        "Each labeler's agreement with gold items, as in the table of labelers.",
        lambda figures: bool(figures.accuracy),
        lambda figures: plots.draw_gold(figures.accuracy, accuracy_of_ranks(figures.judged, figures.gold)),
    ),
}
