"""A figure and how sure it is: 95 % intervals that know that answers to one prompt belong together.

Several labelers judge one prompt and several completions answer it, so judgments are not independent: what is
drawn at random is the prompt (the *cluster*). An interval over judgments as if each were its own prompt is
too narrow.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

NORMAL_QUANTILE = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""

RESAMPLES_AT_ONCE = 1_000_000
"""Drawn clusters held in memory at a time (about 12 MB)."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval.

    n: judgments (or comparisons, tokens, ...) it is a mean of; clusters: independent prompts they come from.
    """

    value: float
    low: float
    high: float
    n: int
    clusters: int


@dataclass(frozen=True)
class Totals:
    """What a cluster contributes to a mean: the sum of its values and their weight (or number)."""

    sums: NDArray[np.float64]  # (clusters,)
    weights: NDArray[np.float64]  # (clusters,)
    n: int

    @property
    def ratio(self) -> float:
        """The mean over all values."""
        return float(self.sums.sum() / self.weights.sum())


def cluster_totals(
    values: ArrayLike, clusters: Sequence[Hashable], weights: ArrayLike | None = None
) -> Totals:
    """Sums by cluster, in order of first appearance. Raises ValueError when there is nothing, or lengths differ."""
    numbers = np.asarray(values, dtype=np.float64)
    shares = np.ones_like(numbers) if weights is None else np.asarray(weights, dtype=np.float64)
    if not (len(numbers) == len(clusters) == len(shares)):
        raise ValueError(
            f"{len(numbers)} values, {len(clusters)} clusters and {len(shares)} weights do not match"
        )
    if not len(numbers) or shares.sum() <= 0:
        raise ValueError("no mean of nothing: there are no values")
    if not np.isfinite(numbers).all():
        raise ValueError("a value is not a finite number")
    position: dict[Hashable, int] = {}
    index = np.array([position.setdefault(cluster, len(position)) for cluster in clusters])
    return Totals(
        sums=np.bincount(index, weights=numbers * shares).astype(np.float64),
        weights=np.bincount(index, weights=shares).astype(np.float64),
        n=len(numbers),
    )


def mean(
    values: ArrayLike,
    clusters: Sequence[Hashable],
    *,
    weights: ArrayLike | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Mean of values of any size, with a percentile interval of the cluster bootstrap (whole prompts are
    redrawn).

    values, weights: (n,); clusters: n labels. The mean is that over all values (weighted, where weights are
    given), not over cluster means. With a single cluster nothing is known of the spread: the interval has no
    width.
    """
    totals = cluster_totals(values, clusters, weights)
    count = len(totals.sums)
    random = np.random.default_rng(seed)
    means = np.empty(resamples)
    step = max(1, RESAMPLES_AT_ONCE // count)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = random.integers(count, size=(rows, count), dtype=np.int32)
        shares = totals.weights[drawn].sum(axis=1)
        # A draw of weightless clusters alone has no mean; it happens only when nearly all are weightless.
        means[start : start + rows] = np.where(
            shares > 0, totals.sums[drawn].sum(axis=1) / np.maximum(shares, 1e-300), totals.ratio
        )
    low, high = np.quantile(means, percentiles(count))
    return Estimate(totals.ratio, float(low), float(high), totals.n, count)


def percentiles(clusters: int) -> tuple[float, float]:
    """Which quantiles of a cluster bootstrap are the ends of a 95 % interval: 2.5 % and 97.5 % for many clusters.

    Few are redrawn with too little spread and tell it badly; the expanded interval (Hesterberg 2015) goes out as much
    farther as Student's t and the divisor n - 1 do.
    """
    if clusters < 2:
        return 0.0, 1.0
    reach = t_quantile(clusters - 1) * math.sqrt(clusters / (clusters - 1))
    outside = 0.5 * math.erfc(reach / math.sqrt(2))
    return outside, 1 - outside


def rate(values: ArrayLike, clusters: Sequence[Hashable]) -> Estimate:
    """Mean of values between 0 and 1 (a rate; ties of a comparison are halves), with a clustered Wilson
    interval.

    Wilson's interval at the effective number of judgments p(1-p)/variance, where the variance is the
    clustered one (Dean & Pagano 2015), reduced for few clusters by the squared ratio of normal to t quantile
    (Korn & Graubard 1998). Unlike the bootstrap it does not shrink to nothing at 0 % and 100 %, and never
    leaves [0, 1]. With every value its own cluster it is Wilson's interval, but for the factor that few
    clusters ask for.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if len(numbers) and (numbers.min() < 0 or numbers.max() > 1):
        raise ValueError("a rate is a mean of values between 0 and 1")
    return _rate_of(cluster_totals(numbers, clusters))


def share(parts: ArrayLike, wholes: ArrayLike, clusters: ArrayLike) -> Estimate | None:
    """As `rate`, of what was counted by rows: parts of wholes, clusters a number for each row. None of nothing."""
    counts, numbers = np.asarray(wholes), np.asarray(clusters)
    told = counts > 0
    if not told.any():
        return None
    _, place = np.unique(numbers[told], return_inverse=True)
    sums = np.bincount(place, weights=np.asarray(parts)[told]).astype(np.float64)
    weights = np.bincount(place, weights=counts[told]).astype(np.float64)
    return _rate_of(Totals(sums, weights, int(counts.sum())))


def _rate_of(totals: Totals) -> Estimate:
    p = totals.ratio
    low, high = wilson(p, effective_number(totals))
    return Estimate(p, low, high, totals.n, len(totals.sums))


def effective_number(totals: Totals) -> float:
    """How many independent yes/no judgments would tell as much as these clustered ones."""
    count, p = len(totals.sums), totals.ratio
    if count == 1:
        return 1.0
    residuals = (totals.sums - p * totals.weights) / totals.weights.sum()
    variance = float(count / (count - 1) * np.square(residuals).sum())
    if variance < 1e-12 * max(p * (1 - p), 1e-12):  # all prompts alike: each tells as much as one judgment
        return float(count)
    few = (NORMAL_QUANTILE / t_quantile(count - 1)) ** 2
    return max(1.0, p * (1 - p) / variance * few)


def wilson(p: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a rate p seen in n independent judgments."""
    z2 = NORMAL_QUANTILE**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_QUANTILE / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))


def t_quantile(degrees: int) -> float:
    """The 97.5 % point of Student's t: Hill's expansion in 1/degrees, exact to 1 % from two degrees on."""
    if degrees == 1:
        return 12.706204736432095
    z = NORMAL_QUANTILE
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return sum(term / degrees**power for power, term in enumerate(terms))
