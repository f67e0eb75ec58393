"""What length explains is taken off the win rate, and nothing else is."""

import numpy as np
import pytest

from tutelage.evaluation import length_controlled_win_rates, win_rates
from tutelage.labelers.intervals import Estimate
from tutelage.schema import Prompt, Ranking

LOSS, TIE, WIN = 0.0, 0.5, 1.0
RANKS = {WIN: (1, 2), TIE: (1, 1), LOSS: (2, 1)}


def comparison(prompt: object, won: float, longer: int = 0) -> Ranking:
    """The model's completion beside the baseline's, so many characters longer."""
    return Ranking(
        prompt=Prompt(text=str(prompt)),
        completions=("m" * (600 + longer), "b" * 600),
        ranks=RANKS[won],
        sources=("ppo", "sft"),
    )


def simulate(
    random: np.random.Generator, prompts: int, quality: float, length: float, longer: float
) -> list[Ranking]:
    """Wins whose log-odds are the model's quality and a liking for length; lengths differ by 100 and more."""
    differences = np.round(random.normal(longer, 100, size=prompts)).clip(-500, 500)
    log_odds = quality + length * np.tanh(differences / differences.std())
    won = random.random(prompts) < sigmoid(log_odds)
    return [
        comparison(prompt, float(win), int(difference))
        for prompt, (win, difference) in enumerate(zip(won, differences, strict=True))
    ]


def sigmoid(log_odds: float) -> float:
    return 1 / (1 + np.exp(-log_odds))


def controlled(rankings: list[Ranking], resamples: int = 200, seed: int = 0) -> Estimate:
    return length_controlled_win_rates(rankings, "sft", resamples=resamples, seed=seed)["ppo"]


def raw(rankings: list[Ranking]) -> Estimate:
    return win_rates(rankings, "sft")["ppo"]


@pytest.mark.parametrize("longer", [0, 300])
@pytest.mark.parametrize("outcomes", [[WIN, WIN, LOSS, TIE], [WIN] * 5, [LOSS] * 5, [TIE] * 5])
def test_without_differences_in_length_it_is_the_win_rate(outcomes: list[float], longer: int) -> None:
    rankings = [comparison(prompt, won, longer) for prompt, won in enumerate(outcomes)]
    assert controlled(rankings).value == pytest.approx(raw(rankings).value, abs=1e-6)
    assert (controlled(rankings).n, controlled(rankings).clusters) == (len(outcomes), len(outcomes))


def test_two_lengths_by_hand() -> None:
    # As long as the baseline it wins 60 %, longer 90 %: a line goes through both, and 60 % is what is left.
    rankings = [comparison(f"even {row}", WIN if row < 60 else LOSS) for row in range(100)]
    rankings += [comparison(f"longer {row}", WIN if row < 90 else LOSS, 200) for row in range(100)]
    assert raw(rankings).value == 0.75
    assert controlled(rankings).value == pytest.approx(0.6, abs=0.005)


def test_a_pure_liking_for_length_is_taken_off() -> None:
    rankings = simulate(np.random.default_rng(0), 1000, quality=0, length=4, longer=100)
    estimate = controlled(rankings)
    assert raw(rankings).low > 0.75
    assert estimate.value == pytest.approx(0.5, abs=0.08)
    assert estimate.low < 0.5 < estimate.high


def test_quality_stays_when_length_is_taken_off() -> None:
    better_and_longer = simulate(np.random.default_rng(0), 1000, quality=1, length=2, longer=100)
    better_but_shorter = simulate(np.random.default_rng(1), 1000, quality=1, length=2, longer=-100)
    assert raw(better_and_longer).value > 0.8
    assert raw(better_but_shorter).value < 0.5
    for rankings in (better_and_longer, better_but_shorter):
        assert controlled(rankings).value == pytest.approx(sigmoid(1), abs=0.06)
        assert controlled(rankings).low > 0.6


def test_quality_without_a_liking_for_length_is_the_win_rate() -> None:
    rankings = simulate(np.random.default_rng(0), 1000, quality=1, length=0, longer=50)
    assert controlled(rankings).value == pytest.approx(raw(rankings).value, abs=0.03)


