"""Weights for tokens that another program sampled: with its own rounding, so not quite from the policy."""

from jaxtyping import Float, Shaped
from torch import Tensor

from tutelage.functional.masking import masked


def truncated_importance_weights(
    logprobs: Float[Tensor, "B T"],
    rollout_logprobs: Float[Tensor, "B T"],
    mask: Shaped[Tensor, "B T"],
    cap: float,
) -> Float[Tensor, "B T"]:
    """min(π/π_rollout, cap) of each sampled token, 0 where the mask is 0; no gradient goes through them.

    logprobs: of the policy that is trained, before any update. rollout_logprobs: as the sampler told them, of the same
    weights and at the same temperature. Truncated importance sampling (Ionides 2008), per token: uncapped, the mean of
    what they weigh would be that over tokens of the policy itself; the cap bounds its variance.
    """
    ratio = masked(logprobs.detach() - rollout_logprobs, mask).exp()
    return masked(ratio.clamp(max=cap), mask)
