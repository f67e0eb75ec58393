"""The value function's loss, clipped like the policy's so that one batch cannot drag it far."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from tutelage.functional.masking import masked, masked_mean


@dataclass(frozen=True)
class ValueLoss:
    """The value function's loss, and how often the clip holds it; means over the mask's ones."""

    loss: Float[Tensor, ""]
    clip_fraction: Float[Tensor, ""]


def value_loss(
    values: Float[Tensor, "B T"],
    old_values: Float[Tensor, "B T"],
    returns: Float[Tensor, "B T"],
    mask: Shaped[Tensor, "B T"],
    clip: float = 0.2,
) -> ValueLoss:
    """Half the mean of the larger squared error: the value's, or that of the value held within `clip`."""
    values, old_values, returns = masked(values, mask), masked(old_values, mask), masked(returns, mask)
    held = old_values + (values - old_values).clamp(-clip, clip)
    free_error = (values - returns) ** 2
    held_error = (held - returns) ** 2
    return ValueLoss(
        loss=0.5 * masked_mean(torch.maximum(free_error, held_error), mask),
        clip_fraction=masked_mean((held_error > free_error).float(), mask),
    )