def test_a_judge_who_sees_nothing_but_length_leaves_a_finite_figure() -> None:
    lengths = [-200, -100, 100, 200, 300, 400]
    rankings = [comparison(length, WIN if length > 0 else LOSS, length) for length in lengths]
    estimate = controlled(rankings)
    assert raw(rankings).value == pytest.approx(4 / 6)
    assert 0 <= estimate.low < estimate.value < 0.55
    assert estimate.value < estimate.high <= 1


def test_the_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    held = []
    for _ in range(300):
        estimate = controlled(simulate(random, 60, quality=0.5, length=2, longer=50))
        held.append(estimate.low <= sigmoid(0.5) <= estimate.high)
    assert 0.91 <= np.mean(held) <= 0.98


def test_judgments_of_one_prompt_are_one_cluster() -> None:
    once = simulate(np.random.default_rng(0), 40, quality=1, length=1, longer=50)
    thrice = [each for each in once for _ in range(3)]
    few, many = controlled(once), controlled(thrice)
    assert (few.n, few.clusters, many.n, many.clusters) == (40, 40, 120, 40)
    assert (many.value, many.low, many.high) == pytest.approx((few.value, few.low, few.high), abs=0.03)


def test_one_prompt_leaves_everything_open() -> None:
    rankings = [comparison("a", WIN, 10), comparison("a", WIN, -30), comparison("a", LOSS, 60)]
    estimate = controlled(rankings)
    assert (estimate.low, estimate.high, estimate.n, estimate.clusters) == (0, 1, 3, 1)
    assert 0 < estimate.value < 1


def test_unanimous_judgments_are_not_certain() -> None:
    # Of 10 wins in 10 a uniform prior leaves rates down to 0.715.
    estimate = controlled([comparison(prompt, WIN) for prompt in range(10)], resamples=1000)
    assert estimate.low == pytest.approx(0.025 ** (1 / 11), abs=0.03)
    assert estimate.high == estimate.value == pytest.approx(1)


def test_all_tied_is_half() -> None:
    estimate = controlled([comparison(prompt, TIE, 10 * prompt) for prompt in range(10)])
    assert estimate.value == pytest.approx(0.5)
    assert estimate.low < 0.45 < 0.55 < estimate.high


def test_two_samples_of_the_baseline_share_one_comparison() -> None:
    rankings = [
        Ranking(
            prompt=Prompt(text=text),
            completions=("aa", "bb", "cc"),
            ranks=ranks,
            sources=("sft", "ppo", "sft"),
        )
        for text, ranks in (("a", (1, 2, 3)), ("b", (2, 1, 3)))
    ]
    assert controlled(rankings).value == pytest.approx(raw(rankings).value)
    assert (controlled(rankings).n, controlled(rankings).value) == (2, pytest.approx(0.75))


def test_every_model_has_its_own_regression() -> None:
    rankings = [
        Ranking(
            prompt=Prompt(text=str(prompt)),
            completions=("a" * length, "b" * 50, "c" * 50),
            ranks=(1, 3, 2) if prompt % 2 else (1, 2, 2),
            sources=("ppo", "sft", "base"),
        )
        for prompt, length in enumerate([40, 50, 60, 70])
    ]
    rates = length_controlled_win_rates(rankings, "sft", resamples=50)
    assert list(rates) == ["ppo", "base"]
    assert rates["base"].value == pytest.approx((0.5 + 1 + 0.5 + 1) / 4, abs=1e-6)
    assert rates["ppo"].value == pytest.approx(1, abs=1e-6)


def test_rankings_without_the_baseline_or_without_sources_say_nothing() -> None:
    unnamed = Ranking(prompt=Prompt(text="b"), completions=("x", "y"), ranks=(1, 2))
    assert controlled([comparison("a", WIN), comparison("c", LOSS), unnamed]).n == 2
    with pytest.raises(ValueError, match="'base'"):
        length_controlled_win_rates([comparison("a", WIN)], "base")
    with pytest.raises(ValueError, match="'sft'"):
        length_controlled_win_rates([unnamed], "sft")


def test_the_seed_decides_the_interval() -> None:
    rankings = simulate(np.random.default_rng(0), 20, quality=1, length=1, longer=50)
    assert controlled(rankings) == controlled(rankings)
    assert controlled(rankings, seed=1).value == controlled(rankings).value
    assert controlled(rankings, seed=1).low != controlled(rankings).low
