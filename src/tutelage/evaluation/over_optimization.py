"""Over-optimization: how a proxy's score and somebody else's judgment part as the proxy is optimised harder.

The reward model is a proxy for people. Against the KL divergence from the model that was started from, which says how
hard it was optimised, its own score rises on; the judgment of somebody who was not optimised rises, and may fall again
(Stiennon et al. 2020, fig. 5; Gao et al. 2022).
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tutelage.evaluation.selection import best_of_n_curve
from tutelage.labelers.intervals import Estimate, mean, t_quantile

POINTS = 8
"""Of a curve over training."""


@dataclass(frozen=True)
class Optimization:
    """How hard the proxy was optimised, and what came of it.

    label: what the point is; kl: nats a completion, without a width where it is known and not estimated; proxy: score
    of the reward model that was optimised; judged: what somebody says who was not, None where nobody was asked.
    """

    label: str
    kl: Estimate
    proxy: Estimate
    judged: Estimate | None


def best_of_n_kl(n: int) -> float:
    """KL of the best of n samples from one sample, nats: ln n - (n - 1)/n.

    Exact where no two samples have one score; where equal ones are chosen among, the KL is lower.
    """
    return math.log(n) - (n - 1) / n


def best_of_n_points(
    scores: Sequence[Sequence[float]],
    judged: Sequence[Sequence[float]] | None,
    *,
    resamples: int = 1000,
) -> list[Optimization]:
    """Best of n by the proxy, for n = 1, 2, 4 ... up to the samples there are; see `best_of_n_curve`.

    scores, judged: (prompts, samples), by the proxy and by the judge.
    """
    proxy = best_of_n_curve(scores, scores, resamples=resamples)
    judgment = {} if judged is None else best_of_n_curve(scores, judged, resamples=resamples)
    points = []
    for n, score in proxy.items():
        kl = best_of_n_kl(n)
        exact = Estimate(kl, kl, kl, score.n, score.clusters)
        points.append(Optimization(f"n = {n}", exact, score, judgment.get(n)))
    return points


def policy_point(
    label: str,
    log_ratios: ArrayLike,
    scores: ArrayLike,
    judged: ArrayLike,
    prompts: Sequence[Hashable],
    *,
    resamples: int = 1000,
) -> Optimization:
    """A policy by its own samples: of each, log π/π_ref (their mean estimates the KL without bias) and both scores.

    log_ratios, scores, judged, prompts: (n,). Intervals are clustered by prompt.
    """
    kl, proxy, judgment = (
        mean(values, prompts, resamples=resamples) for values in (log_ratios, scores, judged)
    )
    return Optimization(label, kl, proxy, judgment)


def training_points(iterations: Sequence[Mapping[str, float]], most: int = POINTS) -> list[Optimization]:
    """A policy along its training: neighbouring iterations taken together, into at most so many points.

    iterations: the log of each, in order: `kl`, `score`, and `utility` where the judge was asked. Every point is of two
    iterations or more, and of two that were judged where that can be; of fewer judged ones nothing is said. The
    intervals are from how iterations differ among themselves: by prompts, samples, and what was learned in between.
    """
    asked = sum("utility" in each for each in iterations)
    count = min(most, len(iterations) // 2, max(1, asked // 2) if asked else most)
    if not count:
        return []
    points = []
    for block in np.array_split(np.arange(len(iterations)), count):
        own = [iterations[place] for place in block]
        utilities = [each["utility"] for each in own if "utility" in each]
        points.append(
            Optimization(
                f"iterations {block[0] + 1}–{block[-1] + 1}",
                mean_of_iterations([each["kl"] for each in own]),
                mean_of_iterations([each["score"] for each in own]),
                mean_of_iterations(utilities) if len(utilities) > 1 else None,
            )
        )
    return points


def mean_of_iterations(values: Sequence[float]) -> Estimate:
    """The mean of two or more means of iterations, with Student's interval."""
    numbers = np.asarray(values, dtype=np.float64)
    value = float(numbers.mean())
    half = t_quantile(len(numbers) - 1) * float(numbers.std(ddof=1)) / math.sqrt(len(numbers))
    return Estimate(value, value - half, value + half, len(numbers), len(numbers))
