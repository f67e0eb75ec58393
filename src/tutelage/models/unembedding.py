"""Log-probabilities of chosen tokens from final states, without the matrix of all tokens and the whole vocabulary.

Where that matrix would be large it is made a chunk at a time, and a second time for the gradient: one more product
with the unembedding for memory that does not grow with the number of tokens.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from tutelage.functional import token_logprobs
from tutelage.models.arithmetic import product_dtype
from tutelage.models.evaluating import agree, found_once

CHUNK = 2**24
"""Logits that exist at once, at most: 64 MiB in fp32."""
GPU_CHUNK = 2**27
"""On a GPU, which small products would leave idle: 512 MiB."""
HEAD_TERMS = (
    "final_logit_softcapping",
    "logit_scale",
    "logits_scaling",
    "logits_soft_cap",
    "output_logit_soft_cap",
    "lm_head_multiplier",
)
"""What some families do to logits after the unembedding; those give their logits themselves."""


def plain_unembedding(model: PreTrainedModel) -> nn.Linear | None:
    """The layer that makes the model's logits, where it alone does; else None."""
    head = model.get_output_embeddings()
    changed = any(getattr(model.config, term, None) is not None for term in HEAD_TERMS)
    if not isinstance(head, nn.Linear) or changed or not found_once(model, unembeds_plainly):
        return None
    return head


def unembeds_plainly(model: PreTrainedModel) -> bool:
    """Whether the model's last layer alone makes its logits from its final states, tried on three tokens."""
    head, tokens = model.get_output_embeddings(), torch.tensor([[1, 2, 0]], device=model.device)
    try:
        whole = model(input_ids=tokens, use_cache=False).logits
        states = model.base_model(input_ids=tokens, use_cache=False).last_hidden_state
    except AttributeError:  # a family whose base model is the whole
        return False
    return states.shape[-1] == head.in_features and agree(head(states), whole)


def state_logprobs(head: nn.Linear, states: Tensor, tokens: Tensor, temperature: float = 1.0) -> Tensor:
    """(N,) float32: log-probability of token i under the distribution that state i (N, hidden size) predicts."""
    rows = states_at_once(states, head.out_features)
    if len(states) <= rows:
        return token_logprobs(head(states)[None], tokens[None], temperature)[0]
    chunked: Tensor = ChunkedLogprobs.apply(
        states, head.weight, head.bias, tokens, temperature, rows, product_dtype(states)
    )
    return chunked


def states_at_once(states: Tensor, vocabulary: int) -> int:
    """States whose logits may exist together."""
    return max(1, (GPU_CHUNK if states.is_cuda else CHUNK) // vocabulary)


class ChunkedLogprobs(torch.autograd.Function):
    """`token_logprobs` of the logits of N states, `rows` of them at a time; products in `dtype`."""

    @staticmethod
    def forward(
        ctx: Any,
        states: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        tokens: Tensor,
        temperature: float,
        rows: int,
        dtype: torch.dtype,
    ) -> Tensor:
        """log softmax(state · weightᵀ + bias, at the temperature) of each token (N,)."""
        normalizers, logprobs = [], []
        rounded_weight, rounded_bias = _rounded(weight, bias, dtype)
        for part, chosen in zip(states.split(rows), tokens.split(rows), strict=True):
            logits = _logits(part, rounded_weight, rounded_bias, temperature)
            normalizers.append(logits.logsumexp(-1))
            logprobs.append(logits.gather(1, chosen[:, None])[:, 0] - normalizers[-1])
        ctx.save_for_backward(states, weight, bias, tokens, torch.cat(normalizers))
        ctx.temperature, ctx.rows, ctx.dtype = temperature, rows, dtype
        return torch.cat(logprobs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Of log p(token) with respect to a logit: 1 where it is the token's, minus p."""
        states, weight, bias, tokens, normalizers = ctx.saved_tensors
        [gradient] = gradients
        _, learns, *_ = ctx.needs_input_grad
        of_weight = torch.zeros_like(weight, dtype=torch.float32) if learns else None
        of_bias = None if bias is None else torch.zeros_like(bias, dtype=torch.float32)
        of_states = []
        rounded_weight, rounded_bias = _rounded(weight, bias, ctx.dtype)
        chunks = (each.split(ctx.rows) for each in (states, tokens, normalizers, gradient))
        for part, chosen, normalizer, of_part in zip(*chunks, strict=True):
            logits = _logits(part, rounded_weight, rounded_bias, ctx.temperature)
            of_logits = (logits - normalizer[:, None]).exp_().mul_(-of_part[:, None])
            of_logits.scatter_add_(1, chosen[:, None], of_part[:, None])
            of_logits /= ctx.temperature
            if of_bias is not None:
                of_bias += of_logits.sum(0)
            rounded = of_logits.to(ctx.dtype)
            of_states.append((rounded @ rounded_weight).to(states.dtype))
            if of_weight is not None:
                of_weight += (rounded.T @ part.to(ctx.dtype)).float()
        return (
            torch.cat(of_states),
            None if of_weight is None else of_weight.to(weight.dtype),
            None if of_bias is None or bias is None else of_bias.to(bias.dtype),
            None,
            None,
            None,
            None,
        )


def _rounded(weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
    return weight.to(dtype), None if bias is None else bias.to(dtype)


def _logits(states: Tensor, weight: Tensor, bias: Tensor | None, temperature: float) -> Tensor:
    """The logits of states, by an unembedding in the type of the products."""
    with torch.autocast(states.device.type, enabled=False):
        return nn.functional.linear(states.to(weight.dtype), weight, bias).float() / temperature
