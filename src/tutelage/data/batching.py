"""Which rows go together: a fresh order for each epoch, and micro-batches of bounded size."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tutelage.data.seeds import generator


def epoch_order(n: int, seed: int, epoch: int) -> Tensor:
    """A permutation of 0..n-1, (n,) int64, that depends on the seed and the epoch alone."""
    return torch.randperm(n, generator=generator(seed, "epoch", epoch))


def micro_batches(lengths: Sequence[int], token_budget: int) -> list[list[int]]:
    """Indices into `lengths`, grouped by similar length so that each group, padded, is within the budget.

    Args:
        lengths: tokens of each row.
        token_budget: tokens of a group, padding included. A single row above it is a group of its own.

    Returns:
        Groups that together hold each index once. Longest rows first, so that what does not fit in memory
        fails at once and not at the end of an epoch.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    groups: list[list[int]] = []
    for index in order:
        # the group's first row is its longest
        if groups and lengths[groups[-1][0]] * (len(groups[-1]) + 1) <= token_budget:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups
