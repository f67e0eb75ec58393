"""Who takes which rows. Every rank works this out for all of them by itself, so that nothing need be said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tutelage.distributed.team import rank, size


@dataclass(frozen=True)
class Part:
    """Rows that pass through a model together.

    weight: 1, or 0 where another rank counts them. Ranks that share a model's weights must pass as many parts as each
    other, and whether they do is not known here; one that has fewer passes a part along that counts nothing.
    """

    rows: list[int]
    weight: float


def shared_out(sizes: Sequence[float], divide: Callable[[list[int]], list[list[int]]]) -> list[Part]:
    """This rank's parts of the rows of these sizes; every row counts once on one rank.

    divide: rows into parts that can pass together.
    """
    of_ranks = [divide(rows) for rows in dealt(sizes, size())]
    own, most = of_ranks[rank()], max(map(len, of_ranks))
    every = [part for parts in of_ranks for part in parts]
    spare = min(every, key=lambda rows: sum(sizes[row] for row in rows), default=[])
    return [Part(rows, 1.0) for rows in own] + [Part(spare, 0.0)] * (most - len(own))


def dealt(sizes: Sequence[float], ranks: int) -> list[list[int]]:
    """Rows for each rank, in their order, so that all have nearly as many and nearly as much."""
    if ranks == 1:
        return [list(range(len(sizes)))]
    hands: list[list[int]] = [[] for _ in range(ranks)]
    for turn, row in enumerate(sorted(range(len(sizes)), key=lambda row: -sizes[row])):
        round_, seat = divmod(turn, ranks)
        hands[seat if round_ % 2 == 0 else ranks - 1 - seat].append(row)
    return [sorted(hand) for hand in hands]


def own_rows(count: int) -> range:
    """Every so-many-th of `count` rows, for work that has no passes in common."""
    return range(rank(), count, size())
