"""How much better than expected: by a value function (the paper), or by other samples of the same prompt.

Generalised advantage estimation is Schulman et al. 2016, eq. 16, in the paper with γ = 1 and λ = 0.95 (App. C.4);
REINFORCE leave-one-out is Kool et al. 2019, for language models Ahmadian et al. 2024, §3.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from tutelage.functional.masking import masked


@dataclass(frozen=True)
class Advantages:
    """How much better each token was than a baseline; all (B, T), 0 where the mask is 0."""

    advantages: Float[Tensor, "B T"]
    baseline: Float[Tensor, "B T"]
    """The values, or the mean return of a prompt's other samples."""
    returns: Float[Tensor, "B T"]
    """advantages + baseline: what a value function should have said, or the sum of the completion's rewards."""


@torch.no_grad()
def gae(
    rewards: Float[Tensor, "B T"],
    values: Float[Tensor, "B T"],
    mask: Shaped[Tensor, "B T"],
    gamma: float = 1.0,
    lam: float = 0.95,
) -> Advantages:
    """Â_t = δ_t + γλ Â_(t+1), with δ_t = r_t + γ V(s_(t+1)) - V(s_t), over each row's run of ones.

    values (B, T): V of the state before each token. The state after the last token is worth 0, and nothing
    that stands after it is looked at. No gradient flows through the result.
    """
    rewards, values = masked(rewards, mask), masked(values, mask)
    advantages = torch.zeros_like(rewards)
    following_value = torch.zeros_like(rewards[:, 0])
    following_advantage = torch.zeros_like(rewards[:, 0])
    for t in reversed(range(rewards.shape[1])):
        surprise = rewards[:, t] + gamma * following_value - values[:, t]  # δ_t
        following_advantage = masked(surprise + gamma * lam * following_advantage, mask[:, t])
        following_value = values[:, t]
        advantages[:, t] = following_advantage
    return Advantages(advantages, baseline=values, returns=advantages + values)


@torch.no_grad()
def leave_one_out(rewards: Float[Tensor, "B T"], mask: Shaped[Tensor, "B T"], samples: int) -> Advantages:
    """Â_t = R - b on each token of a completion: R is the sum of its rewards, b the mean R of its prompt's others.

    samples: completions of each prompt, K, which are neighbouring rows: B is a multiple of it. The returns are R on
    each token, and the baseline is b. No gradient flows through the result.

    Raises ValueError where K is below 2, for then there is nothing to compare with, or B no multiple of it.
    """
    if samples < 2 or len(rewards) % samples:
        raise ValueError(f"{len(rewards)} rows are no groups of {samples} samples, of which a prompt needs 2")
    whole = masked(rewards, mask).sum(1).view(-1, samples)  # (prompts, K)
    others = (whole.sum(1, keepdim=True) - whole) / (samples - 1)
    advantages, baseline, returns = (
        masked(each.view(-1, 1).expand_as(rewards), mask) for each in (whole - others, others, whole)
    )
    return Advantages(advantages, baseline, returns)
