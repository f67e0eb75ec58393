"""Pretraining: next-token prediction on packed rows of documents makes the model the method starts from."""

from __future__ import annotations

from functools import partial

import torch
from transformers import PreTrainedModel

from tutelage.data import derive
from tutelage.distributed import shared_out, summed
from tutelage.models import load_trained_state, row_logprobs, tokens_at_once, trained_state
from tutelage.recipe import BaseRecipe
from tutelage.training.checkpoint import State
from tutelage.training.gradients import clip_gradient, gradient_of_all
from tutelage.training.monitor import Monitor
from tutelage.training.optimizer import adam, cosine_to, set_learning_rate
from tutelage.training.order import require_rows, rows_at

MAXIMUM_GRADIENT_NORM = 1.0
"""As GPT-3 was pretrained (Brown et al. 2020, App. B)."""


def pretrain(
    model: PreTrainedModel, rows: torch.Tensor, recipe: BaseRecipe, seed: int, monitor: Monitor
) -> PreTrainedModel:
    """Train `model` in place on rows of token ids (N, T), for `recipe.tokens` tokens; the model is returned.

    The rows are walked through in shuffled epochs, as often as the tokens ask for. Cosine learning rate after
    a linear warm-up. One step is `recipe.batch_tokens` tokens.
    """
    require_rows(rows)
    device = next(model.parameters()).device
    batch_rows = max(1, recipe.batch_tokens // rows.shape[1])
    steps = max(1, recipe.tokens // (batch_rows * rows.shape[1]))
    schedule = cosine_to(recipe.final_learning_rate, steps, recipe.warmup_steps)
    optimizer = adam(model, recipe.learning_rate, weight_decay=recipe.weight_decay)
    order_seed = derive(seed, "base", "order")
    budget = recipe.micro_batch_tokens or tokens_at_once(model)

    def state() -> State:
        return {"step": step + 1, "model": trained_state(model), "optimizer": optimizer.state_dict()}

    first = 0
    if (checkpoint := monitor.resume()) is not None:
        first = checkpoint["step"]
        load_trained_state(model, checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])

    model.train()
    for step in range(first, steps):
        learning_rate = recipe.learning_rate * schedule(step)
        set_learning_rate(optimizer, learning_rate)
        batch = rows_at(rows, step, batch_rows, order_seed).to(device)
        optimizer.zero_grad()
        loss = accumulate_row_gradient(model, batch, budget)
        gradient_norm = clip_gradient(model, MAXIMUM_GRADIENT_NORM)
        optimizer.step()
        metrics = {"loss": loss, "gradient_norm": gradient_norm, "learning_rate": learning_rate}
        monitor.step(step + 1, steps, metrics, state)
    model.eval()
    return model


def accumulate_row_gradient(
    model: PreTrainedModel, rows: torch.Tensor, micro_batch_tokens: int, coefficient: float = 1.0
) -> float:
    """Add to the model's gradient that of `coefficient` times the rows' (N, T) negative log-likelihood.

    The mean is over all predicted tokens of all rows, whatever part of them passes at once. Returns that
    mean, in nats a token, without the coefficient.
    """
    at_once, mean = max(1, micro_batch_tokens // rows.shape[1]), 0.0
    with gradient_of_all(model):
        for part in shared_out([1] * len(rows), partial(in_groups, at_once)):
            share = part.weight * len(part.rows) / len(rows)
            loss = -row_logprobs(model, rows[part.rows]).mean() * share
            (coefficient * loss).backward()
            mean += loss.item()
    return summed(mean)


def in_groups(size: int, rows: list[int]) -> list[list[int]]:
    """The rows in groups of at most so many."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]
