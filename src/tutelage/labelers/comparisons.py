"""Where two labelers ranked the same item: on how many pairs of completions both are strict, and on how many alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tutelage.labelers.intervals import Estimate, share
from tutelage.labelers.judged import Judged


@dataclass(frozen=True)
class Comparisons:
    """A row for each item and each two labelers who ranked it; `one` and `other` are places in the sequence judged."""

    items: NDArray[np.int64]  # (N,)
    one: NDArray[np.int64]  # (N,)
    other: NDArray[np.int64]  # (N,)
    strict: NDArray[np.int64]  # (N,) pairs of completions that neither ties
    same: NDArray[np.int64]  # (N,) those that both order alike

    def agreement(self, rows: NDArray[np.int64] | slice = slice(None)) -> Estimate | None:
        """The share of strict pairs ordered alike in some rows, clustered by item; None where there are none."""
        return share(self.same[rows], self.strict[rows], self.items[rows])


def compare_labelers(judged: Sequence[Judged]) -> Comparisons:
    """All comparisons among these answers, in order of the items' first appearance.

    Raises ValueError where two labelers rank different numbers of completions of one item.
    """
    seers: dict[int, list[int]] = {}
    for place, said in enumerate(judged):
        if said.ranks:
            seers.setdefault(said.item, []).append(place)
    rows = [(item, *two) for item, places in seers.items() for two in combinations(places, 2)]
    items, one, other = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    strict, same = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    lengths = np.array([len(said.ranks) for said in judged], dtype=np.int64)
    if (lengths[one] != lengths[other]).any():
        raise ValueError("two labelers rank different numbers of completions of one item")
    for length in np.unique(lengths[one]).tolist():
        alike = np.flatnonzero(lengths == length)
        signs = preference_signs(np.array([judged[place].ranks for place in alike.tolist()]))
        row_of = np.zeros(len(judged), dtype=np.int64)
        row_of[alike] = np.arange(len(alike))
        chosen = np.flatnonzero(lengths[one] == length)
        product = signs[row_of[one[chosen]]] * signs[row_of[other[chosen]]]
        strict[chosen] = (product != 0).sum(axis=1)
        same[chosen] = (product > 0).sum(axis=1)
    return Comparisons(items, one, other, strict, same)


def preference_signs(ranks: NDArray[np.int64]) -> NDArray[np.int8]:
    """(answers, K) ranks -> (answers, K(K-1)/2): 1 where the earlier of two completions is preferred, -1, or 0."""
    first, second = np.triu_indices(ranks.shape[1], 1)
    return np.sign(ranks[:, second] - ranks[:, first]).astype(np.int8)
