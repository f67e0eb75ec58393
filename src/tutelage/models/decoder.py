"""A decoder of the Llama kind written out for one token of each row: transformers' arithmetic in half the calls.

A step of sampling multiplies few numbers, and most of a pass through transformers' modules goes into what lies
between the products. Here matrices that multiply the same states stand side by side, and states are rounded once for
all of them. Which models are of the kind is found by comparing; all others take their own pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from tutelage.models.arithmetic import product_dtype
from tutelage.models.attention import PACKING_ATTENTION, attend, attends_plainly
from tutelage.models.evaluating import found_once
from tutelage.models.unembedding import plain_unembedding

Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]
"""From a block's number, queries (B, heads, D), keys and values (B, key heads, D) to outputs (B, heads, D)."""

UNKNOWN_PARTS = (AttributeError, TypeError)
"""A part that has another name, or is of another kind."""
TRIAL_TOKENS = 5
CLOSE = 1e-3
"""Of the largest state: another order of summation stays far below it, a term left out does not."""


class Projection:
    """Linear layers of the same states."""

    def __init__(self, layers: Sequence[nn.Linear], dtype: torch.dtype) -> None:
        """One product where the weights must be rounded, and so copied, anyway; no copy of those that need not be.

        Raises TypeError for a layer that is more than linear.
        """
        for layer in layers:
            if type(layer) is not nn.Linear:
                raise TypeError(f"{type(layer).__name__} is not a linear layer")
        parts: list[tuple[Tensor, Tensor | None]] = [(layer.weight.detach(), layer.bias) for layer in layers]
        if layers[0].weight.dtype != dtype:
            weight = torch.cat([weight.to(dtype) for weight, _ in parts])
            biases = [bias.detach().to(dtype) for _, bias in parts if bias is not None]
            parts = [(weight, torch.cat(biases) if biases else None)]
        self.dtype = dtype
        self.parts = parts

    def __call__(self, states: Tensor) -> Tensor:
        """(B, all layers' outputs)."""
        rounded = states.to(self.dtype)
        outputs = [nn.functional.linear(rounded, weight, bias) for weight, bias in self.parts]
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs, -1)


@dataclass(frozen=True)
class Block:
    """What one block computes with."""

    attention_norm: nn.Module
    queries_keys_values: Projection
    attention_output: Projection
    feed_forward_norm: nn.Module
    gate_and_up: Projection
    activation: Callable[[Tensor], Tensor]
    down: Projection

    @classmethod
    def of(cls, layer: Any, dtype: torch.dtype) -> Block:
        """Raises one of UNKNOWN_PARTS."""
        attention, feed_forward = layer.self_attn, layer.mlp
        return cls(
            layer.input_layernorm,
            Projection([attention.q_proj, attention.k_proj, attention.v_proj], dtype),
            Projection([attention.o_proj], dtype),
            layer.post_attention_layernorm,
            Projection([feed_forward.gate_proj, feed_forward.up_proj], dtype),
            feed_forward.act_fn,
            Projection([feed_forward.down_proj], dtype),
        )


class PlainDecoder:
    """A model's weights as they are now, in the type of the products now in force."""

    def __init__(self, model: PreTrainedModel) -> None:
        """Raises one of UNKNOWN_PARTS."""
        base: Any = model.base_model
        dtype = product_dtype(base.embed_tokens.weight)
        self.embedding: nn.Module = base.embed_tokens
        self.rotary: nn.Module = base.rotary_emb
        self.blocks = [Block.of(layer, dtype) for layer in base.layers]
        self.norm: nn.Module = base.norm
        self.head = Projection([model.get_output_embeddings()], dtype)
        self.heads: int = model.config.num_attention_heads
        self.key_heads: int = model.config.num_key_value_heads

    def states(self, tokens: Tensor, positions: Tensor, attention: Attend) -> Tensor:
        """(B, hidden size): the final states of tokens (B,) at positions (B,)."""
        states = self.embedding(tokens)
        cosines, sines = (
            each.transpose(0, 1) for each in self.rotary(states[None], positions[None])
        )  # (B, 1, D)
        turned = self.heads + self.key_heads
        for number, block in enumerate(self.blocks):
            projected = block.queries_keys_values(block.attention_norm(states))
            projected = projected.view(len(tokens), turned + self.key_heads, -1)
            rotated = rotate(projected[:, :turned], cosines, sines)
            attended = attention(
                number, rotated[:, : self.heads], rotated[:, self.heads :], projected[:, turned:]
            )
            states = states + block.attention_output(attended.flatten(1))
            gate, up = block.gate_and_up(block.feed_forward_norm(states)).chunk(2, -1)
            states = states + block.down(block.activation(gate) * up)
        final: Tensor = self.norm(states)
        return final

    def logits(self, tokens: Tensor, positions: Tensor, attention: Attend) -> Tensor:
        """(B, vocabulary): of the tokens after tokens (B,) at positions (B,)."""
        return self.head(self.states(tokens, positions, attention))


def rotate(states: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Rotary positions: states (B, heads, D), the halves of D turned against each other; cosines, sines (B, 1, D)."""
    first, second = states.chunk(2, -1)
    return states * cosines + torch.cat((-second, first), -1) * sines


def plain_decoder(model: PreTrainedModel) -> PlainDecoder | None:
    """The model written out, where it is a decoder of this kind with nothing hung onto its modules; else None."""
    suits = (
        model.config._attn_implementation == PACKING_ATTENTION
        and attends_plainly(model)
        and plain_unembedding(model) is not None
        and not any(changed(module) for module in model.modules())
        and found_once(model, is_plain_decoder)
    )
    try:
        return PlainDecoder(model) if suits else None
    except UNKNOWN_PARTS:
        return None


def changed(module: nn.Module) -> bool:
    """Whether something listens to the module's passes, as adapters and sharded weights do."""
    return bool(module._forward_hooks or module._forward_pre_hooks)


def is_plain_decoder(model: PreTrainedModel) -> bool:
    """Whether written out the model gives the states of its own pass, tried on a few tokens."""
    tokens = torch.arange(TRIAL_TOKENS, device=model.device) % model.config.vocab_size
    try:
        written_out = PlainDecoder(model).states(
            tokens, torch.arange(TRIAL_TOKENS, device=model.device), causally
        )
        whole = model.base_model(input_ids=tokens[None], use_cache=False).last_hidden_state[0]
    except (*UNKNOWN_PARTS, ValueError, RuntimeError):
        return False
    return written_out.shape == whole.shape and bool(
        (written_out - whole).abs().max() <= CLOSE * whole.abs().max()
    )


def causally(_: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """The rows as one sequence: each attends to those up to itself."""
    hidden = torch.ones(len(query), len(query), dtype=torch.bool, device=query.device).triu(1)
    mask = torch.zeros(hidden.shape, device=query.device).masked_fill_(hidden, -torch.inf)
    query, key, value = (states.transpose(0, 1)[None] for states in (query, key, value))
    return attend(query, key, value, mask, query.shape[-1] ** -0.5, 0.0)[0].transpose(0, 1)
