"""What labelers do not settle: pairs of completions ordered oppositely by two of them, and ties."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from tutelage.labelers.judged import Judged


@dataclass(frozen=True)
class Dispute:
    """An item about which labelers disagree.

    pairs: of the places of two completions, which one labeler orders so and another the other way round.
    compared: pairs of completions that at least two labelers order strictly.
    """

    item: int
    labelers: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    compared: int

    @property
    def share(self) -> float:
        """The share of the pairs that could be disputed which are."""
        return len(self.pairs) / self.compared


def find_disputes(judged: Sequence[Judged]) -> list[Dispute]:
    """The disputed items, those with the largest share of disputed pairs first."""
    rankings: dict[int, list[Judged]] = {}
    for said in judged:
        if said.ranks:
            rankings.setdefault(said.item, []).append(said)
    found = [_dispute_of(item, said) for item, said in rankings.items() if len(said) > 1]
    return sorted(
        (dispute for dispute in found if dispute.pairs),
        key=lambda dispute: (-dispute.share, -len(dispute.pairs), dispute.item),
    )


def disputed_pairs(rankings: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    """Of the completions of one item, the pairs that are ordered oppositely in two of its rankings."""
    pairs = combinations(range(len(rankings[0])), 2) if rankings else ()
    return tuple(
        (first, second)
        for first, second in pairs
        if any(ranks[first] < ranks[second] for ranks in rankings)
        and any(ranks[first] > ranks[second] for ranks in rankings)
    )


def tied_share(judged: Sequence[Judged]) -> float | None:
    """The share of pairs of completions that are ranked equal, over all rankings."""
    pairs = ties = 0
    for said in judged:
        pairs += len(said.ranks) * (len(said.ranks) - 1) // 2
        ties += sum(one == other for one, other in combinations(said.ranks, 2))
    return ties / pairs if pairs else None


def tied_share_by_labeler(judged: Sequence[Judged]) -> dict[str, float]:
    """The share of tied pairs of everybody who ranked anything, by name."""
    own: dict[str, list[Judged]] = {}
    for said in judged:
        own.setdefault(said.labeler, []).append(said)
    shares = {name: tied_share(own[name]) for name in sorted(own)}
    return {name: share for name, share in shares.items() if share is not None}


def _dispute_of(item: int, said: Sequence[Judged]) -> Dispute:
    rankings = [one.ranks for one in said]
    compared = sum(
        sum(ranks[first] != ranks[second] for ranks in rankings) > 1
        for first, second in combinations(range(len(rankings[0])), 2)
    )
    names = tuple(sorted({one.labeler for one in said}))
    return Dispute(item, names, disputed_pairs(rankings), compared)
