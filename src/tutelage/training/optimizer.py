"""Adam as the paper sets it (App. C), its learning-rate schedules, and the size of a gradient."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

BETAS = (0.9, 0.95)
"""Adam's decay rates, for every model of the paper (App. C)."""

Schedule = Callable[[int], float]
"""From the number of steps already done to the factor on the peak learning rate."""


def adam(
    model: nn.Module, learning_rate: float, epsilon: float = 1e-8, weight_decay: float = 0.0
) -> torch.optim.AdamW:
    """Adam over a model's trainable parameters; decoupled weight decay falls on matrices only."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]], lr=learning_rate, betas=BETAS, eps=epsilon, fused=True
    )


def cosine_to(fraction: float, steps: int, warmup_steps: int = 0) -> Schedule:
    """Half a cosine from the peak to `fraction` of it at step `steps`, after a linear warm-up."""

    def factor(step: int) -> float:
        if step < warmup_steps:
            return (step + 1) / warmup_steps
        progress = (step - warmup_steps) / max(1, steps - warmup_steps)
        return fraction + (1 - fraction) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

    return factor


def warmup_constant(start: float, warmup_steps: int) -> Schedule:
    """From `start` of the peak linearly up to the peak over `warmup_steps`, then constant (App. C.4)."""

    def factor(step: int) -> float:
        return 1.0 if step >= warmup_steps else start + (1 - start) * step / warmup_steps

    return factor


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Give every parameter of the optimizer this learning rate from the next step on."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def clip_gradient(model: nn.Module, maximum_norm: float | None) -> float:
    """Shrink the accumulated gradient to `maximum_norm` where it is longer; returns the norm it had."""
    limit = math.inf if maximum_norm is None else maximum_norm
    return float(torch.nn.utils.clip_grad_norm_(model.parameters(), limit))


def copied_gradient(model: nn.Module) -> list[torch.Tensor]:
    """The gradient accumulated so far, parameter by parameter, 0 where there is none yet."""
    return [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in model.parameters()]


def gradient_norm(model: nn.Module) -> float:
    """The length of the accumulated gradient."""
    present = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    return float(torch.nn.utils.get_total_norm(present))


def added_gradient_norm(model: nn.Module, before: list[torch.Tensor]) -> float:
    """The length of what was added to the gradient since it was copied."""
    added = [now - then for now, then in zip(copied_gradient(model), before, strict=True)]
    return float(torch.nn.utils.get_total_norm(added))
