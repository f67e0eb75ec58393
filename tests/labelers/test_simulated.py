"""Simulated labelers: strict utilities, ties, and noise that gives Bradley-Terry preferences."""

import math
import subprocess
import sys
from dataclasses import dataclass, replace

import pytest

from tutelage.labelers import (
    SimulatedLabeler,
    Verdict,
    Weights,
    agreement,
    calibrate_noise,
    pair_preferences,
    utility,
)
from tutelage.schema import Labeler, Prompt

GOOD = Verdict(True, True, True, False, True, False, False, False, True, 10)


def test_utility_is_what_the_weights_say():
    weights = Weights(1.0, 2.0, 1.2, -1.0, 0.6, -1.5, -0.8, -0.7, -0.7, -0.01)
    assert utility(GOOD, weights) == pytest.approx(1.0 + 2.0 + 1.2 + 0.6 - 0.1)
    lazy = Verdict(False, True, True, False, True, True, True, True, False, 5)  # attempts nothing, and badly
    assert utility(lazy, weights) == pytest.approx(-1.5 - 0.8 - 0.7 - 0.7 - 0.05)
    free = Verdict(True, False, None, True, False, False, False, False, True, 0)
    assert utility(free, weights) == pytest.approx(1.0 - 1.0)


@dataclass(frozen=True)
class Lengths:
    """An oracle for which a completion's only property is its number of words."""

    def judge(self, prompt: Prompt, completion: str) -> Verdict:
        return Verdict(False, False, None, False, False, False, False, False, True, len(completion.split()))


@dataclass(frozen=True)
class Virtues:
    """An oracle that finds what is spelled out: `a` attempts, `c` is correct, `p` is polite."""

    def judge(self, prompt: Prompt, completion: str) -> Verdict:
        a, c, p = (letter in completion for letter in "acp")
        return Verdict(a, c, None, False, p, False, False, False, True, len(completion.split()))


def labeler(name: str, noise: float, word: float = 1.0) -> SimulatedLabeler:
    return SimulatedLabeler(
        Labeler(name=name), Weights(word=word), noise, Lengths(), lambda prompt: "a demonstration"
    )


def judge_of_virtues(name: str, noise: float) -> SimulatedLabeler:
    return SimulatedLabeler(Labeler(name=name), Weights(word=-0.001), noise, Virtues(), str)


def test_ranks_follow_utility_and_near_equals_tie():
    one = labeler("one", noise=0.0)
    assert one.rank(Prompt(text="p"), ("a", "a b c", "a b", "x y")) == (4, 1, 2, 2)
    assert one.rank(Prompt(text="p"), ("same", "same")) == (1, 1)
    assert labeler("two", noise=5.0).rank(Prompt(text="p"), ("same", "same")) == (1, 1)


def test_where_there_is_nothing_to_choose_between_noise_makes_no_preference():
    one = judge_of_virtues("one", noise=5.0)
    assert one.rank(Prompt(text="p"), ("a c", "c a", "a c and some more words")) == (1, 1, 1)
    assert len(set(one.rank(Prompt(text="p"), ("a", "a c")))) == 2


def test_noisy_preferences_follow_bradley_terry():
    noise = 0.8
    pairs = [(Prompt(text=f"prompt {i}"), "a p", "a") for i in range(4000)]
    one = judge_of_virtues("x", noise)
    wins = sum(p > 0 for p in pair_preferences(replace(one, tie_margin=0.0), pairs)) / len(pairs)
    expected = 1 / (1 + math.exp(-(Weights().polite - 0.001) / noise))
    assert wins == pytest.approx(expected, abs=3 * math.sqrt(expected * (1 - expected) / len(pairs)))


def test_agreement_counts_strict_preferences_only():
    pairs = [(Prompt(text="p"), "a", "a b"), (Prompt(text="q"), "a", "b")]
    likes_long, likes_short = labeler("long", 0.0), labeler("short", 0.0, word=-1.0)
    assert agreement([likes_long, labeler("other", 0.0)], pairs) == 1.0
    assert agreement([likes_long, labeler("other", 0.0), likes_short], pairs) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="strict preference"):
        agreement([likes_long, likes_short], pairs[1:])


def test_noise_is_calibrated_to_an_agreement():
    kinds = ("", "a", "a c", "a p", "a c p")
    pairs = [(Prompt(text=f"prompt {i}"), kinds[i % 5], kinds[i % 4]) for i in range(800)]

    def team(noise: float) -> list[SimulatedLabeler]:
        return [judge_of_virtues(name, noise) for name in ("one", "two", "three")]

    noise = calibrate_noise(team, pairs, target=0.73)
    assert agreement(team(noise), pairs) == pytest.approx(0.73, abs=0.02)


def test_ratings_stay_on_the_scale_and_carry_the_flags():
    one = SimulatedLabeler(Labeler(name="x"), Weights(), 0.0, Lengths(), str)
    assert one.rate(Prompt(text="p"), "a").flags.fails_task is True
    assert one.rate(Prompt(text="p"), "a " * 500).overall == 1
    generous = SimulatedLabeler(Labeler(name="x"), Weights(word=1.0), 0.0, Lengths(), str)
    assert generous.rate(Prompt(text="p"), "a " * 500).overall == 7


def test_labelers_need_no_torch():
    code = "import sys, tutelage.labelers; assert not {'torch', 'transformers'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
