"""The attention of our models, through transformers' interface: over rows, or over tokens that stand end to end.

Of two forms the faster by measurement. On a 2-core AVX512 machine: over whole sequences in fp32 the fused kernel is as
fast as plain matrix products at 55 tokens and twice as fast at 512; for the single query of decoding, and in bf16,
plain products are 3 to 4 times as fast as the fused kernel. On a GPU rows take the fused kernel, and tokens that stand
end to end torch's kernel for many lengths at once, in 16-bit numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention.varlen import varlen_attn
from transformers import AttentionInterface, PreTrainedModel
from transformers.masking_utils import AttentionMaskInterface, causal_mask_function, eager_mask

from tutelage.models.arithmetic import product_dtype
from tutelage.models.dropout import has_own_dropout

PACKING_ATTENTION = "tutelage"
HIDDEN = torch.finfo(torch.bfloat16).min
"""Added to a product that does not count: finite in 32-bit floats and in bf16, so that rows of nothing but padding stay
numbers."""
LARGEST_HEAD = 256
"""Width of a head up to which the kernel for many lengths goes."""
# Terms that some families add to the products; such a family keeps transformers' own attention.
EXTRA_TERMS = ("softcap", "s_aux", "position_bias")


@dataclass(frozen=True)
class Block:
    """G pieces that attend together: at most Q tokens each, which see their own and those of a shared prompt."""

    query_rows: Tensor
    """(G, heads, Q) rows of the (N · heads, D) queries."""
    key_rows: Tensor
    """(G, key heads, S) rows of the (N · key heads, D) keys and values."""
    mask: Tensor
    """(G or 1, 1, Q, S) to add before the softmax: each token sees those up to itself."""


@dataclass(frozen=True)
class Blocks:
    """Pieces of similar length, padded to each other."""

    blocks: tuple[Block, ...]
    output_rows: Tensor
    """(N, heads) where in the blocks' outputs, row after row, each token's stands."""


@dataclass(frozen=True)
class Spans:
    """P pieces one after the other, without padding, for a kernel that takes many lengths at once."""

    query_ends: Tensor
    """(P + 1,) int32: from 0, where each piece's tokens end."""
    key_ends: Tensor
    """(P + 1,) int32: from 0, where the tokens that each piece sees end."""
    longest_query: int
    longest_key: int
    keys: Tensor | None
    """(S,) which tokens the pieces see, one piece after the other; None where each sees its own only."""


@dataclass(frozen=True)
class Packing:
    """What attention must know of N tokens that stand end to end."""

    positions: Tensor
    """(1, N) each token's position in its own sequence."""
    heads: tuple[int, int]
    """Of queries and of keys, for which this was made."""
    pieces: Blocks | Spans


def attention(
    module: nn.Module,
    query: Tensor,  # (B, heads, Q, D)
    key: Tensor,  # (B, key heads, S, D)
    value: Tensor,  # (B, key heads, S, D)
    attention_mask: Tensor | None,  # (B or 1, 1, Q, S) added to the products
    scaling: float | None = None,
    dropout: float = 0.0,
    packing: Packing | None = None,
    **terms: object,
) -> tuple[Tensor, None]:
    """softmax(scaling · query · keyᵀ + mask) · value: (B, Q, heads, D).

    packing: how the tokens of the one row, B = 1, belong together; the mask says nothing then.
    """
    if any(terms.get(name) is not None for name in EXTRA_TERMS):
        raise NotImplementedError(f"the attention of {type(module).__name__} needs one of {EXTRA_TERMS}")
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    if packing is not None:
        require_plain(module, query, key, attention_mask, packing)
        if isinstance(packing.pieces, Spans):
            return attend_in_spans(query, key, value, packing.pieces, scale), None
        return attend_in_blocks(query, key, value, packing.pieces, scale, dropout), None
    if attention_mask is not None and attention_mask.shape[-1] != key.shape[2]:
        raise NotImplementedError(f"{type(module).__name__} does not hand on how its tokens are packed")
    return attend(query, key, value, attention_mask, scale, dropout).transpose(1, 2), None


def require_plain(
    module: nn.Module, query: Tensor, key: Tensor, mask: Tensor | None, packing: Packing
) -> None:
    """Raises NotImplementedError where the packing does not say all that this attention was told."""
    alike = (query.shape[1], key.shape[1]) == packing.heads
    if not alike or mask is None or mask.shape != (1, 1, 1, 1):
        raise NotImplementedError(f"{type(module).__name__} attends by more than its tokens' packing")


def attend_in_blocks(
    query: Tensor, key: Tensor, value: Tensor, pieces: Blocks, scale: float, dropout: float
) -> Tensor:
    """(1, N, heads, D): attention of N tokens that stand end to end, block by block."""
    queries, keys, values = (
        states[0].transpose(0, 1).reshape(-1, states.shape[-1]) for states in (query, key, value)
    )  # (N · heads, D)
    outputs = [
        attend(
            gather(queries, block.query_rows),
            gather(keys, block.key_rows),
            gather(values, block.key_rows),
            block.mask,
            scale,
            dropout,
        ).flatten(0, 2)
        for block in pieces.blocks
    ]
    return gather(torch.cat(outputs), pieces.output_rows)[None]


