"""Weights that do not learn, because an adapter does beside them, in fewer bits."""

from importlib import import_module
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from tutelage.models.probing import probe_family
from tutelage.schema import InputError
from tutelage.schema.packages import demand


def rounded(model: PreTrainedModel, dtype: torch.dtype) -> PreTrainedModel:
    """Keep the backbone's linear weights, which will not learn, in the type that products round them to anyway."""
    probe_family(model)
    for module in model.base_model.modules():
        if type(module) is nn.Linear:
            module.to(dtype)
    return model


def quantized(model: PreTrainedModel, dtype: torch.dtype) -> PreTrainedModel:
    """Keep the backbone's linear weights in four bits (NF4 with its scales quantized too; Dettmers et al. 2023).

    dtype: of the products. The weights are rounded when the model comes to the device that it learns on.
    Raises InputError where `bitsandbytes` is missing, or the backbone has no such weights.
    """
    demand("bitsandbytes", "qlora", "lora.quantization")
    layers: Any = import_module("bitsandbytes.nn")

    if not any(type(layer) is nn.Linear for layer in model.base_model.modules()):
        raise InputError(
            f"the family '{model.config.model_type}' has no linear layers that can lie in four bits",
            "lora.quantization",
            "set it to null",
        )
    # not by transformers while it loads: a family is probed, and a reward model made, from weights in full
    probe_family(model)
    for parent in list(model.base_model.modules()):
        for name, layer in list(parent.named_children()):
            if type(layer) is not nn.Linear:
                continue
            four_bits = layers.Linear4bit(
                layer.in_features,
                layer.out_features,
                bias=layer.bias is not None,
                compute_dtype=dtype,
                quant_type="nf4",
                compress_statistics=True,
                device="meta",
            )
            four_bits.weight = layers.Params4bit(
                layer.weight.data, requires_grad=False, quant_type="nf4", compress_statistics=True
            )
            four_bits.support_avx512bf16_for_cpu = False  # a packing that has no gradient
            four_bits.bias = layer.bias
            setattr(parent, name, four_bits)
    return model
