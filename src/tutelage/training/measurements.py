"""What is measured of each PPO iteration: the numbers of a line of the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from torch import Tensor

from tutelage.functional import log_ratio_kl, masked_mean, nonnegative_kl
from tutelage.training.episodes import Episodes
from tutelage.training.scores import Scores
from tutelage.training.updates import PolicyUpdate, PtxUpdate, ValueUpdate


@dataclass(frozen=True)
class Rollout:
    """What an iteration's samples say about the policy that made them."""

    score: float
    """Mean score of the completions; of those cut at the length limit, the score that they were given."""
    score_deviation: float
    """Standard deviation of the scores over completions."""
    kl: float
    """Mean over completions of log π/π_ref, nats a completion; may be negative by chance."""
    kl_nonnegative: float
    """The same divergence by the estimator that is never negative."""
    kl_error: float
    """Standard error of `kl`."""
    entropy: float
    """Mean over tokens of -log π, nats: an unbiased estimate of the policy's entropy."""
    completion_tokens: float
    """Mean length, end-of-text included."""
    truncated: float
    """Share of completions cut at the length limit."""
    explained_variance: float
    """Share of the returns' variance that the baseline, a value function or a prompt's other samples, foresaw."""
    score_terms: Mapping[str, float] = field(default_factory=dict)
    """Mean of each term that the scores are a sum of, before its weight."""

    def metrics(self) -> dict[str, float]:
        """All its numbers by name."""
        numbers = asdict(self)
        terms: Mapping[str, float] = numbers.pop("score_terms")
        return {**numbers, **{f"score_of_{name}": mean for name, mean in terms.items()}}


def measure_rollout(
    episodes: Episodes, scores: Scores, reference_logprobs: Tensor, truncated: Tensor
) -> Rollout:
    """reference_logprobs (B, T), truncated (B,) of truth values."""
    mask = episodes.mask
    kl = log_ratio_kl(episodes.logprobs, reference_logprobs, mask).sum(1)
    returns, baseline = episodes.returns[mask.bool()], episodes.baseline[mask.bool()]
    return Rollout(
        score=scores.total.mean().item(),
        score_deviation=scores.total.std(correction=0).item(),
        kl=kl.mean().item(),
        kl_nonnegative=nonnegative_kl(episodes.logprobs, reference_logprobs, mask).sum(1).mean().item(),
        kl_error=kl.std(correction=0).item() / len(kl) ** 0.5,
        entropy=-masked_mean(episodes.logprobs, mask).item(),
        completion_tokens=mask.sum(1).mean().item(),
        truncated=truncated.float().mean().item(),
        explained_variance=1 - (returns - baseline).var().item() / max(returns.var().item(), 1e-12),
        score_terms={name: term.mean().item() for name, term in scores.terms.items()},
    )


@dataclass(frozen=True)
class Mismatch:
    """How far the log-probabilities that the sampler told are from those that the update has; over all tokens."""

    mismatch: float
    """Mean |log π - log π_rollout|, nats a token."""
    mismatch_largest: float
    """The same of the token where it is largest."""
    mismatch_ratio: float
    """Mean π/π_rollout; 1 where the sampler has the policy's distribution."""
    mismatch_kl: float
    """KL from the sampler's distribution to the policy's, nats a token; by the estimator that is never negative."""


def measure_mismatch(logprobs: Tensor, rollout_logprobs: Tensor, mask: Tensor) -> Mismatch:
    """All (B, T): of the policy that is trained, before any update, and as its sampler told them."""
    difference = log_ratio_kl(logprobs, rollout_logprobs, mask)
    return Mismatch(
        mismatch=masked_mean(difference.abs(), mask).item(),
        mismatch_largest=difference.abs().max().item(),
        mismatch_ratio=masked_mean(difference.exp(), mask).item(),
        mismatch_kl=masked_mean(nonnegative_kl(rollout_logprobs, logprobs, mask), mask).item(),
    )


@dataclass(frozen=True)
class Update:
    """One minibatch's step. Of the policy nothing is measured while only the value function learns."""

    value: ValueUpdate | None
    """None where there is no value function."""
    policy: PolicyUpdate | None
    ptx: PtxUpdate | None

    def metrics(self) -> dict[str, float]:
        """All its numbers by name."""
        parts = [part for part in (self.value, self.policy, self.ptx) if part is not None]
        return {name: number for part in parts for name, number in asdict(part).items()}


@dataclass(frozen=True)
class Iteration:
    """One iteration: its samples and its updates, of which there is at least one."""

    rollout: Rollout
    updates: Sequence[Update]
    learning_rate: float
    kl_coefficient: float
    """By which its rewards were penalized."""
    mismatch: Mismatch | None = None
    """None where the update takes the sampler's log-probabilities as they are."""

    @property
    def first_ratio_deviation(self) -> float:
        """How far π/π_old is from 1 at the first minibatch, where the policy is still what sampled."""
        first = self.updates[0].policy
        return 0.0 if first is None else first.ratio_deviation

    def metrics(self) -> dict[str, float]:
        """All numbers by name, those of the updates as means; as they are logged."""
        updates = [update.metrics() for update in self.updates]
        means = {name: sum(update[name] for update in updates) / len(updates) for name in updates[0]}
        return {
            **self.rollout.metrics(),
            **({} if self.mismatch is None else asdict(self.mismatch)),
            **means,
            "first_ratio_deviation": self.first_ratio_deviation,
            "learning_rate": self.learning_rate,
            "kl_coefficient": self.kl_coefficient,
        }
