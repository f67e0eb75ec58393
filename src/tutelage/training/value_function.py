"""The value function of PPO: what is still to be earned from each token on, and how it learns from its surprises."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import Tensor
from transformers import PreTrainedModel

from tutelage.data import Sequences
from tutelage.models import load_trained_state, token_values, trained_state
from tutelage.recipe import PPORecipe
from tutelage.training.checkpoint import State
from tutelage.training.episodes import Episodes
from tutelage.training.gradients import clip_gradient
from tutelage.training.health import require_finite_gradient
from tutelage.training.optimizer import adam
from tutelage.training.passes import per_token
from tutelage.training.updates import ValueUpdate, accumulate_value_gradient


class ValueFunction:
    """A scalar model and its optimizer; budget: tokens of one pass."""

    def __init__(self, model: PreTrainedModel, recipe: PPORecipe, budget: int) -> None:
        self.model = model.eval()
        self.recipe = recipe
        self.budget = budget
        self.optimizer = adam(model, recipe.value_learning_rate, recipe.adam_epsilon)

    def __call__(self, sequences: Sequences) -> Tensor:
        """(B, T): V(s_t), of the state before each completion token; no gradients."""
        return per_token(partial(token_values, self.model), sequences, self.budget)

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
