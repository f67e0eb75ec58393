"""Calibration: by hand, and of labelers who decide by the very probabilities that the scores give."""

import math
import random
from itertools import pairwise

import pytest

from tutelage.evaluation.calibration import calibration
from tutelage.evaluation.quantiles import quantile_parts
from tutelage.schema import Prompt, Ranking


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def simulated(count: int, steepness: float) -> tuple[list[Ranking], list[list[float]]]:
    """Pairs, one a prompt; labelers decide by steepness times the difference of the scores."""
    chance = random.Random(0)
    rankings, scores = [], []
    for number in range(count):
        own = [chance.gauss(0, 1.5), chance.gauss(0, 1.5)]
        first = chance.random() < sigmoid(steepness * (own[0] - own[1]))
        rankings.append(
            Ranking(
                prompt=Prompt(text=str(number)), completions=("a", "b"), ranks=(1, 2) if first else (2, 1)
            )
        )
        scores.append(own)
    return rankings, scores


def test_a_calibrated_model_lies_on_the_diagonal() -> None:
    bins = calibration(*simulated(20_000, 1.0))
    assert len(bins) == 10
    assert all(each.observed.n == 2000 for each in bins)
    assert all(each.observed.low <= each.predicted <= each.observed.high for each in bins)
    assert all(each.low <= each.predicted <= each.high for each in bins)
    assert 0.5 <= bins[0].low < 0.52
    assert bins[-1].high > 0.97
    assert all(one.high <= other.low for one, other in pairwise(bins))


def test_scores_too_far_apart_are_too_sure() -> None:
    bins = calibration(*simulated(20_000, 0.5))
    assert all(each.observed.high < each.predicted for each in bins[3:])


def test_by_hand() -> None:
    """Whoever is preferred, what counts is the side that the model is for; with equal scores nobody is."""
    rankings = [
        Ranking(prompt=Prompt(text=text), completions=("a", "b"), ranks=ranks)
        for text, ranks in (("p", (1, 2)), ("q", (2, 1)), ("r", (1, 2)), ("s", (1, 1)))
    ]
    # p: for b by 1, and wrong; q: for b by 3, and right; r: equal; s is a tie of the labeler's
    (bin,) = calibration(rankings, [[0.0, 1.0], [0.0, 3.0], [2.0, 2.0], [5.0, 0.0]])
    assert (bin.low, bin.high) == (0.5, pytest.approx(sigmoid(3)))
    assert bin.predicted == pytest.approx((sigmoid(1) + sigmoid(3) + 0.5) / 3)
    assert (bin.observed.value, bin.observed.n) == ((0 + 1 + 0.5) / 3, 3)


def test_parts_hold_equal_values_together_and_are_never_empty() -> None:
    values = [1.0] * 60 + [2.0] * 20 + [3.0] * 20
    parts = quantile_parts(values, 5)
    assert [sorted({values[place] for place in part}) for part in parts] == [[1.0], [2.0], [3.0]]
    assert sorted(place for part in parts for place in part) == list(range(100))
    assert [len(part) for part in quantile_parts(range(100), 4)] == [25] * 4
    assert [part.tolist() for part in quantile_parts([5.0, 5.0], 4)] == [[0, 1]]
    assert quantile_parts([], 4) == []


def test_few_values_make_few_parts() -> None:
    assert [len(part) for part in quantile_parts(range(39), 10)] == [39]
    assert [len(part) for part in quantile_parts(range(40), 10)] == [20, 20]
