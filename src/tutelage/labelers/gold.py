"""How often labelers answer as the owner did, on items whose answer the owner gave beforehand (gold)."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

from tutelage.labelers.intervals import Estimate, rate
from tutelage.labelers.judged import Judged
from tutelage.schema import Gold

Accuracy = Callable[[Sequence[Judged], Mapping[int, Gold]], Estimate | None]


def accuracy_of_ranks(judged: Sequence[Judged], gold: Mapping[int, Gold]) -> Estimate | None:
    """The share of the gold's strict pairs of completions ordered the same; a tie there counts half.

    gold: by item. None where no such pair was ranked.
    """
    values: list[float] = []
    items: list[int] = []
    for said in judged:
        known = gold.get(said.item)
        if known is None or known.ranks is None or not said.ranks:
            continue
        for (mine, best), (other, second) in combinations(zip(said.ranks, known.ranks, strict=True), 2):
            if best != second:
                values.append(0.5 if mine == other else float((mine < other) == (best < second)))
                items.append(said.item)
    return rate(values, items) if values else None


def accuracy_of_flags(judged: Sequence[Judged], gold: Mapping[int, Gold]) -> Estimate | None:
    """The share of texts rightly called sensitive or not. None where none with gold was flagged."""
    flagged = [said for said in judged if said.sensitive is not None and said.item in gold]
    known = [said for said in flagged if gold[said.item].sensitive is not None]
    right = [float(said.sensitive == gold[said.item].sensitive) for said in known]
    return rate(right, [said.item for said in known]) if known else None


def accuracy_by_labeler(
    accuracy: Accuracy, judged: Sequence[Judged], gold: Mapping[int, Gold]
) -> dict[str, Estimate]:
    """The accuracy of everybody who answered a gold item, by name."""
    own: dict[str, list[Judged]] = {}
    for said in judged:
        own.setdefault(said.labeler, []).append(said)
    found = {name: accuracy(own[name], gold) for name in sorted(own)}
    return {name: estimate for name, estimate in found.items() if estimate is not None}
