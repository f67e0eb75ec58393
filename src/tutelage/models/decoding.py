"""One token of each row through a decoder like Llama: transformers' arithmetic in half the calls.

A step of sampling multiplies few numbers, and most of a pass through transformers' modules goes into what lies between
the products. In bf16 arithmetic matrices that multiply the same states are joined here, and states are rounded once for
all of them. Models of other kinds take their own pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from tutelage.models.adapters import is_adapted, with_adapters
from tutelage.models.arithmetic import product_dtype
from tutelage.models.attention import HIDDEN, PACKING_ATTENTION, attend, attends_plainly
from tutelage.models.evaluating import agree, found_once
from tutelage.models.unembedding import plain_unembedding

LIKE_LLAMA = {"llama", "mistral", "qwen2"}
"""Families whose passes were read: a trial alone would miss what begins at late positions or large values."""
UNKNOWN_PARTS = (AttributeError, TypeError)
"""Raised for a part that has another name, or is of another kind."""
TRIAL_TOKENS = 5

Append = Callable[[int, Tensor, Tensor], tuple[Tensor, Tensor]]
"""From a layer's number, keys and values (B, key heads, 1, D) to all of that layer (B, key heads, S, D)."""


class Projection:
    """Linear layers of the same states."""

    def __init__(self, layers: Sequence[nn.Module], dtype: torch.dtype) -> None:
        """Joined where the weights must be rounded, and so copied, anyway; no copy of those that need not be.

        Raises TypeError for a layer that is more than linear, or has a bias where another has none.
        """
        parts = [weight_and_bias(layer) for layer in layers]
        if len({bias is None for _, bias in parts}) > 1:
            raise TypeError("some layers have a bias")
        if parts[0][0].dtype != dtype:
            biases = [bias.detach().to(dtype) for _, bias in parts if bias is not None]
            weight = torch.cat([weight.to(dtype) for weight, _ in parts])
            parts = [(weight, torch.cat(biases) if biases else None)]
        self.dtype = dtype
        self.parts = parts

    def __call__(self, states: Tensor) -> Tensor:
        """(B, all layers' outputs)."""
        rounded = states.to(self.dtype)
        outputs = [nn.functional.linear(rounded, weight, bias) for weight, bias in self.parts]
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs, -1)


def weight_and_bias(layer: nn.Module) -> tuple[Tensor, Tensor | None]:
    """What a linear layer multiplies with and adds, the adapter that is on added to the weight.

    Raises TypeError for a layer that is more than linear.
    """
    plain: Any = layer.base_layer if is_adapted(layer) else layer
    if type(plain) is not nn.Linear:
        raise TypeError(f"{type(plain).__name__} is not plainly linear")
    weight: Tensor = plain.weight.detach()
    return (with_adapters(layer, weight) if is_adapted(layer) else weight), plain.bias


def norm_of(module: Any) -> Callable[[Tensor], Tensor]:
    """The family's norm; on a GPU by one kernel instead of six. Raises AttributeError for a norm of another kind."""
    weight, epsilon = module.weight, module.variance_epsilon
    if not weight.is_cuda:
        own: Callable[[Tensor], Tensor] = module
        return own
    return partial(nn.functional.rms_norm, normalized_shape=weight.shape, weight=weight, eps=epsilon)


@dataclass(frozen=True)
class Layer:
    """What one layer computes with."""

    attention_norm: Callable[[Tensor], Tensor]
    queries_keys_values: Projection
    attention_output: Projection
    feed_forward_norm: Callable[[Tensor], Tensor]
    gate_and_up: Projection
    activation: Callable[[Tensor], Tensor]
    down: Projection

    @classmethod
    def of(cls, layer: Any, dtype: torch.dtype) -> Layer:
        """Raises one of UNKNOWN_PARTS."""
        attention, feed_forward = layer.self_attn, layer.mlp
        parts = (layer, attention, feed_forward, layer.input_layernorm, layer.post_attention_layernorm)
        for part in parts:
            if not type(part).__module__.startswith("transformers.models."):
                raise TypeError(f"{type(part).__name__} may do more than its family's own")
        if attention.scaling != attention.head_dim**-0.5:
            raise TypeError("attention of another scale")
        return cls(
            norm_of(layer.input_layernorm),
            Projection([attention.q_proj, attention.k_proj, attention.v_proj], dtype),
            Projection([attention.o_proj], dtype),
            norm_of(layer.post_attention_layernorm),
            Projection([feed_forward.gate_proj, feed_forward.up_proj], dtype),
            feed_forward.act_fn,
            Projection([feed_forward.down_proj], dtype),
        )


