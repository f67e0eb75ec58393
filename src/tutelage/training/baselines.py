"""What a return is compared with: a learned value function (the paper), or the other samples of the same prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from torch import Tensor
from transformers import PreTrainedModel

from tutelage.data import Sequences
from tutelage.functional import Advantages, gae, leave_one_out, scale, standardize
from tutelage.models import load_trained_state, token_values, trained_state
from tutelage.recipe import PPORecipe
from tutelage.training.checkpoint import State
from tutelage.training.episodes import Episodes
from tutelage.training.gradients import clip_gradient
from tutelage.training.health import require_finite_gradient
from tutelage.training.optimizer import adam
from tutelage.training.passes import per_token
from tutelage.training.updates import ValueUpdate, accumulate_value_gradient


class Baseline(Protocol):
    """Tells how much better than expected each token was, and may learn from that."""

    def advantages(self, sequences: Sequences, rewards: Tensor) -> Advantages:
        """From rewards (B, T); the advantages have unit variance over all tokens. No gradients."""

    def update(self, micro_batches: Sequence[tuple[Episodes, float]]) -> ValueUpdate | None:
        """One step towards the returns; None where nothing is learned."""

    def state(self) -> State:
        """What a resumed run must remember."""

    def load(self, state: State) -> None:
        """Go on from a state."""


class ValueFunction:
    """What is still to be earned from each token on: a scalar model and its optimizer; budget: tokens of one pass."""

    def __init__(self, model: PreTrainedModel, recipe: PPORecipe, budget: int) -> None:
        self.model = model.eval()
        self.recipe = recipe
        self.budget = budget
        self.optimizer = adam(model, recipe.value_learning_rate, recipe.adam_epsilon)

    def advantages(self, sequences: Sequences, rewards: Tensor) -> Advantages:
        """By GAE. The value function's errors may shift all advantages alike, so they lose their mean."""
        values = per_token(partial(token_values, self.model), sequences, self.budget)  # (B, T): V(s_t)
        found = gae(rewards, values, sequences.mask, self.recipe.gamma, self.recipe.lam)
        return replace(found, advantages=standardize(found.advantages, sequences.mask))

    def update(self, micro_batches: Sequence[tuple[Episodes, float]]) -> ValueUpdate:
        """One step towards the returns."""
        self.optimizer.zero_grad()
        update = accumulate_value_gradient(self.model, micro_batches, self.recipe.value_clip)
        require_finite_gradient(clip_gradient(self.model, self.recipe.max_gradient_norm))
        self.optimizer.step()
        return update

    def state(self) -> State:
        """Weights and optimizer."""
        return {"model": trained_state(self.model), "optimizer": self.optimizer.state_dict()}

    def load(self, state: State) -> None:
        """Go on from a state."""
        load_trained_state(self.model, state["model"])
        self.optimizer.load_state_dict(state["optimizer"])


class LeaveOneOut:
    """The mean return of a prompt's other samples, which are neighbours in a batch; nothing is learned for it."""

    def __init__(self, samples: int) -> None:
        self.samples = samples

    def advantages(self, sequences: Sequences, rewards: Tensor) -> Advantages:
        """They keep their mean, which over completions is 0 already."""
        found = leave_one_out(rewards, sequences.mask, self.samples)
        return replace(found, advantages=scale(found.advantages, sequences.mask))

    def update(self, micro_batches: Sequence[tuple[Episodes, float]]) -> None:
        """Nothing learns."""

    def state(self) -> State:
        """Nothing changes."""
        return {}

    def load(self, state: State) -> None:
        """Nothing was kept."""
