"""Whether a reward model is as sure as it may be: its preference of one completion to another against labelers'.

The ranking loss makes the logistic function of a difference of two scores the probability that a labeler prefers the
first (§3.5). Where this is said to be 80 %, 80 % of labelers should; where they are fewer, the scores are too far
apart, and what is optimised against them is misled by their size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tutelage.evaluation.quantiles import quantile_parts
from tutelage.evaluation.reward_model import scored_pairs
from tutelage.labelers.intervals import Estimate, rate
from tutelage.schema import Ranking

BINS = 10


@dataclass(frozen=True)
class CalibratedBin:
    """Pairs to whose higher-scored side the scores give a preference of `low` to `high`, 0.5 to 1.

    predicted: their mean; observed: how often the labeler preferred that side.
    """

    low: float
    high: float
    predicted: float
    observed: Estimate


def calibration(
    rankings: Sequence[Ranking], scores: Sequence[Sequence[float]], most: int = BINS
) -> list[CalibratedBin]:
    """At most so many bins, from the least sure to the surest, of about as many untied pairs each.

    Bins of equal number are equally well measured wherever the scores lie; bins of equal width would be nearly empty
    where a model is hardly ever, or always, sure. Of two equal scores either side is the higher, and half of the
    labelers prefer it. Intervals are clustered by prompt.
    """
    pairs = list(scored_pairs(rankings, scores))
    differences = np.array([abs(pair.preferred_score - pair.other_score) for pair in pairs])
    predicted = 0.5 + 0.5 * np.tanh(differences / 2)
    return [
        CalibratedBin(
            low=float(predicted[rows].min()),
            high=float(predicted[rows].max()),
            predicted=float(predicted[rows].mean()),
            observed=rate([pairs[row].agreement for row in rows], [pairs[row].prompt.id for row in rows]),
        )
        for rows in quantile_parts(predicted, most)
    ]
