"""The gradients of one PPO minibatch: the value function's, and the policy's with its two terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor
from transformers import PreTrainedModel

from tutelage.distributed import largest, summed
from tutelage.functional import policy_loss, value_loss
from tutelage.models import completion_logprobs, token_values
from tutelage.training.base import accumulate_row_gradient
from tutelage.training.episodes import Episodes
from tutelage.training.gradients import (
    added_gradient_norm,
    copied_gradient,
    gradient_norm,
    gradient_of_all,
)


@dataclass(frozen=True)
class ValueUpdate:
    """What is measured of the value function's part; means over the minibatch's tokens."""

    value_loss: float
    value_clip_fraction: float
    value_gradient_norm: float
    """Before clipping."""


@dataclass(frozen=True)
class PolicyUpdate:
    """What is measured of the PPO term; means over the minibatch's tokens."""

    policy_loss: float
    clip_fraction: float
    approximate_kl: float
    """KL from the sampling policy to the present one, nats a token."""
    ratio_deviation: float
    """Largest |π/π_old - 1| of any token."""
    ppo_gradient_norm: float
    """Before clipping, without the ptx term."""


@dataclass(frozen=True)
class PtxUpdate:
    """What is measured of the ptx term."""

    ptx_loss: float
    """Mean negative log-likelihood of the pretraining tokens, nats a token, without the coefficient."""
    ptx_gradient_norm: float
    """Before clipping, of this term alone, with the coefficient."""


def accumulate_value_gradient(
    value_model: PreTrainedModel, micro_batches: Sequence[tuple[Episodes, float]], clip: float
) -> ValueUpdate:
    """Add to the value model's gradient that of the value loss over all micro-batches' tokens together."""
    loss, clip_fraction = 0.0, 0.0
    with gradient_of_all(value_model):
        for episodes, share in micro_batches:
            values = token_values(value_model, episodes.sequences)
            part = value_loss(values, episodes.baseline, episodes.returns, episodes.mask, clip)
            (part.loss * share).backward()
            loss += part.loss.item() * share
            clip_fraction += part.clip_fraction.item() * share
    return ValueUpdate(summed(loss), summed(clip_fraction), gradient_norm(value_model))


def accumulate_ppo_gradient(
    policy: PreTrainedModel, micro_batches: Sequence[tuple[Episodes, float]], clip: float, temperature: float
) -> PolicyUpdate:
    """Add to the policy's gradient that of PPO's loss over all micro-batches' tokens together."""
    loss, clip_fraction, approximate_kl, deviation = 0.0, 0.0, 0.0, 0.0
    with gradient_of_all(policy):
        for episodes, share in micro_batches:
            logprobs = completion_logprobs(policy, episodes.sequences, temperature)
            part = policy_loss(
                logprobs,
                episodes.logprobs,
                episodes.advantages,
                episodes.mask,
                clip,
                importance=episodes.importance,
            )
            (part.loss * share).backward()
            loss += part.loss.item() * share
            clip_fraction += part.clip_fraction.item() * share
            approximate_kl += part.approximate_kl.item() * share
            deviation = max(deviation, (logprobs.detach() - episodes.logprobs).expm1().abs().max().item())
    return PolicyUpdate(
        summed(loss), summed(clip_fraction), summed(approximate_kl), largest(deviation), gradient_norm(policy)
    )


def accumulate_ptx_gradient(
    policy: PreTrainedModel, rows: Tensor, coefficient: float, micro_batch_tokens: int
) -> PtxUpdate:
    """Add to the policy's gradient that of `coefficient` times the rows' (N, T) negative log-likelihood.

    The mean is over tokens, so the coefficient does not depend on how long or how many the rows are.
    """
    before = copied_gradient(policy)
    loss = accumulate_row_gradient(policy, rows, micro_batch_tokens, coefficient)
    return PtxUpdate(loss, added_gradient_norm(policy, before))
