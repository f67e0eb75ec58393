"""How often the reward model orders two completions as a labeler did (§4.1's generalisation check).

Labelers agree with each other only so often, and most on pairs that differ much: accuracy is therefore
reported beside labeler agreement, and by the gap in true utility where an oracle knows it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import SupportsFloat

from tutelage.labelers.intervals import Estimate, rate
from tutelage.schema import Prompt, Ranking

GAP_EDGES = (0.0, 0.1, 0.5, 1.0, 2.5, math.inf)
"""Bounds of the utility-gap buckets; the last is open."""


@dataclass(frozen=True)
class ScoredPair:
    """One untied comparison of a labeler, with what the reward model says of both sides."""

    prompt: Prompt
    preferred: str
    other: str
    preferred_score: float
    other_score: float

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


def score_rankings(
    score: Callable[[list[str], list[str]], Sequence[SupportsFloat]], rankings: Sequence[Ranking]
) -> list[list[float]]:
    """A score for every completion of every ranking; `score(prompts, completions)` is asked once for each pair."""
    distinct = list(
        dict.fromkeys((ranking.prompt.text, text) for ranking in rankings for text in ranking.completions)
    )
    values = score([prompt for prompt, _ in distinct], [text for _, text in distinct]) if distinct else []
    known = {pair: float(value) for pair, value in zip(distinct, values, strict=True)}
    return [[known[ranking.prompt.text, text] for text in ranking.completions] for ranking in rankings]


def scored_pairs(rankings: Sequence[Ranking], scores: Sequence[Sequence[float]]) -> Iterator[ScoredPair]:
    """All pairs of each ranking that the labeler did not tie."""
    for ranking, own in zip(rankings, scores, strict=True):
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
            )


def ranking_accuracy(rankings: Sequence[Ranking], scores: Sequence[Sequence[float]]) -> Estimate:
    """Share of untied pairs that the scores order as the labeler did; interval clustered by prompt.

    scores: for each ranking one number a completion. Raises ValueError when every pair is tied.
    """
    pairs = list(scored_pairs(rankings, scores))
    return rate([pair.agreement for pair in pairs], [pair.prompt.id for pair in pairs])


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
