"""How many tokens should pass through a model at once, where nobody says otherwise."""

import torch
from transformers import PreTrainedModel

from tutelage.distributed import smallest
from tutelage.models.layout import head_size_of

CPU_TOKENS = 2048
"""By measurement: passes of one to two thousand tokens stay near a core's cache. With 16,384 a model of 34 M parameters
takes 1.4 times as long; below 1,024 one of 6 M does, for calls begin to cost."""
ACTIVATION_BYTES = 34
"""A token, a unit of width and a block: what a transformer keeps for its gradient in 16-bit numbers, without the
weights of attention (Korthikanti et al. 2022, eq. 2); twice that in 32-bit numbers."""
GPU_SHARE = 0.25
"""Of a GPU's memory for activations, and as much for a cache: the rest is for weights, optimizers and other models."""
CPU_ROWS = 128
GPU_ROWS = 512
"""Rows that are sampled together, at most."""
CACHED_BYTES = 4
"""Of a number in the cache: in bf16 arithmetic two, with room for the block that is being copied."""


def tokens_at_once(model: PreTrainedModel) -> int:
    """A function of the model's shape and the device alone, so that a run repeats; the same on all ranks.

    On a GPU as many as a fixed share of its memory holds the activations of.
    """
    if model.device.type != "cuda":
        return CPU_TOKENS
    memory = torch.cuda.get_device_properties(model.device).total_memory
    return int(smallest(activations_fit(model, int(GPU_SHARE * memory))))


def rows_at_once(model: PreTrainedModel, tokens: int) -> int:
    """Rows of so many tokens to sample together: on a CPU as many as are worth it, on a GPU as many as find room."""
    if model.device.type != "cuda":
        return CPU_ROWS
    config = model.config
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    row = 2 * CACHED_BYTES * int(config.num_hidden_layers) * int(heads) * head_size_of(model) * tokens
    memory = torch.cuda.get_device_properties(model.device).total_memory
    return max(1, min(GPU_ROWS, int(GPU_SHARE * memory) // row))


def activations_fit(model: PreTrainedModel, memory: int) -> int:
    """Tokens whose activations take at most so many bytes; at least one context's worth of a short model."""
    config = model.config
    a_token = (
        ACTIVATION_BYTES * int(config.hidden_size) * int(config.num_hidden_layers) * model.dtype.itemsize // 2
    )
    return max(CPU_TOKENS, memory // a_token)
