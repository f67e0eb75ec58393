"""Krippendorff's alpha: agreement beyond chance. 1 is complete, 0 is what chance would bring, less is discord.

The `krippendorff` package gives the figure. Its 95 % interval is of a bootstrap that redraws whole items, whose
alphas follow from the items' coincidence matrices by the definition (Krippendorff 2004, ch. 11), all at once.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import krippendorff
import numpy as np
from numpy.typing import NDArray

from tutelage.labelers.intervals import RESAMPLES_AT_ONCE, Estimate
from tutelage.labelers.judged import Judged
from tutelage.labelers.tallies import OVERALL, Tally, tally_preferences, tally_questions

RESAMPLES = 1000


def alpha_of_questions(judged: Sequence[Judged]) -> dict[str, Estimate | None]:
    """For each of QUESTIONS: ordinal for overall quality, nominal for yes and no.

    n is the number of answers that can be compared, clusters that of their items. None where fewer than two items
    have such answers, or all answers are the same.
    """
    return _estimate(tally_questions(judged), ordinal={OVERALL})


def alpha_of_rankings(judged: Sequence[Judged]) -> Estimate | None:
    """Nominal, of pairs of completions, with a tie as a value of its own; as for the questions.

    Every pair is looked at from both sides: which completion of an item stands first must not matter.
    """
    tally = tally_preferences(judged)
    both = Tally(np.vstack([tally.counts, tally.counts[:, ::-1]]), np.tile(tally.items, 2))
    return _estimate({"rankings": both}, ordinal=set())["rankings"]


def _estimate(tallies: Mapping[str, Tally], ordinal: set[str]) -> dict[str, Estimate | None]:
    """Alpha of each tally. All share the resamples, whose drawing takes longest."""
    items = np.unique(np.concatenate([tally.items for tally in tallies.values()]))
    matrices = {name: coincidences(tally, items) for name, tally in tallies.items()}
    known = [name for name in tallies if _says_something(matrices[name])]
    estimates: dict[str, Estimate | None] = dict.fromkeys(tallies)
    if not known:
        return estimates
    drawn = _redraw(np.concatenate([matrices[name].reshape(len(items), -1) for name in known], axis=1))
    ends = np.cumsum([matrices[name][0].size for name in known])
    for name, flat in zip(known, np.split(drawn, ends[:-1], axis=1), strict=True):
        counts = tallies[name].counts
        level: Literal["ordinal", "nominal"] = "ordinal" if name in ordinal else "nominal"
        value = float(krippendorff.alpha(value_counts=counts, level_of_measurement=level))
        values = alphas(flat.reshape(len(flat), counts.shape[1], -1), ordinal=name in ordinal)
        low, high = np.nanquantile(values, [0.025, 0.975])
        matrix = matrices[name]
        n, clusters = int(matrix.sum().round()), int(matrix.any(axis=(1, 2)).sum())
        estimates[name] = Estimate(value, float(low), float(high), n, clusters)
    return estimates


def _says_something(matrices: NDArray[np.float64]) -> bool:
    several_items = matrices.any(axis=(1, 2)).sum() > 1
    several_values = matrices.sum(axis=(0, 1)).astype(bool).sum() > 1
    return bool(several_items and several_values)


def coincidences(tally: Tally, items: NDArray[np.int64]) -> NDArray[np.float64]:
    """(items, values, values): for each item, how often two values meet in a unit, a unit weighing as its answers."""
    answers = tally.counts.sum(axis=1)
    counts = tally.counts[answers > 1].astype(np.float64)
    place = np.searchsorted(items, tally.items[answers > 1])
    values = counts.shape[1]
    matrices = np.empty((len(items), values, values))
    for one in range(values):
        for other in range(values):
            met = counts[:, one] * (counts[:, other] - (one == other)) / (answers[answers > 1] - 1)
            matrices[:, one, other] = np.bincount(place, met, minlength=len(items))
    return matrices


def _redraw(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """(items, columns) -> (RESAMPLES, columns): the columns' sums over as many items, drawn with replacement."""
    count = len(sums)
    random = np.random.default_rng(0)
    drawn = np.empty((RESAMPLES, sums.shape[1]))
    step = max(1, RESAMPLES_AT_ONCE // count)
    for start in range(0, RESAMPLES, step):
        rows = min(step, RESAMPLES - start)
        cells = random.integers(count, size=(rows, count)) + count * np.arange(rows)[:, None]
        times = np.bincount(cells.ravel(), minlength=rows * count).reshape(rows, count)
        drawn[start : start + rows] = times.astype(np.float64) @ sums
    return drawn


def alphas(matrices: NDArray[np.float64], *, ordinal: bool) -> NDArray[np.float64]:
    """(R, values, values) coincidence matrices -> (R,) alphas; nan where all answers are the same."""
    totals = matrices.sum(axis=2)  # (R, values)
    met = totals[:, :, None] * totals[:, None, :]
    met[:, *np.diag_indices(totals.shape[1])] -= totals
    distances = _ordinal_distances(totals) if ordinal else 1.0 - np.eye(totals.shape[1])
    observed = (matrices * distances).sum(axis=(1, 2))
    expected = (met * distances).sum(axis=(1, 2)) / (totals.sum(axis=1) - 1)
    return 1 - np.divide(observed, expected, out=np.full(len(matrices), np.nan), where=expected > 0)


def _ordinal_distances(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """(R, values) -> (R, values, values): the square of how many answers lie between the middles of two values."""
    middles = np.cumsum(totals, axis=1) - totals / 2
    return (middles[:, :, None] - middles[:, None, :]) ** 2
