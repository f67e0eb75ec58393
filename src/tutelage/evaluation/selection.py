"""Best-of-n: of n samples of the SFT model take the one scored highest.

By the reward model it says what PPO can hope to gain (if even this does not beat SFT, PPO will not); by the
oracle it is the ceiling.
"""

import math
from collections.abc import Callable, Sequence
from typing import SupportsFloat

import numpy as np

from tutelage.labelers.intervals import Estimate, mean

Score = Callable[[list[str], list[str]], Sequence[SupportsFloat]]
"""Prompts and a completion of each -> scores, higher is better."""


def best_of_n(prompts: Sequence[str], candidates: Sequence[Sequence[str]], score: Score) -> list[str]:
    """For each prompt its highest-scored candidate, the first of equals; one call of `score` for all."""
    return highest_scored(candidates, score_candidates(prompts, candidates, score))


def score_candidates(
    prompts: Sequence[str], candidates: Sequence[Sequence[str]], score: Score
) -> list[list[float]]:
    """A score for every candidate of every prompt; one call of `score` for all."""
    asked = [prompt for prompt, own in zip(prompts, candidates, strict=True) for _ in own]
    values = iter(score(asked, [text for own in candidates for text in own]))
    return [[float(next(values)) for _ in own] for own in candidates]


def highest_scored(candidates: Sequence[Sequence[str]], scores: Sequence[Sequence[float]]) -> list[str]:
    """For each prompt its highest-scored candidate, the first of equals."""
    return [own[values.index(max(values))] for own, values in zip(candidates, scores, strict=True)]


def best_of_n_curve(
    scores: Sequence[Sequence[float]],
    utilities: Sequence[Sequence[float]],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[int, Estimate]:
    """n -> expected utility of the best of n by score, for n = 1, 2, 4 ... up to the samples there are.

    scores, utilities: (prompts, samples). Averages over all subsets of n of a prompt's samples instead of
    taking the first n: with samples ordered by score, the i-th worst is the best of n in C(i-1, n-1) of C(N,
    n) subsets (the unbiased estimator of Nakano et al. 2021, App. I).
    """
    count = min(len(own) for own in scores)
    sizes = sorted({2**power for power in range(count.bit_length()) if 2**power <= count} | {count})
    ordered = np.stack(
        [
            np.asarray(gains[:count])[np.argsort(np.asarray(own[:count]), kind="stable")]
            for own, gains in zip(scores, utilities, strict=True)
        ]
    )  # (prompts, count), from the lowest score to the highest
    curve = {}
    for size in sizes:
        chances = np.array([math.comb(place, size - 1) / math.comb(count, size) for place in range(count)])
        curve[size] = mean(ordered @ chances, range(len(ordered)), resamples=resamples, seed=seed)
    return curve
