"""Bringing advantages and rewards to unit variance over real tokens.

Advantages lose their mean, rewards keep theirs (as Ziegler et al. 2019 do it): a reward shifted by a constant
per token would pay for length.
"""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from tutelage.functional.masking import masked, masked_mean

CONSTANT = 1e-10
"""Variances below this fraction of the mean square are rounding, not variation."""


def standardize(x: Float[Tensor, "*dims"], mask: Shaped[Tensor, "*dims"]) -> Float[Tensor, "*dims"]:
    """x shifted and divided to mean 0 and (population) variance 1 over the mask's ones; 0 elsewhere.

    Where x is the same at all the mask's ones, they become 0.
    """
    return scale(masked(x - masked_mean(x, mask), mask), mask)


def scale(x: Float[Tensor, "*dims"], mask: Shaped[Tensor, "*dims"]) -> Float[Tensor, "*dims"]:
    """x divided, never shifted, to (population) variance 1 over the mask's ones; 0 elsewhere.

    Where x is the same at all the mask's ones there is no variance to divide by, and they keep their value.
    """
    mean = masked_mean(x, mask)
    variance = masked_mean((x - mean) ** 2, mask)
    varies = variance > CONSTANT * masked_mean(x**2, mask)
    return masked(x, mask) / torch.where(varies, variance, torch.ones_like(variance)).sqrt()
