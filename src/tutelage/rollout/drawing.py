"""Drawing the next token: one uniform number a row, and the inverse of the cumulative distribution.

On a CPU this takes a tenth of softmax and `torch.multinomial`, and a row's tokens depend on its own seed alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

GOLDEN_GAMMA = 0x9E3779B97F4A7C15
COLDEST = 1e-3
"""A temperature below it counts as 0: logits divided by it might be no numbers."""


def uniforms(seeds: Sequence[int], count: int) -> Tensor:
    """(rows, count) float32 in [0, 1): the first numbers of each seed's stream, the same on every device.

    SplitMix64 (Steele, Lea, Flood 2014), whose streams start where the mixed seed says.
    """
    state = _mixed(np.array([seed % 2**64 for seed in seeds], dtype=np.uint64))
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN_GAMMA)
    bits = _mixed(state[:, None] + steps) >> np.uint64(40)  # the 24 that a float32 holds
    return torch.from_numpy(bits.astype(np.float32) * np.float32(2.0**-24))


def _mixed(state: np.ndarray) -> np.ndarray:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@dataclass(frozen=True)
class Drawn:
    """A token for each of B rows, and its log-probability under the distribution before truncation."""

    tokens: Tensor  # (B,) int64
    logprobs: Tensor  # (B,) float32
    likeliest: list[tuple[tuple[int, float], ...]]
    """For each row the likeliest tokens with their log-probabilities, as many as were asked for."""


def draw(
    logits: Tensor, uniform: Tensor, temperature: float, top_p: float, top_k: int, likeliest: int = 0
) -> Drawn:
    """logits (B, V), uniform (B,). Temperature 0 takes the likeliest token and gives its log-probability at 1."""
    cold = temperature < COLDEST
    logprobs = torch.log_softmax(logits.float() / (1.0 if cold else temperature), dim=-1)
    tokens = logprobs.argmax(-1) if cold else inverse_cdf(truncated(logprobs.exp(), top_p, top_k), uniform)
    return Drawn(tokens, logprobs.gather(1, tokens[:, None])[:, 0], highest(logprobs, likeliest))


def highest(logprobs: Tensor, count: int) -> list[tuple[tuple[int, float], ...]]:
    """Of each row of (B, V) the `count` likeliest tokens, the likeliest first."""
    if count == 0:
        return [()] * len(logprobs)
    found = logprobs.topk(min(count, logprobs.shape[-1]), dim=-1)
    return [
        tuple(zip(tokens, values, strict=True))
        for tokens, values in zip(found.indices.tolist(), found.values.tolist(), strict=True)
    ]


def inverse_cdf(weights: Tensor, uniform: Tensor) -> Tensor:
    """(B,) indices drawn in proportion to weights (B, V) >= 0, by uniform (B,) in [0, 1)."""
    cumulative = weights.cumsum(-1)
    total = cumulative[:, -1]
    # rounding must not lift the point to the total, behind which no token lies
    point = torch.minimum(uniform * total, torch.nextafter(total, torch.zeros_like(total)))
    return torch.searchsorted(cumulative, point[:, None], right=True)[:, 0]


def truncated(probabilities: Tensor, top_p: float, top_k: int) -> Tensor:
    """Probabilities (B, V) with 0 outside the top_k likeliest (0: all) and the smallest set that holds top_p."""
    if 0 < top_k < probabilities.shape[-1]:
        least = probabilities.topk(top_k, dim=-1).values[:, -1:]
        probabilities = probabilities.masked_fill(probabilities < least, 0.0)
    if top_p < 1.0:
        ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
        before = ordered.cumsum(-1) - ordered
        outside = before >= top_p * ordered.sum(-1, keepdim=True)
        outside[:, 0] = False
        probabilities = probabilities.masked_fill(outside.scatter(1, order, outside), 0.0)
    return probabilities
