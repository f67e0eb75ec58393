"""Whether a PPO run is still sane: known ways of going wrong, each stopped or warned of with an explanation.

A run is stopped before the iteration's checkpoint is written, so the last checkpoint is from before the
trouble.
"""

from __future__ import annotations

import math
import warnings

from torch import Tensor

from tutelage.schema import RunError
from tutelage.training.checkpoint import State
from tutelage.training.measurements import Iteration, Rollout

RATIO_TOLERANCE, RATIO_TOLERANCE_IN_HALF = 1e-3, 0.05
"""By which a ratio of 1 may be off where nothing is wrong: by rounding, in 32-bit floats and in 16-bit products, where
a token in some ten thousand rounds otherwise among other rows."""
MISMATCH_TOLERANCE = 0.1
"""Nats a token by which a sampler may be off in the mean where nothing is wrong; rounding to bf16 is a tenth of it."""
PATIENCE = 3
"""Iterations in a row that a sign of trouble must last."""
ONLY_END_OF_TEXT = 1.5
"""Mean completion length, in tokens, below which the policy says next to nothing."""


class Health:
    """Watches iteration after iteration; `maximum_kl` in nats a completion, None = no limit."""

    def __init__(self, maximum_kl: float | None) -> None:
        self.maximum_kl = maximum_kl
        self._negative_kl = 0
        self._collapsed = 0
        self._longest = 0.0

    def check(self, iteration: Iteration, *, half: bool = False) -> None:
        """Raises RunError when the run has gone wrong; warns when the first minibatch's ratio is not 1.

        half: products are computed in 16 bits.
        """
        if iteration.first_ratio_deviation > (RATIO_TOLERANCE_IN_HALF if half else RATIO_TOLERANCE):
            warnings.warn(
                f"before any update π/π_old already differs from 1 by {iteration.first_ratio_deviation:.2g}: "
                "sampling and training disagree on log-probabilities (precision, dropout or temperature)",
                RuntimeWarning,
                stacklevel=2,
            )
        mismatch = 0.0 if iteration.mismatch is None else iteration.mismatch.mismatch
        if mismatch > MISMATCH_TOLERANCE:
            warnings.warn(
                f"log-probabilities of the sampler are {mismatch:.2g} nats a token from the policy's: "
                "it has other weights, or another temperature",
                RuntimeWarning,
                stacklevel=2,
            )
        self._check_kl(iteration.rollout)
        self._check_length(iteration.rollout)

    def _check_kl(self, rollout: Rollout) -> None:
        if self.maximum_kl is not None and rollout.kl_nonnegative > self.maximum_kl:
            raise RunError(
                f"the policy is {rollout.kl_nonnegative:.1f} nats a completion from its reference, "
                f"more than ppo.maximum_kl = {self.maximum_kl:g}",
                remedy="lower ppo.learning_rate or raise ppo.kl_coefficient",
            )
        # By chance the mean is negative about every other time at the start, but not by three standard
        # errors.
        negative = rollout.kl < -max(3 * rollout.kl_error, 0.01)
        self._negative_kl = self._negative_kl + 1 if negative else 0
        if self._negative_kl >= PATIENCE:
            raise RunError(
                f"KL to the reference is {rollout.kl:.3f} nats, negative beyond chance for {PATIENCE} "
                "iterations: the completions were not sampled from the policy that is trained",
                remedy="this is a defect, not a setting; please report it with the recipe",
            )

    def _check_length(self, rollout: Rollout) -> None:
        self._longest = max(self._longest, rollout.completion_tokens)
        collapsed = rollout.completion_tokens < ONLY_END_OF_TEXT < self._longest / 2
        self._collapsed = self._collapsed + 1 if collapsed else 0
        if self._collapsed >= PATIENCE:
            raise RunError(
                f"completions shrank from {self._longest:.1f} to {rollout.completion_tokens:.1f} tokens: "
                "the policy says nothing but end-of-text",
                remedy="look at how the reward model scores empty completions, and at ppo.truncation_score",
            )

    def state(self) -> State:
        """What a resumed run must remember."""
        return {"negative_kl": self._negative_kl, "collapsed": self._collapsed, "longest": self._longest}

    def load(self, state: State) -> None:
        """Remember what `state` told."""
        self._negative_kl, self._collapsed = state["negative_kl"], state["collapsed"]
        self._longest = state["longest"]


def require_finite_scores(scores: Tensor) -> None:
    """Raises RunError when a score (B,) is not a number that can be learned from."""
    wrong = int((~scores.isfinite()).sum())
    if wrong:
        raise RunError(
            f"{wrong} of {len(scores)} scores are NaN or infinite",
            remedy="check the reward on these completions; the checkpoint is from before them",
        )


def require_finite_gradient(norm: float) -> None:
    """Raises RunError when a gradient of this length is not finite: before it can reach the weights."""
    if not math.isfinite(norm):
        raise RunError(
            "a gradient of the PPO update is NaN or infinite",
            remedy="lower ppo.learning_rate or ppo.ptx_coefficient; the checkpoint is from before it",
        )
