"""An adapter joined with the weights that it was trained beside, and as a folder that peft loads elsewhere."""

import hashlib
import json
import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel

from tutelage.models.adapters import (
    Adapter,
    add_adapter,
    is_adapted,
    peft_config,
    shape_of_adapter,
    switch_on,
    with_adapters,
)
from tutelage.models.attention import use_fastest_attention
from tutelage.models.evaluating import FOUND
from tutelage.models.learning import (
    CHECKPOINTED,
    HEAD,
    has_adapter,
    load_trained_state,
    own_adapter,
    trained_parameters,
)
from tutelage.models.location import UNLOADABLE, model_folder
from tutelage.models.policy import load_policy
from tutelage.models.reward import reward_model_from
from tutelage.models.sharding import rebuilt
from tutelage.schema import InputError

FOLDER, CONFIG, WEIGHTS = "adapter", "adapter_config.json", "adapter_model.safetensors"
"""Beside a model's weights: the adapter that is in them."""
LEARNED_BESIDE = "learned_beside.sha256"
"""A file that says beside what weights an adapter was trained, wherever they lie now."""
ADAPTER = "reward"
"""What the adapter of a reward model is called beside a policy's."""
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
        if is_adapted(module):
            weight = backbone.get_parameter(f"{name.replace(CHECKPOINTED, '')}.weight")
            weight.copy_(with_adapters(module, weight))
    return plain


@torch.no_grad()
def joined(model: PreTrainedModel) -> PreTrainedModel:
    """The model as it passes now, as its family has it: itself, or a copy with the adapter in its weights.

    For those who sample by other means; unlike `merged` it reads nothing, and weights are as they were rounded. They
    are shared with the model where no adapter is in them.
    """
    if not has_adapter(model):
        return model
    switch_on(model)
    weights = {
        name.replace(".base_layer.", "."): weight
        for name, weight in model.state_dict().items()
        if ".lora_" not in name
    }
    for name, module in model.named_modules():
        if is_adapted(module):
            weight = f"{name.replace(CHECKPOINTED, '')}.weight"
            weights[weight] = with_adapters(module, weights[weight])
    return rebuilt(model, weights)


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
    beside = content_of_weights(model_folder(str(model.config.name_or_path)))
    (folder / LEARNED_BESIDE).write_text(beside, encoding="ascii")


def reward_model_on(policy: PreTrainedModel, start: str | Path, folder: str | Path) -> PreTrainedModel | None:
    """A folder's reward model on the policy's backbone, with an adapter and a head of its own.

    None where it was not trained as an adapter of the weights in `start`, which the policy's backbone has. Raises
    InputError for an adapter that is broken.
    """
    written = model_folder(folder) / FOLDER
    if not (written / WEIGHTS).is_file() or not (written / LEARNED_BESIDE).is_file():
        return None
    if (written / LEARNED_BESIDE).read_bytes() != content_of_weights(model_folder(start)).encode():
        return None
    try:
        weights = {name.removeprefix(PREFIX): each for name, each in load_file(written / WEIGHTS).items()}
        described = json.loads((written / CONFIG).read_text(encoding="utf-8"))
        shape = Adapter(described["r"], described["lora_alpha"], tuple(described["target_modules"]))
    except (*UNLOADABLE, TypeError) as error:
        raise broken_adapter(written) from error
    with torch.device("meta"):
        judge = AutoModelForSequenceClassification.from_config(
            AutoConfig.from_pretrained(model_folder(folder))
        )
    setattr(judge, judge.base_model_prefix, policy.base_model)
    judge.score = nn.Linear(judge.config.hidden_size, 1, bias=False, device=policy.device)
    judge = use_fastest_attention(judge).eval()
    vars(judge).update((name, found) for name, found in vars(policy).items() if name.startswith(FOUND))
    add_adapter(judge, shape, ADAPTER)
    state = {re.sub(r"\.(lora_[AB])\.", rf".\1.{ADAPTER}.", name): each for name, each in weights.items()}
    expected = {name: each.shape for name, each in trained_parameters(judge).items()}
    if expected != {name: each.shape for name, each in state.items()}:
        raise broken_adapter(written)
    load_trained_state(judge, state)
    return judge


def broken_adapter(folder: Path) -> InputError:
    """The error for one that cannot be read, or lacks weights."""
    return InputError(
        "the adapter is broken", str(folder), "delete it: the model beside it has it in its weights"
    )


def content_of_weights(folder: Path) -> str:
    """A hash of a folder's files of weights."""
    whole = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()
