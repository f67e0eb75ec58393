"""Strengths by hand, recovered from simulated judgments, and where nothing sets them bounds."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from tutelage.evaluation import bradley_terry, expected_win_rate, win_rates
from tutelage.labelers.intervals import Estimate
from tutelage.schema import Prompt, Ranking

TRUTH = {"base": -1.0, "sft": 0.0, "ppo": 1.0}


def ranking(prompt: object, models: Sequence[str], ranks: Sequence[int]) -> Ranking:
    completions = tuple(f"{model} says {place}" for place, model in enumerate(models))
    return Ranking(
        prompt=Prompt(text=str(prompt)), completions=completions, ranks=tuple(ranks), sources=tuple(models)
    )


def simulate(random: np.random.Generator, prompts: int, truth: Mapping[str, float]) -> list[Ranking]:
    """Rankings whose every pair follows the model of Bradley and Terry (the Plackett–Luce model)."""
    models, strengths = list(truth), np.array(list(truth.values()))
    utilities = strengths + random.gumbel(size=(prompts, len(models)))
    ranks = 1 + (-utilities).argsort(axis=1).argsort(axis=1)
    return [ranking(prompt, models, row) for prompt, row in enumerate(ranks.tolist())]


def assert_finite(strengths: Mapping[str, Estimate]) -> None:
    for estimate in strengths.values():
        assert math.isfinite(estimate.low)
        assert math.isfinite(estimate.high)
        assert estimate.low <= estimate.value <= estimate.high


def test_two_models_have_the_log_odds_of_the_win_rate_between_them() -> None:
    # 20 wins, 4 losses and 8 ties are 24 wins against 8: odds of 3.
    outcomes = [[1, 2]] * 20 + [[2, 1]] * 4 + [[1, 1]] * 8
    rankings = [ranking(prompt, ("ppo", "sft"), ranks) for prompt, ranks in enumerate(outcomes)]
    strengths = bradley_terry(rankings, alpha=1e-9, resamples=20)
    assert list(strengths) == ["ppo", "sft"]
    assert strengths["ppo"].value == pytest.approx(math.log(3) / 2, abs=1e-6)
    assert strengths["sft"].value == pytest.approx(-math.log(3) / 2, abs=1e-6)
    assert (strengths["ppo"].n, strengths["ppo"].clusters) == (32, 32)
    expected = expected_win_rate(strengths["ppo"].value, strengths["sft"].value)
    assert expected == pytest.approx(win_rates(rankings, "sft")["ppo"].value, abs=1e-6)
    usual = bradley_terry(rankings, resamples=20)["ppo"].value
    assert usual == pytest.approx(math.log(3) / 2, abs=0.002)  # alpha hardly counts beside 32 comparisons


def test_models_never_ranked_together_are_compared_through_others() -> None:
    rankings = [ranking(f"a{row}", ("a", "b"), [1, 2] if row < 30 else [2, 1]) for row in range(40)]
    rankings += [ranking(f"b{row}", ("b", "c"), [1, 2] if row < 20 else [2, 1]) for row in range(30)]
    strengths = bradley_terry(rankings, baseline="c", alpha=1e-9, resamples=20)
    assert (strengths["c"].value, strengths["c"].low, strengths["c"].high) == (0, 0, 0)
    assert strengths["b"].value == pytest.approx(math.log(2), abs=1e-6)
    assert strengths["a"].value == pytest.approx(math.log(2) + math.log(3), abs=1e-6)
    assert (strengths["b"].n, strengths["b"].clusters) == (70, 70)


def test_known_strengths_are_recovered() -> None:
    truth = {"a": -1.5, "b": -0.5, "c": 0.0, "d": 0.5, "e": 1.5}
    strengths = bradley_terry(simulate(np.random.default_rng(0), 3000, truth), resamples=100)
    for model, strength in truth.items():
        assert strengths[model].value == pytest.approx(strength, abs=0.1)
        assert 0.05 < strengths[model].high - strengths[model].low < 0.2
    centred = sum(estimate.value for estimate in strengths.values())
    assert centred == pytest.approx(0, abs=1e-9)


def test_the_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    held = [
        estimate.low <= TRUTH[model] <= estimate.high
        for _ in range(200)
        for model, estimate in bradley_terry(simulate(random, 60, TRUTH), resamples=100).items()
    ]
    assert 0.91 <= np.mean(held) <= 0.98


def test_judgments_of_one_prompt_are_one_cluster() -> None:
    once = simulate(np.random.default_rng(0), 40, TRUTH)
    thrice = [each for each in once for _ in range(3)]
    few, many = (bradley_terry(rankings, alpha=1e-9, resamples=300)["ppo"] for rankings in (once, thrice))
    assert (few.n, few.clusters, many.n, many.clusters) == (80, 40, 240, 40)
    assert (many.value, many.low, many.high) == pytest.approx((few.value, few.low, few.high), abs=1e-3)


def test_more_prompts_make_narrower_intervals() -> None:
    rankings = simulate(np.random.default_rng(0), 400, TRUTH)
    few, many = (bradley_terry(rankings[:count], resamples=200)["ppo"] for count in (25, 400))
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(4, rel=0.3)


def test_a_model_that_always_wins_is_finitely_strong_and_stronger_the_more_it_wins() -> None:
    few, many = (
        bradley_terry([ranking(prompt, ("ppo", "sft"), [1, 2]) for prompt in range(count)], baseline="sft")
        for count in (10, 100)
    )
    assert_finite(few)
    assert 3 < few["ppo"].value < many["ppo"].value < 12
    # Of 10 wins in 10 a uniform prior leaves rates down to 0.715; the interval is not shrunk to a point.
    assert expected_win_rate(few["ppo"].low, 0) == pytest.approx(0.025 ** (1 / 11), abs=0.03)
    assert few["ppo"].low < many["ppo"].low


def test_groups_that_no_comparison_connects_are_finite() -> None:
    rankings = [ranking(prompt, ("a", "b") if prompt % 2 else ("c", "d"), [1, 2]) for prompt in range(10)]
    strengths = bradley_terry(rankings, resamples=100)
    assert_finite(strengths)
    assert strengths["a"].value > strengths["b"].value
    assert strengths["c"].value > strengths["d"].value


def test_all_tied_models_are_equally_strong() -> None:
    strengths = bradley_terry([ranking(prompt, TRUTH, [1, 1, 1]) for prompt in range(10)], resamples=100)
    for estimate in strengths.values():
        assert estimate.value == pytest.approx(0, abs=1e-9)
        assert estimate.low < -0.1
        assert estimate.high > 0.1


def test_one_prompt_leaves_open_who_is_stronger() -> None:
    strengths = bradley_terry([ranking("a", ("ppo", "sft"), [1, 2])])
    assert_finite(strengths)
    assert strengths["ppo"].low < 0 < strengths["ppo"].value
    assert (strengths["ppo"].n, strengths["ppo"].clusters) == (1, 1)


def test_a_model_beside_itself_or_without_a_name_is_no_comparison() -> None:
    rankings = [
        ranking("a", ("sft", "sft"), [1, 2]),
        Ranking(prompt=Prompt(text="b"), completions=("x", "y"), ranks=(1, 2)),
    ]
    with pytest.raises(ValueError, match="no ranking compares two models"):
        bradley_terry(rankings)
    with pytest.raises(ValueError, match="no ranking compares two models"):
        bradley_terry([])
    rankings.append(ranking("c", ("sft", "ppo", "sft"), [1, 2, 3]))
    strengths = bradley_terry(rankings, resamples=20)
    assert strengths["ppo"].value == pytest.approx(0, abs=1e-9)  # above one sample of sft and below the other
    assert (strengths["ppo"].n, strengths["sft"].clusters) == (2, 1)


def test_what_cannot_be_fitted_is_refused() -> None:
    rankings = [ranking("a", ("ppo", "sft"), [1, 2])]
    with pytest.raises(ValueError, match="'base'"):
        bradley_terry(rankings, baseline="base")
    with pytest.raises(ValueError, match="alpha is 0"):
        bradley_terry(rankings, alpha=0)


def test_the_seed_decides_the_interval() -> None:
    rankings = simulate(np.random.default_rng(0), 20, TRUTH)
    first = bradley_terry(rankings, resamples=50)
    assert bradley_terry(rankings, resamples=50) == first
    other = bradley_terry(rankings, resamples=50, seed=1)
    assert other["ppo"].value == first["ppo"].value
    assert other["ppo"].low != first["ppo"].low


def test_expected_win_rates_are_fair_and_never_overflow() -> None:
    assert expected_win_rate(0.3, 0.3) == 0.5
    assert expected_win_rate(math.log(3), 0) == pytest.approx(0.75)
    assert expected_win_rate(1, 2) + expected_win_rate(2, 1) == pytest.approx(1)
    assert (expected_win_rate(1e4, 0), expected_win_rate(0, 1e4)) == (1, 0)
