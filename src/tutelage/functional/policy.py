"""PPO's clipped surrogate objective (Schulman et al. 2017, eq. 7)."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from tutelage.functional.kl import nonnegative_kl
from tutelage.functional.masking import masked, masked_mean


@dataclass(frozen=True)
class PolicyLoss:
    """The policy's loss, and how far the update has gone; all means over the mask's ones."""

    loss: Float[Tensor, ""]
    clip_fraction: Float[Tensor, ""]
    """Share of tokens at which the clip holds, so that they give no gradient."""
    approximate_kl: Float[Tensor, ""]
    """KL from the sampling policy to the present one, nats a token; never negative."""


def policy_loss(
    logprobs: Float[Tensor, "B T"],
    old_logprobs: Float[Tensor, "B T"],
    advantages: Float[Tensor, "B T"],
    mask: Shaped[Tensor, "B T"],
    clip: float = 0.2,
    *,
    importance: Float[Tensor, "B T"] | None = None,
) -> PolicyLoss:
    """-min(ρ Â, clip(ρ, 1 - clip, 1 + clip) Â) with ρ = π/π_old, the mean over the mask's ones.

    old_logprobs: those of the policy that sampled the tokens, at the same temperature. importance: a factor of each
    token's loss, where the sampler was not quite that policy (`truncated_importance_weights`); None = 1.
    """
    ratio = masked(logprobs - old_logprobs, mask).exp()
    advantages = masked(advantages, mask)
    free = -advantages * ratio
    held = -advantages * ratio.clamp(1 - clip, 1 + clip)
    losses = torch.maximum(free, held)
    return PolicyLoss(
        loss=masked_mean(losses if importance is None else losses * masked(importance, mask), mask),
        clip_fraction=masked_mean((held > free).float(), mask),
        approximate_kl=masked_mean(nonnegative_kl(old_logprobs, logprobs.detach(), mask), mask),
    )
