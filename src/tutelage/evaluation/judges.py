"""How alike judges judge: people, a reward model, a model asked to rank.

A win rate is worth as much as its judge. Whether a cheap judge may stand in for people is seen where both judged the
same outputs; how often people agree among themselves is the measure to hold it to.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

from tutelage.labelers.intervals import Estimate, share
from tutelage.schema import Ranking

Pair = tuple[str, str, str]
"""A prompt and two different completions of it, in alphabetical order."""


def agreement_between(rankings_by_judge: Mapping[str, Sequence[Ranking]]) -> dict[tuple[str, str], Estimate]:
    """(judge, judge) -> how often both order the same two outputs of a prompt the same way.

    Counted over pairs of outputs that both order strictly, and where a judge ranked a prompt several times (several
    people are one judge), over each ranking of the one beside each of the other. Outputs are the same when their
    texts are, whatever their places and sources. Intervals are clustered by prompt. Every two judges appear
    once, in the mapping's order; those with nothing in common are left out.
    """
    orders = {judge: _count_orders(rankings) for judge, rankings in rankings_by_judge.items()}
    agreements = {}
    for one, other in combinations(orders, 2):
        agreement = _agreement(orders[one], orders[other])
        if agreement is not None:
            agreements[one, other] = agreement
    return agreements


def _count_orders(rankings: Sequence[Ranking]) -> dict[Pair, tuple[int, int]]:
    """How often the first of two outputs is strictly above the second, and how often below."""
    counts: dict[Pair, tuple[int, int]] = {}
    for ranking in rankings:
        ranked = sorted(zip(ranking.completions, ranking.ranks, strict=True))
        for (first, rank), (second, other) in combinations(ranked, 2):
            if first != second and rank != other:
                pair = (ranking.prompt.id, first, second)
                above, below = counts.get(pair, (0, 0))
                counts[pair] = (above + (rank < other), below + (rank > other))
    return counts


def _agreement(one: Mapping[Pair, tuple[int, int]], other: Mapping[Pair, tuple[int, int]]) -> Estimate | None:
    """The share of equal orders among all pairs of one judge's and the other's; None where there are none."""
    common = [pair for pair in one if pair in other]
    prompts = {prompt: number for number, prompt in enumerate(dict.fromkeys(prompt for prompt, *_ in common))}
    return share(
        [one[pair][0] * other[pair][0] + one[pair][1] * other[pair][1] for pair in common],
        [sum(one[pair]) * sum(other[pair]) for pair in common],
        [prompts[prompt] for prompt, *_ in common],
    )
