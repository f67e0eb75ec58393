"""The gradient that parts of a batch add up to: over ranks, how long it is, and cut to a length."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from tutelage.distributed import add_up, size
from tutelage.models import gathered_tensor, is_sharded, trained_parameters


@contextmanager
def gradient_of_all(model: nn.Module) -> Iterator[None]:
    """Add to the model's gradient what all ranks' parts add to it inside. A sharded model does so by itself."""
    if size() == 1 or is_sharded(model):
        yield
        return
    parameters = trained_parameters(model).values()
    before = [parameter.grad for parameter in parameters]
    for parameter in parameters:
        parameter.grad = None
    yield
    for parameter, earlier in zip(parameters, before, strict=True):
        own = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        parameter.grad = add_up(own)
        if earlier is not None:
            parameter.grad += earlier


def clip_gradient(model: nn.Module, maximum_norm: float | None) -> float:
    """Shrink the accumulated gradient to `maximum_norm` where it is longer; returns the norm it had."""
    limit = math.inf if maximum_norm is None else maximum_norm
    return float(gathered_tensor(torch.nn.utils.clip_grad_norm_(trained_parameters(model).values(), limit)))


def gradient_norm(model: nn.Module) -> float:
    """The length of the accumulated gradient."""
    return _length([each.grad for each in trained_parameters(model).values() if each.grad is not None])


def copied_gradient(model: nn.Module) -> list[torch.Tensor]:
    """The gradient accumulated so far, parameter by parameter, 0 where there is none yet."""
    return [
        torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in trained_parameters(model).values()
    ]


def added_gradient_norm(model: nn.Module, before: list[torch.Tensor]) -> float:
    """The length of what was added to the gradient since it was copied."""
    return _length([now - then for now, then in zip(copied_gradient(model), before, strict=True)])


def _length(gradient: list[torch.Tensor]) -> float:
    return float(gathered_tensor(torch.nn.utils.get_total_norm(gradient)))
