"""Supervised fine-tuning on demonstrations (§3.5, App. C.1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from transformers import PreTrainedModel

from tutelage.data import Example, Sequences, derive
from tutelage.distributed import rank, summed
from tutelage.functional import masked_mean
from tutelage.models import (
    completion_logprobs,
    load_trained_state,
    set_dropout,
    tokens_at_once,
    trained_state,
)
from tutelage.recipe import SFTRecipe
from tutelage.training.base import accumulate_row_gradient
from tutelage.training.checkpoint import State
from tutelage.training.gradients import gradient_norm, gradient_of_all
from tutelage.training.mix import PretrainingMix
from tutelage.training.monitor import Monitor
from tutelage.training.optimizer import adam, cosine_to, set_learning_rate
from tutelage.training.order import epoch_batches
from tutelage.training.passes import parts, per_token, sequences_of


def finetune(
    model: PreTrainedModel,
    examples: Sequence[Example],
    validation: Sequence[Example],
    recipe: SFTRecipe,
    seed: int,
    monitor: Monitor,
    keep: Callable[[int, PreTrainedModel], None] | None = None,
    mix: PretrainingMix | None = None,
) -> list[float]:
    """Train `model` in place to write the demonstrations' completions; prompts give no loss.

    With `mix` a part of the loss is that of pretraining text (App. C.3): two means over tokens, weighed by its share.

    After each epoch `keep(epoch, model)` is called, with epochs counted from 1: the paper chooses among the
    epochs by reward, because the validation loss overfits after the first while labelers' preference still
    rises. (An interrupted epoch may be kept twice, with the same weights.) Returns the validation loss after
    each epoch, in nats a token; empty where `validation` is.
    """
    device = next(model.parameters()).device
    steps_per_epoch = math.ceil(len(examples) / recipe.batch_size)
    steps = recipe.epochs * steps_per_epoch
    schedule = cosine_to(recipe.final_learning_rate, steps)
    optimizer = adam(model, recipe.learning_rate, recipe.adam_epsilon)
    order_seed, mix_seed = derive(seed, "sft", "order"), derive(seed, "sft", "pretraining")
    largest_batch = math.ceil(len(examples) / steps_per_epoch)
    budget = recipe.micro_batch_tokens or tokens_at_once(model)
    validation_losses: list[float] = []

    def state() -> State:
        return {
            "step": step + 1,
            "model": trained_state(model),
            "optimizer": optimizer.state_dict(),
            "validation_losses": validation_losses,
        }

    first = 0
    if (checkpoint := monitor.resume()) is not None:
        first = checkpoint["step"]
        load_trained_state(model, checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        validation_losses = checkpoint["validation_losses"]

    set_dropout(model, recipe.dropout)
    for step in range(first, steps):
        epoch, part_of_epoch = divmod(step, steps_per_epoch)
        rows = epoch_batches(len(examples), recipe.batch_size, order_seed, epoch)[part_of_epoch]
        batch = sequences_of([examples[row] for row in rows]).to(device)
        learning_rate = recipe.learning_rate * schedule(step)
        set_learning_rate(optimizer, learning_rate)
        optimizer.zero_grad()
        model.train()
        torch.manual_seed(derive(seed, "sft", "dropout", step) + rank())
        weight = 1.0 if mix is None else 1 - mix.share
        metrics = {"loss": accumulate_gradient(model, batch, budget, weight)}
        if mix is not None:
            text = mix.rows_at(step, largest_batch, mix_seed).to(device)
            metrics["pretraining_loss"] = accumulate_row_gradient(model, text, budget, mix.share)
        metrics |= {"gradient_norm": gradient_norm(model), "learning_rate": learning_rate}
        optimizer.step()
        if part_of_epoch == steps_per_epoch - 1:
            model.eval()
            if validation:
                metrics["validation_loss"] = loss_on(model, validation, budget)
                validation_losses.append(metrics["validation_loss"])
            if keep is not None:
                keep(epoch + 1, model)
        monitor.step(step + 1, steps, metrics, state)
    set_dropout(model, 0.0)
    model.eval()
    return validation_losses


def best_epoch(validation_losses: Sequence[float]) -> int | None:
    """The epoch, counted from 1, of the lowest validation loss; None where nothing was validated."""
    return 1 + validation_losses.index(min(validation_losses)) if validation_losses else None


def accumulate_gradient(
    model: PreTrainedModel, batch: Sequences, micro_batch_tokens: int, coefficient: float = 1.0
) -> float:
    """Add to the model's gradient that of `coefficient` times the completions' negative log-likelihood.

    The mean is over all completion tokens of the batch, whatever part of it passes at once. Returns that mean, in
    nats a token, without the coefficient.
    """
    mean = 0.0
    with gradient_of_all(model):
        for part in parts(batch, micro_batch_tokens):
            rows = batch.select(part.rows)
            share = part.weight * rows.mask.sum() / batch.mask.sum()
            loss = -masked_mean(completion_logprobs(model, rows), rows.mask) * share
            (coefficient * loss).backward()
            mean += loss.item()
    return summed(mean)


def loss_on(model: PreTrainedModel, examples: Sequence[Example], micro_batch_tokens: int) -> float:
    """The mean negative log-likelihood of the examples' completion tokens, nats a token; no gradients."""
    batch = sequences_of(examples).to(next(model.parameters()).device)
    logprobs = per_token(lambda part: completion_logprobs(model, part), batch, micro_batch_tokens)
    return -masked_mean(logprobs, batch.mask).item()
