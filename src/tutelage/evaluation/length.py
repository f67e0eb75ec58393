"""Win rates as they would be if outputs were equally long.

Judges tend to prefer the longer of two completions, so a model can win by length alone. What length explains is
told apart from the rest by a regression (Dubois et al. 2024, "Length-Controlled AlpacaEval").
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tutelage.evaluation.preference import outcome
from tutelage.labelers.intervals import RESAMPLES_AT_ONCE, Estimate
from tutelage.schema import Ranking

RIDGE = np.array([1e-9, 0.1])
"""Penalty on intercept and slope: the first only keeps 100 % finite, the second a slope that nothing else bounds."""


@dataclass
class _Comparisons:
    """A model's comparisons with the baseline; two samples of the baseline in one ranking share one comparison."""

    prompts: list[str] = field(default_factory=list)
    won: list[float] = field(default_factory=list)
    longer: list[int] = field(default_factory=list)  # characters more than the baseline
    shares: list[float] = field(default_factory=list)


def length_controlled_win_rates(
    rankings: Sequence[Ranking], baseline: str, *, resamples: int = 1000, seed: int = 0
) -> dict[str, Estimate]:
    """model -> rate at which its completion would be ranked above the baseline's, were both equally long.

    For each model a logistic regression of its wins (a tie is half a win) on an intercept and
    tanh(length difference / standard deviation of the length differences), lengths in characters, read off at
    difference 0: AlpacaEval 2's, but without the term for the difficulty of the instruction, which takes
    many models to fit. Where all differences are alike nothing can be told of length, and the rate is that of
    `win_rates`. The less the two lengths overlap, the more the figure rests on the form of the curve.
    The interval is then too narrow: where 7 % of a model's completions were shorter than the baseline's, it held the
    truth in 90 % of simulations.

    Models and n are those of `win_rates`. The intervals are of the Bayesian bootstrap of prompts (Rubin 1981):
    each prompt has a random weight of mean 1. Beside the real prompts stand two imaginary ones, one won and one
    lost, with the real ones' lengths: redrawing unanimous judgments would tell nothing of how far from
    unanimous they may be. One prompt alone leaves everything between 0 and 1 open.

    Raises ValueError when no ranking has the baseline beside another model.
    """
    found: dict[str, _Comparisons] = {}
    numbers: dict[str, int] = {}
    for ranking in rankings:
        outputs = list(zip(ranking.sources or (), ranking.ranks, ranking.completions, strict=False))
        against = [(rank, text) for source, rank, text in outputs if source == baseline]
        for source, rank, text in outputs:
            if source == baseline or not against:
                continue
            comparisons = found.setdefault(source, _Comparisons())
            numbers[source] = numbers.get(source, 0) + 1
            for other, beside in against:
                comparisons.prompts.append(ranking.prompt.id)
                comparisons.won.append(outcome(rank, other))
                comparisons.longer.append(len(text) - len(beside))
                comparisons.shares.append(1 / len(against))
    if not found:
        raise ValueError(f"no ranking compares anything with {baseline!r}")
    return {model: _estimate(found[model], numbers[model], resamples, seed) for model in found}


def _estimate(comparisons: _Comparisons, n: int, resamples: int, seed: int) -> Estimate:
    longer = np.array(comparisons.longer, dtype=np.float64)
    length = np.tanh(longer / longer.std()) if np.ptp(longer) > 0 else np.zeros_like(longer)
    shares, won = np.array(comparisons.shares), np.array(comparisons.won)
    wins, losses = shares * won, shares * (1 - won)
    value = float(_rate_at_equal_length(length, wins[None], losses[None])[0])
    _, prompt = np.unique(comparisons.prompts, return_inverse=True)
    count = int(prompt.max()) + 1
    if count == 1:
        return Estimate(value, 0.0, 1.0, n, count)

    random = np.random.default_rng(seed)
    drawn = []
    step = max(1, RESAMPLES_AT_ONCE // len(length))
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        weights = random.exponential(size=(rows, count))
        # An imaginary prompt is worth a real one's comparisons and spread over the lengths of all of them.
        won_besides, lost_besides = random.gamma(1 / count, size=(2, rows, count))
        drawn.append(
            _rate_at_equal_length(
                length,
                weights[:, prompt] * wins + won_besides[:, prompt] * shares,
                weights[:, prompt] * losses + lost_besides[:, prompt] * shares,
            )
        )
    low, high = np.quantile(np.concatenate(drawn), [0.025, 0.975])
    return Estimate(value, float(min(low, value)), float(max(high, value)), n, count)


def _rate_at_equal_length(
    length: NDArray[np.float64], wins: NDArray[np.float64], losses: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fitted win rates at length 0: Newton's method on many weighted logistic regressions at once.

    length: (n,) between -1 and 1; wins, losses: (fits, n) weights. No step moves any log-odds by more than 1;
    steps so short always lower the penalized loss, which has a single minimum.
    """
    intercept, slope = np.zeros(len(wins)), np.zeros(len(wins))
    for _ in range(200):
        rate = _sigmoid(intercept[:, None] + slope[:, None] * length)
        residual = wins * (1 - rate) - losses * rate
        curvature = (wins + losses) * rate * (1 - rate)
        up, tilt = residual.sum(axis=1) - RIDGE[0] * intercept, residual @ length - RIDGE[1] * slope
        a, b, c = curvature.sum(axis=1) + RIDGE[0], curvature @ length, curvature @ length**2 + RIDGE[1]
        determinant = a * c - b * b
        step = np.array([c * up - b * tilt, a * tilt - b * up]) / determinant
        step /= np.maximum(1, np.abs(step).sum(axis=0))
        intercept, slope = intercept + step[0], slope + step[1]
        if np.abs(step).max() < 1e-9:
            break
    return _sigmoid(intercept)


def _sigmoid(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.5 + 0.5 * np.tanh(log_odds / 2)
