"""Which examples a step sees: a function of seed and position alone, so resuming needs no other state."""

from __future__ import annotations

import math
from functools import lru_cache

from torch import Tensor

from tutelage.data import epoch_order
from tutelage.schema import InputError


@lru_cache(maxsize=8)
def shuffled(n: int, seed: int, epoch: int) -> Tensor:
    """The epoch's order, remembered: every step of an epoch asks for it."""
    return epoch_order(n, seed, epoch)


def epoch_batches(n: int, batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """The indices of n examples, shuffled for this epoch, each once, in batches of at most `batch_size`.

    The batches are of nearly equal size: a last batch of one example would move the model as far as a full
    one.
    """
    parts = shuffled(n, seed, epoch).tensor_split(math.ceil(n / batch_size))
    return [part.tolist() for part in parts]


def rows_at(rows: Tensor, number: int, count: int, seed: int) -> Tensor:
    """(count, T): the rows (N, T) of step `number` of an endless walk, `count` a step."""
    return rows[examples_at(number * count, count, len(rows), seed)].long()


def require_rows(rows: Tensor) -> None:
    """Raises InputError when packed text (N, T) has no row."""
    if not len(rows):
        raise InputError(
            "the documents do not fill a single row", "base.row_tokens", "give more text, or shorter rows"
        )


def examples_at(start: int, count: int, n: int, seed: int) -> list[int]:
    """What an endless walk over n examples, shuffled each epoch, meets from position `start` on."""
    if n < 1:
        raise ValueError("there is nothing to walk over: give at least one example")
    chosen: list[int] = []
    while len(chosen) < count:
        epoch, offset = divmod(start + len(chosen), n)
        chosen += shuffled(n, seed, epoch)[offset : offset + count - len(chosen)].tolist()
    return chosen
