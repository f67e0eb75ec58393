"""A judge of answers: it learns from labels whether an answer is true, informative, or whatever was labelled (§4.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from transformers import PreTrainedModel

from tutelage.data import Example, derive
from tutelage.models import final_scores, tokens_at_once
from tutelage.recipe import JudgeRecipe
from tutelage.training.monitor import Monitor, State
from tutelage.training.optimizer import adam, cosine_to, gradient_norm, set_learning_rate
from tutelage.training.order import epoch_batches
from tutelage.training.passes import parts, sequences_of


@dataclass(frozen=True)
class LabeledExample:
    """An answer as token ids, and its label."""

    example: Example
    label: bool


def train_judge(
    model: PreTrainedModel,
    answers: Sequence[LabeledExample],
    recipe: JudgeRecipe,
    seed: int,
    monitor: Monitor,
) -> None:
    """Train the scalar `model` in place so that the logistic function of its score is the label's probability."""
    model.eval()  # no dropout
    steps_per_epoch = math.ceil(len(answers) / recipe.batch_size)
    steps = recipe.epochs * steps_per_epoch
    schedule = cosine_to(recipe.final_learning_rate, steps)
    optimizer = adam(model, recipe.learning_rate, recipe.adam_epsilon)
    order_seed = derive(seed, "judge", "order")
    budget = recipe.micro_batch_tokens or tokens_at_once(model)

    def state() -> State:
        return {"step": step + 1, "model": model.state_dict(), "optimizer": optimizer.state_dict()}

    first = 0
    if (checkpoint := monitor.resume()) is not None:
        first = checkpoint["step"]
        model.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])

    for step in range(first, steps):
        epoch, part_of_epoch = divmod(step, steps_per_epoch)
        rows = epoch_batches(len(answers), recipe.batch_size, order_seed, epoch)[part_of_epoch]
        learning_rate = recipe.learning_rate * schedule(step)
        set_learning_rate(optimizer, learning_rate)
        optimizer.zero_grad()
        loss, accuracy = accumulate_gradient(model, [answers[row] for row in rows], budget)
        norm = gradient_norm(model)
        optimizer.step()
        metrics = {
            "loss": loss,
            "accuracy": accuracy,
            "gradient_norm": norm,
            "learning_rate": learning_rate,
        }
        monitor.step(step + 1, steps, metrics, state)


def accumulate_gradient(
    model: PreTrainedModel, answers: Sequence[LabeledExample], micro_batch_tokens: int
) -> tuple[float, float]:
    """Add to the model's gradient that of the mean cross-entropy; returns it, nats an answer, and the accuracy."""
    sequences = sequences_of([each.example for each in answers]).to(model.device)
    labels = labels_of(answers).to(model.device)
    loss, right = 0.0, 0
    for rows in parts(sequences, micro_batch_tokens):
        scores = final_scores(model, sequences.select(rows))
        part = binary_cross_entropy_with_logits(scores, labels[rows], reduction="sum") / len(answers)
        part.backward()
        loss += part.item()
        right += int(((scores > 0) == (labels[rows] > 0)).sum())
    return loss, right / len(answers)


def labels_of(answers: Sequence[LabeledExample]) -> Tensor:
    """(N,) 1 for yes, 0 for no."""
    return torch.tensor([float(each.label) for each in answers])
