"""A judge of answers: it learns from labels whether an answer is true, informative, or whatever was labelled (§4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from transformers import PreTrainedModel

from tutelage.data import Example, derive
from tutelage.distributed import summed
from tutelage.models import final_scores, tokens_at_once
from tutelage.recipe import JudgeRecipe
from tutelage.training.epochs import Progress, train_in_epochs
from tutelage.training.gradients import gradient_of_all
from tutelage.training.monitor import Monitor
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
    budget = recipe.micro_batch_tokens or tokens_at_once(model)
    train_in_epochs(
        model,
        answers,
        recipe,
        derive(seed, "judge", "order"),
        monitor,
        lambda part: accumulate_gradient(model, part, budget),
    )


def accumulate_gradient(
    model: PreTrainedModel, answers: Sequence[LabeledExample], micro_batch_tokens: int
) -> Progress:
    """Add to the model's gradient that of the mean cross-entropy; returns it, nats an answer, and the accuracy."""
    sequences = sequences_of([each.example for each in answers]).to(model.device)
    labels = labels_of(answers).to(model.device)
    loss, right = 0.0, 0.0
    with gradient_of_all(model):
        for part in parts(sequences, micro_batch_tokens):
            scores, wanted = final_scores(model, sequences.select(part.rows)), labels[part.rows]
            entropy = binary_cross_entropy_with_logits(scores, wanted, reduction="sum")
            part_loss = part.weight * entropy / len(answers)
            part_loss.backward()
            loss += part_loss.item()
            right += part.weight * int(((scores > 0) == (wanted > 0)).sum())
    return Progress(summed(loss), summed(right) / len(answers))


def labels_of(answers: Sequence[LabeledExample]) -> Tensor:
    """(N,) 1 for yes, 0 for no."""
    return torch.tensor([float(each.label) for each in answers])
