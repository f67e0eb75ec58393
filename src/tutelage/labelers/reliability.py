"""How reliable labelers are: how often they agree, on rankings as the paper counts it (§3.4) and on its Table 3.

Agreement on rankings is the share of pairs of completions, strictly ordered by both of two labelers, that both order
alike. Every figure is clustered by item; None says that nothing can be said. What chance alone would bring is
taken off in `labelers/alpha.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutelage.labelers.comparisons import Comparisons, compare_labelers
from tutelage.labelers.intervals import Estimate, share
from tutelage.labelers.judged import Judged
from tutelage.labelers.tallies import Tally, tally_questions

SECONDS_A_DAY = 86400.0


@dataclass(frozen=True)
class PairAgreement:
    """How often two labelers agree."""

    one: str
    other: str
    agreement: Estimate


@dataclass(frozen=True)
class Window:
    """A labeler's agreement with all others in a stretch of time, from their first ranking in it until their last."""

    since: float
    until: float
    agreement: Estimate


def agreement_on_rankings(judged: Sequence[Judged], compared: Comparisons | None = None) -> Estimate | None:
    """Agreement over all pairs of labelers.

    compared: what `compare_labelers` finds among these answers, where that is known already; so in all of these.
    """
    return (compared or compare_labelers(judged)).agreement()


def agreement_by_labeler(
    judged: Sequence[Judged], compared: Comparisons | None = None
) -> dict[str, Estimate | None]:
    """Each labeler's agreement with all others; everybody who ranked anything is there, by name."""
    compared = compared or compare_labelers(judged)
    return {name: compared.agreement(rows) for name, rows in _rows_by_labeler(judged, compared).items()}


def agreement_by_pair(judged: Sequence[Judged], compared: Comparisons | None = None) -> list[PairAgreement]:
    """The agreement of each two labelers who can be compared, in alphabetical order."""
    compared = compared or compare_labelers(judged)
    rows: dict[tuple[str, str], list[int]] = {}
    for row, places in enumerate(zip(compared.one.tolist(), compared.other.tolist(), strict=True)):
        one, other = sorted(judged[place].labeler for place in places)
        rows.setdefault((one, other), []).append(row)
    found = [(pair, compared.agreement(np.array(rows[pair]))) for pair in sorted(rows)]
    return [PairAgreement(*pair, agreement) for pair, agreement in found if agreement is not None]


def agreement_on_questions(judged: Sequence[Judged]) -> dict[str, Estimate | None]:
    """For each of QUESTIONS, how often two labelers give the same answer about a completion."""
    return {question: _equal_answers(tally) for question, tally in tally_questions(judged).items()}


def drift_by_days(
    judged: Sequence[Judged], days: int = 7, compared: Comparisons | None = None
) -> dict[str, list[Window]]:
    """Each labeler's agreement over time, in windows of so many days (UTC), which are the same for all.

    Windows in which nothing can be said are left out.
    """
    compared = compared or compare_labelers(judged)
    names = np.array([said.labeler for said in judged], dtype=object)
    at = np.array([said.at for said in judged])
    windows = np.floor(at / (days * SECONDS_A_DAY)).astype(np.int64)
    drift: dict[str, list[Window]] = {}
    for name, rows in _rows_by_labeler(judged, compared).items():
        own = np.where(names[compared.one[rows]] == name, compared.one[rows], compared.other[rows])
        drift[name] = []
        for window in np.unique(windows[own]):
            inside = windows[own] == window
            agreement = compared.agreement(rows[inside])
            if agreement is not None:
                times = at[own[inside]]
                drift[name].append(Window(float(times.min()), float(times.max()), agreement))
    return drift


def _rows_by_labeler(judged: Sequence[Judged], compared: Comparisons) -> dict[str, NDArray[np.int64]]:
    """Everybody who ranked anything, in alphabetical order, and the comparisons that they are part of."""
    names = np.array([said.labeler for said in judged], dtype=object)
    one, other = names[compared.one], names[compared.other]
    ranked = sorted({said.labeler for said in judged if said.ranks})
    return {name: np.flatnonzero((one == name) | (other == name)) for name in ranked}


def _equal_answers(tally: Tally) -> Estimate | None:
    """The share of equal answers among those of any two labelers about the same unit."""
    answers = tally.counts.sum(axis=1)
    equal = (tally.counts * (tally.counts - 1) // 2).sum(axis=1)
    return share(equal, answers * (answers - 1) // 2, tally.items)