def attend_in_spans(query: Tensor, key: Tensor, value: Tensor, pieces: Spans, scale: float) -> Tensor:
    """(1, N, heads, D): the same by one kernel, in which the last of a piece's tokens sees all of the piece's keys."""
    dtype = product_dtype(query)
    repeats = query.shape[1] // key.shape[1]
    queries, keys, values = (states[0].transpose(0, 1).to(dtype) for states in (query, key, value))
    if pieces.keys is not None:
        keys, values = keys.index_select(0, pieces.keys), values.index_select(0, pieces.keys)
    if repeats > 1:
        keys, values = keys.repeat_interleave(repeats, 1), values.repeat_interleave(repeats, 1)
    attended = varlen_attn(
        queries,
        keys,
        values,
        pieces.query_ends,
        pieces.key_ends,
        pieces.longest_query,
        pieces.longest_key,
        scale=scale,
        window_size=(-1, 0),
    )
    assert isinstance(attended, Tensor)
    return attended[None]


def takes_spans(model: PreTrainedModel, head_size: int) -> bool:
    """Whether the kernel for many lengths computes this: on a GPU of 2020 or newer, in 16-bit numbers, plainly."""
    return (
        model.device.type == "cuda"
        and product_dtype(next(model.parameters())) in (torch.bfloat16, torch.float16)
        and torch.cuda.get_device_capability(model.device) >= (8, 0)
        and head_size <= LARGEST_HEAD
        and not has_own_dropout(model)
    )


def gather(rows: Tensor, index: Tensor) -> Tensor:
    """index.shape + (D,): the rows (R, D) at the indices. As an embedding: its gradient is summed row by row."""
    return nn.functional.embedding(index, rows)


def attend(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float, dropout: float
) -> Tensor:
    """(B, heads, Q, D), by the faster form."""
    half = product_dtype(query) != torch.float32
    if query.device.type == "cpu" and (query.shape[2] == 1 or half):
        return attend_by_products(query, key, value, mask, scale, dropout)
    return nn.functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=None if mask is None else mask.to(query.dtype),
        dropout_p=dropout,
        scale=scale,
        enable_gqa=query.shape[1] != key.shape[1],
    )


def attend_by_products(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float, dropout: float
) -> Tensor:
    """(B, heads, Q, D). Query heads that share a key head are rows of one product: keys are never repeated."""
    batch, heads, queries, size = query.shape
    key_heads, keys = key.shape[1], key.shape[2]
    rows = heads // key_heads * queries
    flat_query = query.reshape(batch * key_heads, rows, size)
    flat_key = key.reshape(batch * key_heads, keys, size)
    flat_value = value.reshape(batch * key_heads, keys, value.shape[-1])
    if queries == 1:  # keys first: a transposed operand is copied, and here the keys are nearly all there is
        products = torch.bmm(flat_key, (flat_query * scale).transpose(1, 2)).transpose(1, 2)
    else:
        products = torch.bmm(flat_query * scale, flat_key.transpose(1, 2))
    products = products.reshape(batch, heads, queries, keys)
    if mask is not None:
        products = products + mask
    weights = torch.softmax(products, dim=-1, dtype=torch.float32).to(value.dtype)
    if dropout > 0.0:
        weights = nn.functional.dropout(weights, dropout)
    output = torch.bmm(weights.view(batch * key_heads, rows, keys), flat_value)
    return output.view(batch, heads, queries, value.shape[-1])


def additive_mask(
    batch_size: int, mask_function: Callable[..., Any], attention_mask: Tensor | None = None, **form: Any
) -> Tensor | None:
    """The mask for `attention`, one for all rows where nothing distinguishes them."""
    alike = attention_mask is None and mask_function is causal_mask_function
    mask: Tensor | None = eager_mask(
        batch_size=1 if alike else batch_size,
        mask_function=mask_function,
        attention_mask=attention_mask,
        **form,
    )
    return mask


AttentionInterface.register(PACKING_ATTENTION, attention)
AttentionMaskInterface.register(PACKING_ATTENTION, additive_mask)


def use_fastest_attention(model: PreTrainedModel) -> PreTrainedModel:
    """Let the model attend by this file where its family adds no terms of its own; returns the same model."""
    plain = (
        getattr(model.config, "attn_logit_softcapping", None) is None and model.config.model_type != "gpt_oss"
    )
    if plain and model.config._attn_implementation == "sdpa":
        model.set_attn_implementation(PACKING_ATTENTION)
        # cuDNN plans anew for every shape, for longer than it computes, and the shapes of sampling hardly ever recur
        torch.backends.cuda.enable_cudnn_sdp(False)
    return model


def attends_plainly(model: PreTrainedModel) -> bool:
    """Whether one additive mask serves every block: each sees all earlier tokens, and nothing but tokens counts."""
    config = model.config
    layer_types = set(getattr(config, "layer_types", None) or {"full_attention"})
    return (
        layer_types == {"full_attention"}
        and getattr(config, "sliding_window", None) is None
        and model._supports_attention_backend
        and config._attn_implementation in {"eager", "sdpa", PACKING_ATTENTION}
    )