class DecodingStep:
    """A model's weights as they are now, in the type of the products now in force.

    In bf16 arithmetic these are copies, two bytes a weight, beside those that transformers' own passes keep.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        """Raises one of UNKNOWN_PARTS."""
        base: Any = model.base_model
        dtype = product_dtype(base.embed_tokens.weight)
        self.embedding: nn.Module = base.embed_tokens
        self.rotary: nn.Module = base.rotary_emb
        self.layers = [Layer.of(layer, dtype) for layer in base.layers]
        self.norm = norm_of(base.norm)
        self.head = Projection([model.get_output_embeddings()], dtype)
        self.heads: int = model.config.num_attention_heads
        self.key_heads: int = model.config.num_key_value_heads

    def states(self, tokens: Tensor, positions: Tensor, mask: Tensor, append: Append) -> Tensor:
        """(B, hidden size): the final states of tokens (B,) at positions (B,).

        mask (B, 1, 1, S): added to the products with all keys that `append` gives.
        """
        states = self.embedding(tokens)
        cosines, sines = (
            each.transpose(0, 1) for each in self.rotary(states[None], positions[None])
        )  # (B, 1, D)
        rotated_heads = self.heads + self.key_heads
        for number, layer in enumerate(self.layers):
            projected = layer.queries_keys_values(layer.attention_norm(states))
            projected = projected.view(len(tokens), rotated_heads + self.key_heads, 1, -1)
            rotated = rotate(projected[:, :rotated_heads, 0], cosines, sines)[:, :, None]
            query, key, value = (
                rotated[:, : self.heads],
                rotated[:, self.heads :],
                projected[:, rotated_heads:],
            )
            attended = attend(query, *append(number, key, value), mask, query.shape[-1] ** -0.5, 0.0)
            states = states + layer.attention_output(attended.flatten(1))
            gate, up = layer.gate_and_up(layer.feed_forward_norm(states)).chunk(2, -1)
            states = states + layer.down(layer.activation(gate) * up)
        final: Tensor = self.norm(states)
        return final

    def logits(self, tokens: Tensor, positions: Tensor, mask: Tensor, append: Append) -> Tensor:
        """(B, vocabulary): of what comes after the tokens."""
        return self.head(self.states(tokens, positions, mask, append))


def rotate(states: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Rotary positions: states (B, heads, D), the halves of D turned against each other; cosines, sines (B, 1, D)."""
    first, second = states.chunk(2, -1)
    return states * cosines + torch.cat((-second, first), -1) * sines


def decoding_step(model: PreTrainedModel) -> DecodingStep | None:
    """The model as a step of decoding, where it is like Llama and nothing hangs on its modules; else None."""
    suits = (
        model.config.model_type in LIKE_LLAMA
        and model.config._attn_implementation == PACKING_ATTENTION
        and attends_plainly(model)
        and plain_unembedding(model) is not None
        and not any(changed(module) for module in model.modules())
        and found_once(model, decodes_like_llama)
    )
    try:
        return DecodingStep(model) if suits else None
    except UNKNOWN_PARTS:
        return None


def changed(module: nn.Module) -> bool:
    """Whether something takes part in the module's passes, as adapters and sharded weights do."""
    return bool(module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module))


def decodes_like_llama(model: PreTrainedModel) -> bool:
    """Whether the step gives the states of the model's own pass, tried on a few tokens: rows that see those before."""
    places = torch.arange(TRIAL_TOKENS, device=model.device)
    tokens = places % model.config.vocab_size
    mask = torch.zeros(TRIAL_TOKENS, TRIAL_TOKENS, device=model.device).masked_fill_(
        places > places[:, None], HIDDEN
    )

    def all_rows(_: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        key, value = (each.permute(2, 1, 0, 3).expand(TRIAL_TOKENS, -1, -1, -1) for each in (key, value))
        return key, value

    try:
        of_step = DecodingStep(model).states(tokens, places, mask[:, None, None], all_rows)
        whole = model.base_model(input_ids=tokens[None], use_cache=False).last_hidden_state[0]
    except (*UNKNOWN_PARTS, ValueError, RuntimeError):
        return False
    return agree(of_step, whole)
