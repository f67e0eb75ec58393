"""What ranks tell each other. Every rank must call these, and in the same order; alone they are the identity."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from tutelage.distributed.team import leads, size, waiting
from tutelage.schema import RunError

Told = TypeVar("Told")


def summed(number: float) -> float:
    """The sum of all ranks' numbers."""
    return _reduced(number, dist.ReduceOp.SUM)


def largest(number: float) -> float:
    """The largest of all ranks' numbers."""
    return _reduced(number, dist.ReduceOp.MAX)


def smallest(number: float) -> float:
    """The smallest of all ranks' numbers."""
    return _reduced(number, dist.ReduceOp.MIN)


def any_of(flag: bool) -> bool:
    """Whether any rank says yes."""
    return bool(largest(float(flag)))


def add_up(tensor: Tensor) -> Tensor:
    """Make a tensor the sum of all ranks' tensors, in place."""
    if size() > 1:
        dist.all_reduce(tensor)
    return tensor


def gathered(thing: Told) -> list[Told]:
    """What every rank has, in the order of the ranks; anything that can be pickled."""
    if size() == 1:
        return [thing]
    found: list[Told | None] = [None] * size()
    dist.all_gather_object(found, thing)
    return found  # type: ignore[return-value]  # all are filled


def told_by_leader(thing: Told) -> Told:
    """What the first rank has, on every rank, whether or not they work together now.

    Raises RunError where it is gone.
    """
    group = waiting()
    if group is None:
        return thing
    said = [thing]
    try:
        dist.broadcast_object_list(said, src=0, group=group)
    except RuntimeError as error:
        raise RunError("the first process is gone") from error
    return said[0]


@contextmanager
def leader_first() -> Iterator[None]:
    """Inside, the first rank is alone; the others come in when it has left, and find what it wrote."""
    if not leads():
        told_by_leader(None)
    yield
    if leads():
        told_by_leader(None)


def _reduced(number: float, operation: dist.ReduceOp.RedOpType) -> float:
    if size() == 1:
        return number
    total = torch.tensor(number, dtype=torch.float64)
    dist.all_reduce(total, operation)
    return total.item()
