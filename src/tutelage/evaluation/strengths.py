"""How strong each model is, from all comparisons at once: the model of Bradley & Terry (1952).

Each model has one strength, and the odds that a model's completion is preferred to another's are
exp(own strength - other's strength). So every comparison tells of every model, and two that were never ranked
side by side can be compared through others. Needs choix (`pip install 'tutelage[evaluate]'`).
"""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tutelage.evaluation.preference import outcome
from tutelage.labelers.intervals import Estimate
from tutelage.schema import Ranking, demand

ITERATIONS = 10_000
"""Far more than choix ever needs: some 15, and up to 80 where hardly any comparisons hold many models together."""


def bradley_terry(
    rankings: Sequence[Ranking],
    *,
    baseline: str | None = None,
    alpha: float = 0.01,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Estimate]:
    """model -> strength in log-odds, with mean 0 or, where a baseline is named, with the baseline at 0.

    Every pair of different models in a ranking is a comparison; a tie is half a win each way. Models are in
    order of first appearance; those in no comparison are left out. n counts a model's comparisons, clusters
    the prompts they come from. Rankings without sources say nothing here.

    alpha: choix's regularization, which pulls strengths together a little. A model that won (or lost)
    everything would otherwise be infinitely strong; with it the strength is finite and grows with
    the number of wins. Groups of models that no comparison connects are placed side by side by alpha alone:
    compare within such a group only.

    The intervals are of the Bayesian bootstrap of prompts (Rubin 1981): each prompt has a random weight of mean
    1. Beside the real prompts stand imaginary ones, as if each model had won once and lost once more, against the
    opponents it met: redrawing unanimous judgments would tell nothing of how far from unanimous they may be.

    Raises ValueError when no ranking compares two models, or the baseline with anything, and when alpha is
    not positive; InputError when choix is not installed.
    """
    if alpha <= 0:
        raise ValueError(
            f"alpha is {alpha}; it has to be positive, or a model that always wins has no strength"
        )
    models, wins, prompts = _count_wins(rankings)
    if not models:
        raise ValueError("no ranking compares two models: there are no strengths to find")
    if baseline is not None and baseline not in models:
        raise ValueError(f"no ranking compares anything with {baseline!r}")
    origin = slice(None) if baseline is None else models.index(baseline)

    demand("choix", "evaluate")
    strengths = _fit(wins.sum(axis=0), alpha)
    random = np.random.default_rng(seed)
    shape, size = _imaginary_prompts(wins)
    drawn = np.empty((resamples, len(models)))
    for row in range(resamples):
        weighted = np.tensordot(random.exponential(size=len(wins)), wins, axes=1)
        drawn[row] = _fit(weighted + random.gamma(shape) * size, alpha, start=strengths, tolerance=1e-4)
    strengths = strengths - strengths[origin].mean()
    drawn -= drawn[:, origin].reshape(resamples, -1).mean(axis=1, keepdims=True)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return {
        model: Estimate(
            float(strengths[place]),
            float(min(low[place], strengths[place])),
            float(max(high[place], strengths[place])),
            n=round(wins[:, place].sum() + wins[:, :, place].sum()),
            clusters=len(prompts[model]),
        )
        for place, model in enumerate(models)
    }


def expected_win_rate(strength_a: float, strength_b: float) -> float:
    """How often a model of strength a is preferred to one of strength b; a tie counts as half."""
    return 0.5 + 0.5 * math.tanh((strength_a - strength_b) / 2)


def _count_wins(rankings: Sequence[Ranking]) -> tuple[list[str], NDArray[np.float64], dict[str, set[str]]]:
    """The models compared; wins of row over column, (prompts, models, models); the prompts of each model."""
    results = [
        (ranking.prompt.id, one, other, outcome(rank, beside))
        for ranking in rankings
        for (one, rank), (other, beside) in combinations(
            zip(ranking.sources or (), ranking.ranks, strict=False), 2
        )
        if one != other
    ]
    models = list(dict.fromkeys(model for _, *two, _ in results for model in two))
    place = {model: number for number, model in enumerate(models)}
    row = {prompt: number for number, prompt in enumerate(dict.fromkeys(prompt for prompt, *_ in results))}
    wins = np.zeros((len(row), len(models), len(models)))
    prompts: dict[str, set[str]] = {model: set() for model in models}
    for prompt, one, other, won in results:
        wins[row[prompt], place[one], place[other]] += won
        wins[row[prompt], place[other], place[one]] += 1 - won
        prompts[one].add(prompt)
        prompts[other].add(prompt)
    return models, wins, prompts


def _fit(
    wins: NDArray[np.float64],
    alpha: float,
    start: NDArray[np.float64] | None = None,
    tolerance: float = 1e-8,
) -> NDArray[np.float64]:
    """Strengths of mean 0 from wins of row over column."""
    import choix

    fitted = choix.ilsr_pairwise_dense(
        wins, alpha=alpha, initial_params=start, max_iter=ITERATIONS, tol=tolerance
    )
    return np.asarray(fitted - fitted.mean())


def _imaginary_prompts(wins: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shape and size of gamma-distributed wins that amount to one prompt won and one lost for each model.

    A model's prompt is shared among the opponents it met in proportion, and worth as many comparisons as
    a real one brings it. With two models this is a uniform prior of the win rate.
    """
    met = wins + wins.transpose(0, 2, 1)
    totals = met.sum(axis=0).sum(axis=1)
    share = met.sum(axis=0) / totals[:, None]
    worth = totals / met.any(axis=2).sum(axis=0)
    return (share + share.T) / 2, np.add.outer(worth, worth) / 2
