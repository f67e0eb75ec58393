"""What one PPO iteration learns from: sampled completions with all that the two losses need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from tutelage.data import Sequences, epoch_order
from tutelage.training.passes import parts


@dataclass(frozen=True)
class Episodes:
    """B episodes of at most T tokens; every tensor but `sequences` is (B, T) and 0 where the mask is 0."""

    sequences: Sequences
    logprobs: Tensor
    """log π_old(a_t | s_t): those of the policy that sampled, with the numerics of the update."""
    baseline: Tensor
    """V_old(s_t), before this iteration's updates; without a value function the mean return of the prompt's others."""
    advantages: Tensor
    """Â_t, of unit variance over the tokens of all episodes; those of a value function without their mean."""
    returns: Tensor
    """R_t: what V(s_t) should have been, or the sum of the completion's rewards."""
    importance: Tensor | None = None
    """What each token's policy loss is multiplied by, where another program sampled; None = 1 throughout."""

    @property
    def mask(self) -> Tensor:
        """(B, T) 1 on completion tokens up to and including end-of-text."""
        return self.sequences.mask

    def select(self, rows: Sequence[int] | Tensor) -> Episodes:
        """The given episodes, trimmed to their own longest."""
        sequences = self.sequences.select(rows)
        width = sequences.mask.shape[1]
        return Episodes(
            sequences=sequences,
            logprobs=self.logprobs[rows, :width],
            baseline=self.baseline[rows, :width],
            advantages=self.advantages[rows, :width],
            returns=self.returns[rows, :width],
            importance=None if self.importance is None else self.importance[rows, :width],
        )

    def minibatches(self, count: int, seed: int, epoch: int) -> Iterator[Episodes]:
        """The episodes in `count` random parts of nearly equal size, each episode in one."""
        for rows in epoch_order(len(self.mask), seed, epoch).tensor_split(count):
            yield self.select(rows)

    def micro_batches(self, token_budget: int) -> list[tuple[Episodes, float]]:
        """Parts that fit in one pass, each with its share of all tokens: by it its mean enters the mean over all."""
        tokens = float(self.mask.sum())
        chosen = [(self.select(part.rows), part.weight) for part in parts(self.sequences, token_budget)]
        return [(episodes, weight * float(episodes.mask.sum()) / tokens) for episodes, weight in chosen]
