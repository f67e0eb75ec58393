"""Low-rank adapters (LoRA, Hu et al. 2022) by `peft`: small matrices that learn beside weights that stay as they are.

Models may share one backbone, each with an adapter of its own or with none: a pass switches the model's own on first.
So the reference that a policy is held to is the policy with its adapter off, and costs no second copy.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from tutelage.models.learning import OWN_ADAPTER, has_adapter, own_adapter, trained_parameters
from tutelage.schema import InputError
from tutelage.schema.packages import demand

UPON = "adapters_below"
"""Where a model remembers the names of the adapters that it learns upon."""
LAID, STILL = "laid_adapters", "still_adapters"
"""Where a backbone remembers what adapters it has, and which of them do not learn."""


@dataclass(frozen=True)
class Adapter:
    """Of what shape an adapter is: it adds `alpha / rank` · B · A to a weight, with A (rank, in) and B (out, rank)."""

    rank: int
    alpha: int
    layers: tuple[str, ...] | None = None
    """Names of the layers that have one, such as q_proj; None = all linear layers of the backbone."""


def add_adapter(
    model: PreTrainedModel, adapter: Adapter, name: str, seed: int = 0, *, empty: bool = False
) -> PreTrainedModel:
    """Give the model an adapter of its own, which changes nothing until it learns; the model is returned.

    Everything else stays as it is, but for the head of a scalar model; where the model has an adapter already, that
    stays on, and the new one learns upon it. seed: of the random A; B is zeros. empty: without memory for the weights,
    which are loaded then.

    Raises:
        InputError: `peft` is missing, or the model has no layers of these names or this rank.
    """
    demand("peft", "lora", "lora")
    # which peft imports, and which on a CPU warns of a kernel that nobody asked for
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    from peft import inject_adapter_in_model

    backbone = model.base_model
    adapters = vars(backbone).setdefault(LAID, {})
    if not adapters:
        model.requires_grad_(False)
    config = peft_config(backbone, adapter)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        # peft asks for this before it lays an adapter over weights of four bits
        vars(backbone)["is_loaded_in_4bit"] = any(
            type(each).__name__ == "Linear4bit" for each in backbone.modules()
        )
        inject_adapter_in_model(config, backbone, name, low_cpu_mem_usage=empty)
    vars(backbone).pop("peft_config", None)  # of a second adapter peft would warn
    adapters[name] = adapter
    vars(model)[UPON], vars(model)[OWN_ADAPTER] = adapters_on(model), name
    vars(backbone).setdefault(STILL, set()).update(vars(model)[UPON])
    _switch(model)
    for parameter in trained_parameters(model).values():
        parameter.requires_grad_(True)
        parameter.data = parameter.data.float()  # beside weights of 16 bits peft would have it like them
    return model


def peft_config(backbone: nn.Module, adapter: Adapter, **more: Any) -> Any:
    """The same in peft's terms. Raises InputError where the backbone has no layers of these names or this rank."""
    from peft import LoraConfig

    linear = [
        (name.replace(".base_layer", "").rpartition(".")[2], module)
        for name, module in backbone.named_modules()
        if isinstance(module, nn.Linear | Conv1D) and ".lora_" not in name
    ]
    known = {name for name, _ in linear}
    unknown = sorted(set(adapter.layers or ()) - known)
    if unknown:
        raise InputError(
            f"the model has no linear layers named {', '.join(map(repr, unknown))}",
            "lora.layers",
            f"choose among {', '.join(sorted(known))}, or null for all of them",
        )
    chosen = adapter.layers or known
    highest = max(min(_sides(module)) for name, module in linear if name in chosen)
    if adapter.rank > highest:
        raise InputError(
            f"no weight that has an adapter has more than rank {highest}, and {adapter.rank} is above that",
            "lora.rank",
            f"take at most {highest}; 8 to 64 are usual",
        )
    return LoraConfig(
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        target_modules=sorted(chosen),
        fan_in_fan_out=any(isinstance(module, Conv1D) for module in backbone.modules()),
        **more,
    )


def _sides(layer: nn.Module) -> tuple[Any, Any]:
    """How many numbers go into a linear layer, and come out."""
    conv = isinstance(layer, Conv1D)
    return (layer.nx, layer.nf) if conv else (layer.in_features, layer.out_features)


def twin_of(model: PreTrainedModel, adapter: str | None) -> PreTrainedModel:
    """A second model of the same modules, which passes with this adapter of the backbone's, or with none of its own."""
    # FSDP has a `__new__` of its own, which makes another kind
    twin: PreTrainedModel = object.__new__(type(model))
    vars(twin).update(vars(model))
    vars(twin)["_modules"] = dict(model._modules)
    vars(twin)[OWN_ADAPTER] = adapter
    return twin


def adapters_on(model: nn.Module) -> list[str]:
    """The adapters that the model passes with: its own, and before it those that it learns upon."""
    own = own_adapter(model)
    return [*vars(model).get(UPON, ()), *([] if own is None else [own])]


def shape_of_adapter(model: PreTrainedModel) -> Adapter:
    """The shape of the model's own adapter."""
    found: Adapter = vars(model.base_model)[LAID][vars(model)[OWN_ADAPTER]]
    return found


def switch_on(model: nn.Module) -> None:
    """Have the backbone pass with this model's own adapter, or with none where it has none.

    It stays on after the pass: where blocks are computed again for their gradient, it is needed once more.
    """
    if has_adapter(model):
        _switch(model)


def _switch(model: Any) -> None:
    wanted, still = adapters_on(model), vars(model.base_model)[STILL]
    for layer in adapted_layers(model):
        if wanted == ([] if layer.disable_adapters else [*layer.active_adapters]):
            continue
        layer.enable_adapters(bool(wanted))
        if wanted:
            layer.set_adapter(wanted)
        for parts in (layer.lora_A, layer.lora_B):  # peft would have those learn that are on, and no others
            for name, part in parts.items():
                part.requires_grad_(name not in still)


def adapted_layers(model: nn.Module) -> Iterator[Any]:
    """peft's layers of the backbone, each around one of its linear ones."""
    return (module for module in model.modules() if is_adapted(module))


def is_adapted(layer: nn.Module) -> bool:
    """Whether it is one of peft's layers around a linear one."""
    return hasattr(layer, "get_delta_weight")


@torch.no_grad()
def with_adapters(layer: Any, weight: Tensor) -> Tensor:
    """A layer's weight, with all added that adapters which are on add to it; they need not all be on this layer."""
    if layer.disable_adapters:
        return weight
    for name in layer.active_adapters:
        if name in layer.lora_A:
            weight = weight + layer.get_delta_weight(name).to(weight)
    return weight
