"""How often the reward model orders two completions as a labeler did (§4.1's generalisation check).

Labelers agree with each other only so often, and most on pairs that differ much: accuracy is therefore
reported beside labeler agreement, by how far apart the labeler put the two, and by the gap in true utility where an
oracle knows it.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TypeVar

from tutelage.evaluation.selection import Score
from tutelage.labelers.intervals import Estimate, rate
from tutelage.schema import Prompt, Ranking, UseCase

Part = TypeVar("Part", int, UseCase)

GAP_EDGES = (0.0, 0.1, 0.5, 1.0, 2.5, math.inf)
"""Bounds of the utility-gap buckets; the last is open."""


@dataclass(frozen=True)
class ScoredPair:
    """One untied comparison of a labeler, with what the reward model says of both sides.

    size: K, how many completions the labeler ranked; distance: how many ranks lie between the two, 1 for neighbours
    (equal completions share a rank).
    """

    prompt: Prompt
    preferred: str
    other: str
    preferred_score: float
    other_score: float
    labeler: str | None
    size: int
    distance: int

    @property
    def agreement(self) -> float:
        """1 when the reward model prefers what the labeler did, 0 when not, half when it cannot tell."""
        if self.preferred_score == self.other_score:
            return 0.5
        return float(self.preferred_score > self.other_score)


@dataclass(frozen=True)
class GapBucket:
    """Pairs whose utilities differ by `low` (included) to `high` (excluded).

    share: of all pairs; accuracy: reward model against the labeler; labelers: how often the labeler preferred
    the completion that the oracle holds better, None where the oracle sees no difference in any pair.
    """

    low: float
    high: float
    share: float
    accuracy: Estimate
    labelers: Estimate | None


def score_rankings(score: Score, rankings: Sequence[Ranking]) -> list[list[float]]:
    """A score for every completion of every ranking; each pair of prompt and completion is scored once."""
    distinct = list(
        dict.fromkeys((ranking.prompt.text, text) for ranking in rankings for text in ranking.completions)
    )
    values = score([prompt for prompt, _ in distinct], [text for _, text in distinct]) if distinct else []
    known = {pair: float(value) for pair, value in zip(distinct, values, strict=True)}
    return [[known[ranking.prompt.text, text] for text in ranking.completions] for ranking in rankings]


def scored_pairs(rankings: Sequence[Ranking], scores: Sequence[Sequence[float]]) -> Iterator[ScoredPair]:
    """All pairs of each ranking that the labeler did not tie."""
    for ranking, own in zip(rankings, scores, strict=True):
        # after a tie some rankings skip ranks and some do not; here none does
        dense = {rank: place for place, rank in enumerate(sorted(set(ranking.ranks)))}
        for first, second in combinations(range(len(ranking.ranks)), 2):
            if ranking.ranks[first] == ranking.ranks[second]:
                continue
            better, worse = sorted((first, second), key=lambda place: ranking.ranks[place])
            yield ScoredPair(
                ranking.prompt,
                ranking.completions[better],
                ranking.completions[worse],
                own[better],
                own[worse],
                ranking.labeler,
                len(ranking.completions),
                dense[ranking.ranks[worse]] - dense[ranking.ranks[better]],
            )


def ranking_accuracy(rankings: Sequence[Ranking], scores: Sequence[Sequence[float]]) -> Estimate:
    """Share of untied pairs that the scores order as the labeler did; interval clustered by prompt.

    scores: for each ranking one number a completion. Raises ValueError when every pair is tied.
    """
    pairs = list(scored_pairs(rankings, scores))
    return rate([pair.agreement for pair in pairs], [pair.prompt.id for pair in pairs])


def accuracy_by_use_case(
    rankings: Sequence[Ranking], scores: Sequence[Sequence[float]]
) -> dict[UseCase, Estimate]:
    """Accuracy on the prompts of each use case, in the order of Table 1; those of none known are left out."""
    found = _accuracy_by(rankings, scores, lambda pair: pair.prompt.use_case)
    return {use_case: found[use_case] for use_case in UseCase if use_case in found}


def accuracy_by_size(rankings: Sequence[Ranking], scores: Sequence[Sequence[float]]) -> dict[int, Estimate]:
    """Accuracy by K, how many completions were ranked."""
    return dict(sorted(_accuracy_by(rankings, scores, lambda pair: pair.size).items()))


def accuracy_by_distance(
    rankings: Sequence[Ranking], scores: Sequence[Sequence[float]]
) -> dict[int, Estimate]:
    """Accuracy by how many ranks lie between two completions, 1 for neighbours."""
    return dict(sorted(_accuracy_by(rankings, scores, lambda pair: pair.distance).items()))


def _accuracy_by(
    rankings: Sequence[Ranking],
    scores: Sequence[Sequence[float]],
    part_of: Callable[[ScoredPair], Part | None],
) -> dict[Part, Estimate]:
    parts: dict[Part, list[ScoredPair]] = defaultdict(list)
    for pair in scored_pairs(rankings, scores):
        part = part_of(pair)
        if part is not None:
            parts[part].append(pair)
    return {
        part: rate([pair.agreement for pair in own], [pair.prompt.id for pair in own])
        for part, own in parts.items()
    }


def accuracy_by_gap(
    rankings: Sequence[Ranking],
    scores: Sequence[Sequence[float]],
    utility: Callable[[Prompt, str], float],
    edges: Sequence[float] = GAP_EDGES,
) -> list[GapBucket]:
    """Accuracy in buckets of the absolute utility difference; empty buckets are left out."""
    pairs = list(scored_pairs(rankings, scores))
    known: dict[tuple[str, str], float] = {}
    for pair in pairs:
        for text in (pair.preferred, pair.other):
            if (pair.prompt.id, text) not in known:
                known[pair.prompt.id, text] = utility(pair.prompt, text)
    gaps = [known[pair.prompt.id, pair.preferred] - known[pair.prompt.id, pair.other] for pair in pairs]
    buckets = []
    for low, high in pairwise(edges):
        rows = [row for row, gap in enumerate(gaps) if low <= abs(gap) < high]
        if not rows:
            continue
        told_apart = [row for row in rows if gaps[row] != 0]
        buckets.append(
            GapBucket(
                low=low,
                high=high,
                share=len(rows) / len(pairs),
                accuracy=rate([pairs[row].agreement for row in rows], [pairs[row].prompt.id for row in rows]),
                labelers=rate(
                    [float(gaps[row] > 0) for row in told_apart], [pairs[row].prompt.id for row in told_apart]
                )
                if told_apart
                else None,
            )
        )
    return buckets
