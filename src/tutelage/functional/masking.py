"""Means over real tokens only: what stands after the end of a completion never enters a statistic."""

import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor


def masked(x: Float[Tensor, "*dims"], mask: Shaped[Tensor, "*dims"]) -> Float[Tensor, "*dims"]:
    """x where the mask is 1, 0 elsewhere, even where x is not finite; no gradient comes from there."""
    real: Bool[Tensor, "*dims"] = mask.bool()
    return torch.where(real, x, torch.zeros_like(x))


def masked_mean(x: Float[Tensor, "*dims"], mask: Shaped[Tensor, "*dims"]) -> Float[Tensor, ""]:
    """The mean of x over the mask's ones, all rows together; 0 where the mask has none."""
    return masked(x, mask).sum() / mask.bool().sum().clamp(min=1)
