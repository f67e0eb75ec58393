"""Reward and value models: the policy's backbone with a scalar head in place of the unembedding (§3.5)."""

import copy
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from tutelage.models.attention import use_fastest_attention
from tutelage.models.dropout import set_dropout
from tutelage.models.forward import scalar_head
from tutelage.models.location import UNLOADABLE, model_folder, not_a_model
from tutelage.schema import InputError


def reward_model_from(policy: PreTrainedModel) -> PreTrainedModel:
    """A reward model with a copy of the policy's backbone, a head of zeros in fp32 and no dropout.

    A zero head scores everything 0, so the first step is not spent on unlearning a random ranking.
    Raises InputError for a family that transformers has no sequence classifier of.
    """
    config = copy.deepcopy(policy.config)
    config.num_labels = 1
    with torch.random.fork_rng(devices=[]):
        try:
            model = AutoModelForSequenceClassification.from_config(config, dtype=policy.dtype)
        except ValueError as error:
            raise InputError(
                f"transformers has no sequence classifier for the family '{config.model_type}'",
                remedy="choose a base model of another family",
            ) from error
    model.base_model.load_state_dict(policy.base_model.state_dict())
    head = scalar_head(model)
    head.float()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.zero_()
    set_dropout(model, 0.0)
    return use_fastest_attention(model.to(policy.device)).eval()


def value_model_from(reward_model: PreTrainedModel) -> PreTrainedModel:
    """The value model that PPO starts from: a copy of the reward model, its head included (§3.5, App. C)."""
    return copy.deepcopy(reward_model).eval()


def load_reward_model(
    path: str | Path, *, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float32
) -> PreTrainedModel:
    """The reward model in a transformers folder or of that name on the hub: a classifier of one label, its head fp32.

    Raises InputError when the folder has no such model, or holds a model without a trained head.
    """
    folder = model_folder(path)
    try:
        model, loading = AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=dtype, trust_remote_code=False, use_safetensors=True, output_loading_info=True
        )
    except UNLOADABLE as error:
        raise not_a_model(path, "a reward model", error) from error
    if loading["missing_keys"] or model.config.num_labels != 1:
        raise InputError(
            "the folder holds no reward model: it has no scalar head",
            where=str(path),
            remedy="give the folder of a reward model, not of a policy",
        )
    scalar_head(model).float()
    set_dropout(model, 0.0)
    return use_fastest_attention(model.to(device)).eval()
