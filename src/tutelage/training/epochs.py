"""The loop that scalar models share: batches of each epoch's order, a cosine learning rate, resumable at every step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from transformers import PreTrainedModel

from tutelage.models import load_trained_state, trained_state
from tutelage.recipe import JudgeRecipe, RewardRecipe
from tutelage.training.checkpoint import State
from tutelage.training.gradients import gradient_norm
from tutelage.training.monitor import Monitor
from tutelage.training.optimizer import adam, cosine_to, set_learning_rate
from tutelage.training.order import epoch_batches

Learned = TypeVar("Learned")


class Progress(NamedTuple):
    """How well scores fit what people said."""

    loss: float
    """As the trainer defines it, a mean over the examples."""
    accuracy: float
    """Share of comparisons in the right order, or of labels that are right."""


def train_in_epochs(
    model: PreTrainedModel,
    examples: Sequence[Learned],
    recipe: RewardRecipe | JudgeRecipe,
    order_seed: int,
    monitor: Monitor,
    accumulate: Callable[[list[Learned]], Progress],
) -> None:
    """Train `model` in place; `accumulate` adds the gradient of a batch to the model's. No dropout."""
    model.eval()
    steps_per_epoch = math.ceil(len(examples) / recipe.batch_size)
    steps = recipe.epochs * steps_per_epoch
    schedule = cosine_to(recipe.final_learning_rate, steps)
    optimizer = adam(model, recipe.learning_rate, recipe.adam_epsilon)

    def state() -> State:
        return {"step": step + 1, "model": trained_state(model), "optimizer": optimizer.state_dict()}

    first = 0
    if (checkpoint := monitor.resume()) is not None:
        first = checkpoint["step"]
        load_trained_state(model, checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])

    for step in range(first, steps):
        epoch, part_of_epoch = divmod(step, steps_per_epoch)
        rows = epoch_batches(len(examples), recipe.batch_size, order_seed, epoch)[part_of_epoch]
        learning_rate = recipe.learning_rate * schedule(step)
        set_learning_rate(optimizer, learning_rate)
        optimizer.zero_grad()
        progress = accumulate([examples[row] for row in rows])
        norm = gradient_norm(model)
        optimizer.step()
        metrics = {
            "loss": progress.loss,
            "accuracy": progress.accuracy,
            "gradient_norm": norm,
            "learning_rate": learning_rate,
        }
        monitor.step(step + 1, steps, metrics, state)
