"""An adapter joined with the weights that it was trained beside, and as a folder that peft loads elsewhere."""

import copy
import hashlib
import json
import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel

from tutelage.models.adapters import (
    HEAD,
    Adapter,
    adapted_layers,
    add_adapter,
    beside,
    delta_of,
    own_adapter,
    peft_config,
    shape_of_adapter,
    switch_on,
    trained_parameters,
)
from tutelage.models.attention import use_fastest_attention
from tutelage.models.evaluating import FOUND
from tutelage.models.location import model_folder
from tutelage.models.policy import load_policy
from tutelage.models.reward import reward_model_from
from tutelage.schema import InputError

FOLDER, WEIGHTS = "adapter", "adapter_model.safetensors"
"""Beside a model's weights: the adapter that is in them."""
PREFIX = "base_model.model."
"""How names of weights begin in peft's files."""


@torch.no_grad()
def merged(model: PreTrainedModel) -> PreTrainedModel:
    """The model as its family has it, with the adapter in its weights.

    The weights are those of the folder that it began from, in full, whatever they were rounded to while the adapter
    learned.
    """
    switch_on(model)
    plain = load_policy(str(model.config.name_or_path))
    if not model.can_generate():
        plain = reward_model_from(plain)
    for name, parameter in trained_parameters(model).items():
        if f".{own_adapter(model)}." not in name:
            plain.get_parameter(name).copy_(parameter)
    backbone = plain.base_model
    for name, module in model.base_model.named_modules():
        if module in set(adapted_layers(model)):
            weight = backbone.get_parameter(f"{name}.weight")
            weight.add_(delta_of(module).to(weight))
    return plain


def save_adapter(model: PreTrainedModel, folder: Path) -> None:
    """Write the model's own adapter, and the head of a scalar model, as peft reads them."""
    own, scalar = own_adapter(model), not model.can_generate()
    config = peft_config(
        model.base_model,
        shape_of_adapter(model),
        base_model_name_or_path=model.config.name_or_path,
        task_type="SEQ_CLS" if scalar else "CAUSAL_LM",
        modules_to_save=[HEAD] if scalar else None,
        inference_mode=True,
    )
    config.save_pretrained(folder)
    weights = {
        PREFIX + name.replace(f".{own}.", "."): parameter.detach().cpu().contiguous()
        for name, parameter in trained_parameters(model).items()
    }
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})


def reward_model_on(
    policy: PreTrainedModel, start: str | Path, folder: str | Path
) -> tuple[PreTrainedModel, PreTrainedModel] | None:
    """A folder's reward model on the policy's backbone, and one more like it, with an adapter and a head of its own.

    None where it was not trained as an adapter of the weights in `start`, which the policy's backbone has.
    """
    written = model_folder(folder) / FOLDER
    if not (written / "adapter_config.json").is_file():
        return None
    described = json.loads((written / "adapter_config.json").read_text(encoding="utf-8"))
    if not same_weights(described["base_model_name_or_path"], start):
        return None
    weights = {name.removeprefix(PREFIX): each for name, each in load_file(written / WEIGHTS).items()}
    with torch.device("meta"):
        judge = AutoModelForSequenceClassification.from_config(
            AutoConfig.from_pretrained(model_folder(folder))
        )
    setattr(judge, judge.base_model_prefix, policy.base_model)
    judge.score = nn.Linear(judge.config.hidden_size, 1, bias=False, device=policy.device)
    judge = use_fastest_attention(judge).eval()
    vars(judge).update((name, found) for name, found in vars(policy).items() if name.startswith(FOUND))
    value_model = beside(judge, None)
    value_model.score = copy.deepcopy(judge.score)
    shape = Adapter(described["r"], described["lora_alpha"], tuple(described["target_modules"]))
    for model, name in ((judge, "reward"), (value_model, "value")):
        add_adapter(model, shape, name)
        model.load_state_dict(
            {re.sub(r"\.(lora_[AB])\.", rf".\1.{name}.", key): each for key, each in weights.items()},
            strict=False,
        )
    return judge, value_model


def same_weights(one: str | Path, other: str | Path) -> bool:
    """Whether two models have the same files of weights; no, where one of them is no longer there."""
    try:
        places = [model_folder(each) for each in (one, other)]
    except InputError:
        return False
    return content_of_weights(places[0]) == content_of_weights(places[1])


def content_of_weights(folder: Path) -> list[str]:
    """The hashes of a folder's files of weights."""
    digests = []
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return digests
