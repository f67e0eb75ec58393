"""Intervals against published values, hand arithmetic, and the share of repetitions in which they hold the
truth.
"""

import math

import numpy as np
import pytest

from tutelage.labelers import intervals
from tutelage.labelers.intervals import Estimate, mean, rate, t_quantile, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Wilson's intervals as R's binom.confint(method = "wilson") gives them.
    [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (50, 100, 0.4038, 0.5962), (10, 10, 0.7225, 1.0)],
)
def test_wilson_is_wilsons(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes / n, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("degrees", "published"), [(1, 12.706), (2, 4.303), (4, 2.776), (10, 2.228), (30, 2.042), (120, 1.980)]
)
def test_t_quantile_is_that_of_the_tables(degrees: int, published: float) -> None:
    assert t_quantile(degrees) == pytest.approx(published, rel=0.01)


def test_a_rate_of_many_prompts_with_one_judgment_each_has_wilsons_interval() -> None:
    values = [1.0] * 700 + [0.0] * 300
    estimate = rate(values, range(1000))
    assert (estimate.value, estimate.n, estimate.clusters) == (0.7, 1000, 1000)
    assert (estimate.low, estimate.high) == pytest.approx(wilson(0.7, 1000), abs=2e-4)


def test_asking_ten_labelers_who_all_say_the_same_tells_no_more_than_asking_one() -> None:
    once = rate([1, 0, 1, 1, 0, 1, 0, 1], "abcdefgh")
    tenfold = rate([1, 0, 1, 1, 0, 1, 0, 1] * 10, list("abcdefgh") * 10)
    assert (tenfold.low, tenfold.high) == pytest.approx((once.low, once.high))
    assert (once.n, tenfold.n, tenfold.clusters) == (8, 80, 8)


def test_clustering_matters() -> None:
    values = [1.0] * 50 + [0.0] * 50
    apart = rate(values, range(100))
    together = rate(values, [place // 10 for place in range(100)])
    assert together.high - together.low > 2.5 * (apart.high - apart.low)


def test_ties_count_half_and_narrow_the_interval() -> None:
    tied = rate([0.5] * 80 + [1.0] * 10 + [0.0] * 10, range(100))
    split = rate([1.0] * 50 + [0.0] * 50, range(100))
    assert tied.value == split.value == 0.5
    # A fifth of the variance: about 1/sqrt(5) of the width.
    assert (tied.high - tied.low) / (split.high - split.low) == pytest.approx(1 / math.sqrt(5), rel=0.05)


@pytest.mark.parametrize(("value", "low", "high"), [(1.0, 0.8, 1.0), (0.0, 0.0, 0.2)])
def test_certainty_is_never_claimed(value: float, low: float, high: float) -> None:
    estimate = rate([value] * 20, range(20))
    assert estimate.value == value
    assert low < estimate.high <= high or low <= estimate.low < high
    assert estimate.high - estimate.low == pytest.approx(0.161, abs=1e-3)  # Wilson at 20 of 20


def test_a_single_prompt_says_next_to_nothing() -> None:
    estimate = rate([1.0] * 50, ["one"] * 50)
    assert estimate.low == pytest.approx(wilson(1.0, 1)[0])


def test_the_bootstrap_of_independent_values_has_the_normal_interval() -> None:
    values = np.random.default_rng(3).normal(4.0, 2.0, 2000)
    estimate = mean(values, range(2000), resamples=4000, seed=1)
    half = 1.96 * values.std(ddof=1) / math.sqrt(2000)
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.value - estimate.low == pytest.approx(half, rel=0.08)
    assert estimate.high - estimate.value == pytest.approx(half, rel=0.08)


def test_the_bootstrap_redraws_whole_prompts() -> None:
    # Two prompts: a draw takes both (mean 3), or one twice (0 or 6); each end has probability 1/4.
    estimate = mean([0, 0, 0, 6, 6, 6], list("aaabbb"), resamples=500)
    assert estimate == Estimate(3.0, 0.0, 6.0, 6, 2)


def test_a_weighted_mean_is_that_of_all_tokens() -> None:
    # (10 * 1 + 30 * 2) / 40
    assert mean([1.0, 2.0], "ab", weights=[10, 30], resamples=10).value == pytest.approx(1.75)


def test_a_seed_gives_one_interval_however_the_resamples_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).exponential(size=40)
    whole = mean(values, range(40), seed=5)
    assert mean(values, range(40), seed=5) == whole
    assert mean(values, range(40), seed=6) != whole
    monkeypatch.setattr(intervals, "RESAMPLES_AT_ONCE", 40 * 7)
    assert mean(values, range(40), seed=5) == whole


def clustered_verdicts(random: np.random.Generator, prompts: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    """Verdicts of which those on one prompt are alike: the prompt's own rate is Beta(1, 1), its mean one
    half.
    """
    own = random.beta(1.0, 1.0, prompts)
    return random.binomial(1, np.repeat(own, each)).astype(float), np.repeat(np.arange(prompts), each)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(11)
    held = {"rate": 0, "mean": 0, "unclustered": 0}
    for _ in range(300):
        values, prompts = clustered_verdicts(random, 40, 5)
        estimates = {
            "rate": rate(values, prompts.tolist()),
            "mean": mean(values, prompts.tolist(), resamples=300),
            "unclustered": rate(values, range(len(values))),
        }
        for name, estimate in estimates.items():
            held[name] += estimate.low <= 0.5 <= estimate.high
    assert 0.92 <= held["rate"] / 300 <= 0.985
    assert 0.90 <= held["mean"] / 300 <= 0.985
    assert held["unclustered"] / 300 < 0.85


@pytest.mark.parametrize(
    ("values", "clusters"), [([], []), ([1.0], ["a", "b"]), ([float("nan")], ["a"]), ([1.5], ["a"])]
)
def test_what_has_no_rate_is_refused(values: list[float], clusters: list[str]) -> None:
    with pytest.raises(ValueError, match=r"nothing|match|finite|between 0 and 1"):
        rate(values, clusters)
