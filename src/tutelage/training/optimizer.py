"""Adam as the paper sets it (App. C), and its learning-rate schedules."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from tutelage.models import laid_out_as, trained_parameters

BETAS = (0.9, 0.95)
"""Adam's decay rates, for every model of the paper (App. C)."""

Schedule = Callable[[int], float]
"""From the number of steps already done to the factor on the peak learning rate."""


def adam(
    model: nn.Module, learning_rate: float, epsilon: float = 1e-8, weight_decay: float = 0.0
) -> torch.optim.AdamW:
    """Adam over a model's trainable parameters; decoupled weight decay falls on matrices only."""
    parameters = trained_parameters(model).values()
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(
        [group for group in groups if group["params"]], lr=learning_rate, betas=BETAS, eps=epsilon, fused=True
    )
    optimizer.register_load_state_dict_pre_hook(_shard_state)
    return optimizer


def _shard_state(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> dict[str, Any]:
    """Before a state is loaded: whole moments become shards where the weights are."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    moments = {
        number: {
            name: laid_out_as(weights[number], each) if each.ndim else each for name, each in own.items()
        }
        for number, own in state["state"].items()
    }
    return state | {"state": moments}


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
