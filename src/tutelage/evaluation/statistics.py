"""Figures that are kept prompt by prompt: so they have intervals, and two models' can be held side by side."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutelage.labelers.intervals import RESAMPLES_AT_ONCE, Estimate, percentiles, rate


@dataclass(frozen=True)
class Statistic:
    """A function of sums over a set: a mean is the sum of values over their number, BLEU one of ten counts.

    prompts: (n,) what belongs together; rows: (n, d) what each sample adds to the sums; of: (d,) sums -> the figure;
    is_rate: whether it is a mean of values from 0 to 1.
    """

    prompts: Sequence[Hashable]
    rows: NDArray[np.float64]
    of: Callable[[NDArray[np.float64]], float]
    is_rate: bool = False

    @staticmethod
    def mean(values: ArrayLike, prompts: Sequence[Hashable]) -> Statistic:
        """The mean of values of any size."""
        numbers = np.asarray(values, dtype=np.float64)
        return Statistic(prompts, np.stack([numbers, np.ones_like(numbers)], axis=1), ratio)

    @staticmethod
    def rate(values: ArrayLike, prompts: Sequence[Hashable]) -> Statistic:
        """The mean of values from 0 to 1."""
        found = Statistic.mean(values, prompts)
        return Statistic(prompts, found.rows, ratio, is_rate=True)

    def estimate(self, *, resamples: int = 1000, seed: int = 0) -> Estimate:
        """The figure with its 95 % interval: Wilson's of a rate, else by redrawing prompts.

        Of one prompt nothing is known of the spread: only a rate's interval has a width.
        """
        if self.is_rate:
            return rate(self.rows[:, 0], self.prompts)
        sums = self.by_prompt()
        drawn = map(self.of, redrawn(sums, resamples, seed))
        return interval(self.of(sums.sum(axis=0)), drawn, len(self.rows), len(sums))

    def by_prompt(self) -> NDArray[np.float64]:
        """(prompts, d): each prompt's sums, in order of first appearance."""
        numbers = {prompt: number for number, prompt in enumerate(dict.fromkeys(self.prompts))}
        sums = np.zeros((len(numbers), self.rows.shape[1]))
        np.add.at(sums, [numbers[prompt] for prompt in self.prompts], self.rows)
        return sums

    def sums_of(self, wanted: Sequence[Hashable]) -> NDArray[np.float64]:
        """(wanted, d): the sums of these prompts, in their order."""
        place = {prompt: number for number, prompt in enumerate(dict.fromkeys(self.prompts))}
        return self.by_prompt()[[place[prompt] for prompt in wanted]]


def change(before: Statistic, after: Statistic, *, resamples: int = 1000, seed: int = 0) -> Estimate | None:
    """After minus before on the prompts that both have, redrawn together; None where they share fewer than two.

    The interval is that of the difference, far narrower than those of the two where both find the same prompts hard.
    """
    others = set(after.prompts)
    shared = [prompt for prompt in dict.fromkeys(before.prompts) if prompt in others]
    if len(shared) < 2:
        return None
    width = before.rows.shape[1]
    both = np.hstack([before.sums_of(shared), after.sums_of(shared)])

    def difference(sums: NDArray[np.float64]) -> float:
        return after.of(sums[width:]) - before.of(sums[:width])

    drawn = map(difference, redrawn(both, resamples, seed))
    return interval(difference(both.sum(axis=0)), drawn, len(shared), len(shared))


def ratio(sums: NDArray[np.float64]) -> float:
    """A mean from the sum of values and their number."""
    return float(sums[0] / sums[1])


def redrawn(sums: NDArray[np.float64], resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Sums of as many prompts as there are, drawn with replacement, again and again."""
    random = np.random.default_rng(seed)
    step = max(1, RESAMPLES_AT_ONCE // (len(sums) * sums.shape[1]))
    for start in range(0, resamples, step):
        drawn = random.integers(len(sums), size=(min(step, resamples - start), len(sums)))
        yield from sums[drawn].sum(axis=1)


def interval(value: float, drawn: Iterator[float], n: int, clusters: int) -> Estimate:
    """The middle 95 % of what was drawn, around the figure."""
    low, high = np.quantile(list(drawn), percentiles(clusters))
    return Estimate(value, float(low), float(high), n, clusters)
