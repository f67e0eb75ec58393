"""How far the policy is from the reference, and the reward in which it pays for that (§3.5, eq. 2)."""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from tutelage.functional.masking import masked

LARGEST_ERROR = 0.2
"""Of the KL, as a share of its target: what is beyond counts as so much."""


def log_ratio_kl(
    logprobs: Float[Tensor, "B T"], ref_logprobs: Float[Tensor, "B T"], mask: Shaped[Tensor, "B T"]
) -> Float[Tensor, "B T"]:
    """log π/π_ref of each sampled token, nats: in the mean the KL divergence, but noisy, at times negative.

    A mean over many tokens that stays negative means that the tokens were not sampled from π.
    """
    return masked(logprobs - ref_logprobs, mask)


def nonnegative_kl(
    logprobs: Float[Tensor, "B T"], ref_logprobs: Float[Tensor, "B T"], mask: Shaped[Tensor, "B T"]
) -> Float[Tensor, "B T"]:
    """π_ref/π - 1 - log π_ref/π of each sampled token, in nats: the same mean, less noise, never negative.

    Schulman 2020, "Approximating KL divergence", estimator k3.
    """
    log_ratio = masked(ref_logprobs - logprobs, mask)
    return torch.expm1(log_ratio) - log_ratio


def kl_penalized_rewards(
    scores: Float[Tensor, " B"],
    logprobs: Float[Tensor, "B T"],
    ref_logprobs: Float[Tensor, "B T"],
    mask: Shaped[Tensor, "B T"],
    kl_coefficient: float,
) -> Float[Tensor, "B T"]:
    """The reward of each token: -β log π/π_ref, and on the last token the reward model's score (§3.5, eq. 2).

    Raises ValueError when a row has no token on which its score could fall.
    """
    if not bool(mask.bool().any(1).all()):
        raise ValueError(
            "a completion without a single token cannot be rewarded; let it hold its end-of-text token"
        )
    penalties = -kl_coefficient * log_ratio_kl(logprobs, ref_logprobs, mask)
    return penalties + masked(scores.unsqueeze(1).expand_as(penalties), last_tokens(mask))


def last_tokens(mask: Shaped[Tensor, "B T"]) -> Shaped[Tensor, "B T"]:
    """1 on the last of each row's ones, where the score falls; 0 elsewhere."""
    real = mask.bool()
    following = real.flip(1).cumsum(1).flip(1)
    return real & (following == 1)


def adapted_kl_coefficient(
    kl_coefficient: float, kl: float, target: float, episodes: int, horizon: int
) -> float:
    """β for the next iteration: more where the policy is farther from its reference than `target`, less where nearer.

    kl, target: nats a completion; kl as it was measured on `episodes`. In `horizon` episodes β moves by at most a fifth
    (Ziegler et al. 2019, §2.2).
    """
    error = min(max(kl / target - 1, -LARGEST_ERROR), LARGEST_ERROR)
    return kl_coefficient * (1 + error * episodes / horizon)
