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

Common = list[tuple[str, int, int]]
"""Of two judges, for each pair that both order strictly: its prompt, equal orders, and how many there are."""


def agreement_between(rankings_by_judge: Mapping[str, Sequence[Ranking]]) -> dict[tuple[str, str], Estimate]:
    """(judge, judge) -> how often both order the same two outputs of a prompt the same way.

    Counted over pairs of outputs that both order strictly, and where a judge ranked a prompt several times (several
    people are one judge), over each ranking of the one beside each of the other. Outputs are the same when their
    texts are, whatever their places and sources. Intervals are clustered by prompt. Every two judges appear
    once, in the mapping's order; those with nothing in common are left out.
    """
    common = _common_orders(rankings_by_judge)
    return {judges: _agreement([own]) for judges, own in common.items()}


def agreement_within_and_between(
    rankings_by_judge: Mapping[str, Sequence[Ranking]], groups: Mapping[str, str]
) -> dict[tuple[str, str], Estimate]:
    """(group, group) -> how often two judges agree, over all pairs of one of the first group and one of the second.

    groups: judge -> group. Within a group the pairs are of two different judges of it. Counted as by
    `agreement_between`; groups in alphabetical order, each two once, and those with nothing in common are left out.
    """
    pooled: dict[tuple[str, str], list[Common]] = {}
    for (judge, beside), own in _common_orders(rankings_by_judge).items():
        one, other = sorted((groups[judge], groups[beside]))
        pooled.setdefault((one, other), []).append(own)
    return {pair: _agreement(pooled[pair]) for pair in sorted(pooled)}


def agreement_with_groups(
    rankings_by_judge: Mapping[str, Sequence[Ranking]], groups: Mapping[str, str]
) -> dict[str, dict[str, Estimate]]:
    """judge -> group -> how often the judge agrees with the group's others; who cannot be compared is left out."""
    pooled: dict[str, dict[str, list[Common]]] = {judge: {} for judge in rankings_by_judge}
    for (judge, beside), own in _common_orders(rankings_by_judge).items():
        pooled[judge].setdefault(groups[beside], []).append(own)
        pooled[beside].setdefault(groups[judge], []).append(own)
    return {
        judge: {group: _agreement(parts[group]) for group in sorted(parts)}
        for judge, parts in pooled.items()
        if parts
    }


def _common_orders(rankings_by_judge: Mapping[str, Sequence[Ranking]]) -> dict[tuple[str, str], Common]:
    """What every two judges both ordered, in the mapping's order; two with nothing in common are left out."""
    said: dict[Pair, list[tuple[str, int, int]]] = {}
    for judge, rankings in rankings_by_judge.items():
        for pair, (above, below) in _count_orders(rankings).items():
            said.setdefault(pair, []).append((judge, above, below))
    common: dict[tuple[str, str], Common] = {}
    for (prompt, *_), orders in said.items():
        for (one, above, below), (other, also_above, also_below) in combinations(orders, 2):
            same = above * also_above + below * also_below
            both = (above + below) * (also_above + also_below)
            common.setdefault((one, other), []).append((prompt, same, both))
    return {judges: common[judges] for judges in combinations(rankings_by_judge, 2) if judges in common}


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


def _agreement(parts: Sequence[Common]) -> Estimate:
    """The share of equal orders among all of several judges' pairs, of which there is at least one."""
    rows = [row for part in parts for row in part]
    numbers = {prompt: number for number, prompt in enumerate(dict.fromkeys(prompt for prompt, *_ in rows))}
    agreement = share(
        [same for _, same, _ in rows],
        [both for *_, both in rows],
        [numbers[prompt] for prompt, *_ in rows],
    )
    assert agreement is not None
    return agreement
