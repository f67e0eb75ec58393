"""Dividing values into parts of about equal number, from the lowest to the highest."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEAST = 20
"""Values in a part, where there are that many: of fewer hardly anything can be told."""


def quantile_parts(values: ArrayLike, most: int) -> list[NDArray[np.int64]]:
    """The places of the values in each of at most `most` parts; equal values are in one part, no part is empty.

    values: (n,).
    """
    numbers = np.asarray(values, dtype=np.float64)
    if not len(numbers):
        return []
    count = max(1, min(most, len(numbers) // LEAST))
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, count + 1)))
    part = np.searchsorted(edges[1:-1], numbers, side="right")
    return [np.flatnonzero(part == number) for number in np.unique(part)]
