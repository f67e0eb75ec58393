"""The limit: what the method itself must compute, over what the machine was seen to do.

Only real tokens count, no padding; the head only where a token is predicted; the products within attention are left
out (about 2 % at these lengths). Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ADAM_BYTES = 28
"""A parameter's traffic in a step of Adam: weight and two moments read and written, gradient read, in fp32."""


@dataclass(frozen=True)
class Shape:
    """The sizes of a model."""

    family: Literal["llama", "gpt2"]
    hidden: int
    layers: int
    heads: int
    inner: int
    """Width within the feed-forward block."""
    vocabulary: int

    @property
    def body(self) -> int:
        """Weights in the blocks' matrices: each token is multiplied with all of them."""
        matrices = 3 if self.family == "llama" else 2  # a Llama's feed-forward block has a gate
        return self.layers * (4 * self.hidden**2 + matrices * self.hidden * self.inner)

    @property
    def head(self) -> int:
        """Weights of the unembedding, and as many of the embedding."""
        return self.hidden * self.vocabulary

    @property
    def policy(self) -> int:
        """Weights that an optimizer moves in a language model; GPT-2 has embedding and unembedding in one."""
        return self.body + self.head * (2 if self.family == "llama" else 1)

    @property
    def scalar(self) -> int:
        """Weights that an optimizer moves in a reward or value model."""
        return self.body + self.head


SHAPES = {
    "micro": Shape("llama", 128, 4, 4, 344, 2048),
    "tiny": Shape("llama", 256, 6, 4, 688, 2048),
    "small": Shape("llama", 512, 8, 8, 1376, 8192),
    "gpt2": Shape("gpt2", 768, 12, 12, 3072, 50257),
    "half": Shape("llama", 1536, 16, 12, 4096, 32000),
}
"""By name: 1 M, 6 M, 34 M, 124 M and 0.55 B parameters."""


@dataclass(frozen=True)
class Cost:
    """Arithmetic in matrix products, and bytes moved beside it."""

    flops: float
    bytes: float = 0.0

    def seconds(self, flops_per_second: float, bytes_per_second: float) -> float:
        """The least time, where the two do not overlap."""
        return self.flops / flops_per_second + self.bytes / bytes_per_second


@dataclass(frozen=True)
class Done:
    """The work that was timed."""

    units: float
    """Episodes, comparisons or real tokens."""
    least: Mapping[str, Cost]
    """What the method needed, by phase; `all` is the whole."""


def adam(parameters: int, steps: int) -> float:
    """Bytes that so many optimizer steps move."""
    return float(ADAM_BYTES * parameters * steps)


def sampling(shape: Shape, prompt_tokens: int, new_tokens: int) -> Cost:
    """Every token passes once; every new one is predicted."""
    return Cost(2 * (shape.body * (prompt_tokens + new_tokens) + shape.head * new_tokens))


def ppo(shape: Shape, prompt_tokens: int, new_tokens: int, updates: int) -> dict[str, Cost]:
    """By phase. Reference, reward and value model read everything once, policy and value model learn from it once.

    A pass with its gradient is three passes.
    """
    tokens = prompt_tokens + new_tokens
    predicted = shape.head * new_tokens
    return {
        "sampling": sampling(shape, prompt_tokens, new_tokens),
        "scoring": Cost(2 * (3 * shape.body * tokens + predicted)),
        "updates": Cost(
            6 * (2 * shape.body * tokens + predicted), adam(shape.policy + shape.scalar, updates)
        ),
    }


def reward(shape: Shape, tokens: int, updates: int) -> Cost:
    """Every prompt and every completion is read once; the head of one output counts nothing."""
    return Cost(6 * shape.body * tokens, adam(shape.scalar, updates))


def sft(shape: Shape, tokens: int, updates: int) -> Cost:
    """Every token is read once and predicted."""
    return Cost(6 * (shape.body + shape.head) * tokens, adam(shape.policy, updates))


def end_rate(longest: int, mean: float) -> float:
    """The chance of ending at each token that makes completions of at most `longest` tokens this long in the mean."""
    low, high = 0.0, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        # of completions that end with chance p at each token, (1-p)^k reach more than k tokens
        if (1 - (1 - rate) ** longest) / rate > mean:
            low = rate
        else:
            high = rate
    return (low + high) / 2
