"""Models made ready to learn, whole or by adapters; and the four of step 3, which share what they have alike."""

import copy
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import PreTrainedModel

from tutelage.data import derive
from tutelage.distributed import size
from tutelage.models import (
    Adapter,
    add_adapter,
    load_policy,
    own_adapter,
    product_dtype,
    quantized,
    reward_model_on,
    rounded,
    twin_of,
    value_model_from,
)
from tutelage.pipeline.device import laid_out
from tutelage.recipe import LoraRecipe, Recipe
from tutelage.rollout import Scorer
from tutelage.schema.packages import demand


def learner(
    model: PreTrainedModel, recipe: Recipe, device: torch.device, name: str = "policy"
) -> PreTrainedModel:
    """The model on its device, laid over the ranks, with what the recipe has of it learn; it is changed in place.

    name: of the adapter, where it learns by one. Raises InputError where the libraries for that are missing.
    """
    lora = recipe.lora
    if lora is None:
        return laid_out(moved(model, device), recipe)
    dtype = product_dtype(torch.empty(0, device=device))
    if lora.quantization is not None:
        model = quantized(model, dtype)
    elif not recipe.distributed.shard:  # shards are rounded when they are gathered
        model = rounded(model, dtype)
    return laid_out(with_adapter(moved(model, device), recipe, lora, name), recipe)


def with_adapter(model: PreTrainedModel, recipe: Recipe, lora: LoraRecipe, name: str) -> PreTrainedModel:
    """The model with a new adapter of that name, as the recipe has it; it is changed in place."""
    return add_adapter(
        model, Adapter(lora.rank, lora.alpha, lora.layers), name, derive(recipe.seed, "adapter", name)
    )


def require_adapters(recipe: Recipe) -> None:
    """Raises InputError where the recipe asks for adapters and their libraries are missing."""
    if recipe.lora is not None:
        demand("peft", "lora", "lora")
        if recipe.lora.quantization is not None:
            demand("bitsandbytes", "qlora", "lora.quantization")


def moved(model: PreTrainedModel, device: torch.device) -> PreTrainedModel:
    """The model on that device; it is changed in place."""
    model.to(device)  # type: ignore[arg-type]  # transformers types the decorator of this method and not the method
    return model


class PPOModels(NamedTuple):
    """The models of step 3 (§3.5)."""

    policy: PreTrainedModel
    reference: PreTrainedModel
    value_model: PreTrainedModel | None
    """None where the recipe's advantages need none."""
    scorer: Scorer
    """The reward model."""


def ppo_models(
    start: str | Path, reward: str | Path, scorer: Scorer, recipe: Recipe, device: torch.device
) -> PPOModels:
    """The policy and the value model, each with what it starts from beside it.

    By adapters those two are the same weights with the adapter off, and where the reward model was trained as an
    adapter of the weights that the policy starts from, all four are on one backbone. Either way the value model's
    adapter learns upon the whole reward model, so that a checkpoint of one layout goes on in the other.

    reward: the folder that the scorer was loaded from.
    """
    if recipe.lora is None:
        policy, reference = (learner(load_policy(start), recipe, device) for _ in range(2))
        values = learner(value_model_from(scorer.model), recipe, device) if recipe.ppo.has_values else None
        return PPOModels(
            policy, reference, values, Scorer(learner(scorer.model, recipe, device), scorer.tokenizer)
        )
    policy = learner(load_policy(start), recipe, device)
    shared = None if recipe.distributed.shard and size() > 1 else reward_model_on(policy, start, reward)
    if shared is not None:
        judge, values = shared, twin_of(shared, own_adapter(shared))
        values.score = copy.deepcopy(judge.score)
        if recipe.ppo.has_values:
            with_adapter(values, recipe, recipe.lora, "value")
    else:
        head = copy.deepcopy(scorer.model.score)
        values = learner(scorer.model, recipe, device, "value")
        judge = twin_of(values, None)
        judge.score = head.to(device)
    return PPOModels(
        policy,
        twin_of(policy, None),
        values if recipe.ppo.has_values else None,
        Scorer(judge, scorer.tokenizer),
    )
