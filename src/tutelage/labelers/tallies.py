"""How many labelers gave each answer to each thing that was asked about: what agreement and alpha are made of."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from tutelage.labelers.comparisons import preference_signs
from tutelage.labelers.judged import Judged
from tutelage.schema import Flags

OVERALL = "overall"
FLAGS = tuple(Flags.model_fields)
QUESTIONS = (OVERALL, *FLAGS)
"""Table 3, by the names of the fields: overall quality, and the yes-or-no questions."""

GRADES = 7
"""Values of overall quality."""


@dataclass(frozen=True)
class Tally:
    """The answers to a question. A unit is what is asked about: a completion, or a pair of completions."""

    counts: NDArray[np.int64]  # (units, values): labelers who gave the value
    items: NDArray[np.int64]  # (units,): the item that the unit belongs to


def tally_questions(judged: Sequence[Judged]) -> dict[str, Tally]:
    """For each question of Table 3, over the completions that several labelers marked.

    Values are 1 to 7 for overall quality, else no and yes. A question left open counts as not answered.
    """
    shared = _shared([said for said in judged if said.marks])
    units, items = _units([said.item for said in shared], [len(said.marks) for said in shared])
    flags_of = attrgetter(*FLAGS)
    answers = np.array(
        [(mark.overall - 1, *flags_of(mark.flags)) for said in shared for mark in said.marks],
        dtype=np.float64,
    ).reshape(-1, len(QUESTIONS))
    return {
        question: _tally(units, items, answers[:, column], GRADES if question == OVERALL else 2)
        for column, question in enumerate(QUESTIONS)
    }


def tally_preferences(judged: Sequence[Judged]) -> Tally:
    """Over the pairs of completions that several labelers ranked: the second preferred, a tie, the first preferred."""
    shared = sorted(_shared([said for said in judged if said.ranks]), key=lambda said: len(said.ranks))
    lengths = [len(said.ranks) for said in shared]
    units, items = _units([said.item for said in shared], [length * (length - 1) // 2 for length in lengths])
    signs: list[NDArray[np.int8]] = []
    for length in sorted(set(lengths)):
        ranks = np.array([said.ranks for said in shared if len(said.ranks) == length])
        signs.append(preference_signs(ranks).ravel())
    return _tally(units, items, np.concatenate([np.zeros(0), *signs]) + 1, 3)


def _shared(judged: Sequence[Judged]) -> list[Judged]:
    """The answers to items that several labelers answered."""
    seers = Counter(said.item for said in judged)
    return [said for said in judged if seers[said.item] > 1]


def _units(items: Sequence[int], lengths: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The unit that each value of each answer is about, and the item of each unit."""
    start: dict[int, int] = {}
    owners: list[int] = []
    for item, length in zip(items, lengths, strict=True):
        if item not in start:
            start[item] = len(owners)
            owners.extend([item] * length)
    units = [
        np.arange(start[item], start[item] + length) for item, length in zip(items, lengths, strict=True)
    ]
    return np.concatenate([np.zeros(0, dtype=np.int64), *units]), np.array(owners, dtype=np.int64)


def _tally(
    units: NDArray[np.int64], items: NDArray[np.int64], answers: NDArray[np.float64], values: int
) -> Tally:
    told = ~np.isnan(answers)
    cells = units[told] * values + answers[told].astype(np.int64)
    return Tally(np.bincount(cells, minlength=len(items) * values).reshape(-1, values), items)
