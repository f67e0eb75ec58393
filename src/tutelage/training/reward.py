"""The reward model: it learns labelers' rankings, all comparisons of a prompt at once (§3.5, App. C.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from tutelage.data import Example, RankedExample, derive
from tutelage.distributed import summed
from tutelage.functional import ranking_accuracy, ranking_loss
from tutelage.models import center_scores, final_hidden_states, final_scores, tokens_at_once
from tutelage.recipe import RewardRecipe
from tutelage.schema import InputError
from tutelage.training.epochs import Progress, train_in_epochs
from tutelage.training.gradients import gradient_of_all
from tutelage.training.monitor import Monitor
from tutelage.training.passes import per_completion, sequences_of
from tutelage.training.rankings import (
    by_prompt,
    comparisons_in,
    completions_of,
    ranks_of,
    whole_prompts,
    with_comparisons,
)


@dataclass(frozen=True)
class RewardResult:
    """What training the reward model came to."""

    rankings: int
    """Rankings learned from: those with at least one untied pair."""
    comparisons: int
    """Untied pairs in them."""
    validation_loss: float | None
    """Ranking loss on the validation rankings, nats a comparison; None without any."""
    validation_accuracy: float | None
    """Share of their untied pairs in the right order; None without any."""


def train_reward_model(
    model: PreTrainedModel,
    rankings: Sequence[RankedExample],
    validation: Sequence[RankedExample],
    demonstrations: Sequence[Example],
    recipe: RewardRecipe,
    seed: int,
    monitor: Monitor,
) -> RewardResult:
    """Train the scalar `model` in place to score completions as they were ranked, then centre its scores.

    A prompt with all its completions is one batch element: each completion passes once an epoch, and
    comparisons that share a completion are never split over steps, or a single epoch overfits (§3.5). Ties
    are dropped. After training the scores are shifted so that `demonstrations`, where there are any, score 0
    in the mean (App. C.2). Raises InputError when no ranking has an untied pair.
    """
    compared = with_comparisons(rankings)
    if not compared:
        raise InputError(
            "no ranking prefers any completion to another", remedy="give rankings that are not all ties"
        )
    budget = recipe.micro_batch_tokens or tokens_at_once(model)
    train_in_epochs(
        model,
        compared,
        recipe,
        derive(seed, "reward", "order"),
        monitor,
        lambda part: accumulate_gradient(model, part, budget),
    )
    if demonstrations:
        center_on_demonstrations(model, demonstrations, compared, budget)
    judged = with_comparisons(validation)
    outcome = progress_on(model, judged, budget) if judged else None
    return RewardResult(
        rankings=len(compared),
        comparisons=comparisons_in(compared),
        validation_loss=outcome.loss if outcome else None,
        validation_accuracy=outcome.accuracy if outcome else None,
    )


def accumulate_gradient(
    model: PreTrainedModel, rankings: Sequence[RankedExample], micro_batch_tokens: int
) -> Progress:
    """Add to the model's gradient that of the ranking loss of prompts that each have an untied pair.

    The prompts that pass at once are as many as the budget holds; that changes nothing but memory.
    """
    loss, right = 0.0, 0.0
    with gradient_of_all(model):
        for part in whole_prompts(rankings, micro_batch_tokens):
            given = [rankings[row] for row in part.rows]
            ranks = ranks_of(given).to(model.device)
            scores = by_prompt(final_scores(model, completions_of(given).to(model.device)), given)
            part_loss = ranking_loss(scores, ranks) * (part.weight * len(given) / len(rankings))
            part_loss.backward()
            loss += part_loss.item()
            right += part.weight * ranking_accuracy(scores.detach(), ranks).item() * comparisons_in(given)
    return Progress(loss=summed(loss), accuracy=summed(right) / comparisons_in(rankings))


def progress_on(
    model: PreTrainedModel, rankings: Sequence[RankedExample], micro_batch_tokens: int
) -> Progress:
    """Loss and accuracy on rankings, without gradients."""
    completions = completions_of(rankings).to(model.device)
    flat = per_completion(lambda part: final_scores(model, part), completions, micro_batch_tokens)
    scores, ranks = by_prompt(flat, rankings), ranks_of(rankings).to(model.device)
    return Progress(loss=ranking_loss(scores, ranks).item(), accuracy=ranking_accuracy(scores, ranks).item())


def center_on_demonstrations(
    model: PreTrainedModel,
    demonstrations: Sequence[Example],
    rankings: Sequence[RankedExample],
    micro_batch_tokens: int,
) -> None:
    """Shift the model's scores so that the demonstrations score 0 in the mean (App. C.2).

    The rankings' completions, up to as many as there are demonstrations, tell where else the shift must be
    the same.
    """
    others = completions_of(rankings[: len(demonstrations)])
    hidden = torch.cat(
        [
            per_completion(
                lambda part: final_hidden_states(model, part), batch.to(model.device), micro_batch_tokens
            )
            for batch in (sequences_of(demonstrations), others)
        ]
    )
    center_scores(model, hidden, torch.arange(len(demonstrations)))
