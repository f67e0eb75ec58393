"""Records as token ids, and token ids as padded batches. The one place that makes completion masks.

Lengths are carried, never inferred from the padding id: where padding and end-of-text are the same token, or
a completion holds the padding token, nothing changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Example:
    """A demonstration as token ids; the completion ends with end-of-text."""

    prompt: list[int]
    completion: list[int]


@dataclass(frozen=True)
class RankedExample:
    """A ranking as token ids: K completions of one prompt, each ending with end-of-text, and their ranks."""

    prompt: list[int]
    completions: list[list[int]]
    ranks: list[int]


@dataclass(frozen=True)
class Sequences:
    """B prompts with a completion each, right-padded. L: longest row, T: longest completion, in tokens."""

    tokens: Tensor
    """(B, L) int64: prompt, completion, padding."""
    attention_mask: Tensor
    """(B, L) int64: 1 on real tokens."""
    completion_index: Tensor
    """(B, T) int64: where in L each completion token stands; 0 where `mask` is 0."""
    mask: Tensor
    """(B, T) float32: 1 on completion tokens up to and including end-of-text."""

    @staticmethod
    def of(
        prompts: Sequence[Sequence[int]], completions: Sequence[Sequence[int]], pad_id: int
    ) -> "Sequences":
        """Prompt and completion of each row, concatenated and padded with `pad_id`.

        Raises:
            ValueError: not as many prompts as completions, or an empty prompt before a completion: its first
                token would have no state to be predicted from.
        """
        if len(prompts) != len(completions):
            raise ValueError(f"{len(prompts)} prompts but {len(completions)} completions")
        if not all(prompts):
            raise ValueError("a prompt without tokens: nothing predicts the first token of its completion")
        starts = torch.tensor([len(prompt) for prompt in prompts], dtype=torch.int64)  # (B,)
        sizes = torch.tensor([len(completion) for completion in completions], dtype=torch.int64)  # (B,)
        ends = starts + sizes
        longest = _longest(ends)
        attention_mask = (torch.arange(longest) < ends[:, None]).long()  # (B, L)
        tokens = torch.full((len(prompts), longest), pad_id, dtype=torch.int64)
        # row by row, boolean assignment fills the real positions in the order of the flat list
        flat = [token for pair in zip(prompts, completions, strict=True) for part in pair for token in part]
        tokens[attention_mask.bool()] = torch.tensor(flat, dtype=torch.int64)
        steps = torch.arange(_longest(sizes))  # (T,)
        real = steps < sizes[:, None]  # (B, T)
        completion_index = torch.where(real, starts[:, None] + steps, 0)
        return Sequences(tokens, attention_mask, completion_index, real.float())

    @property
    def completion_tokens(self) -> Tensor:
        """(B, T) ids of the completion tokens; the row's first token where `mask` is 0."""
        return self.tokens.gather(1, self.completion_index)

    @property
    def lengths(self) -> Tensor:
        """(B,) tokens of each row without padding."""
        return self.attention_mask.sum(1)

    def select(self, rows: Tensor | Sequence[int]) -> "Sequences":
        """The given rows, trimmed to their own longest row and longest completion."""
        index = torch.as_tensor(rows, dtype=torch.int64, device=self.tokens.device)
        longest = _longest(self.attention_mask[index].sum(1))
        longest_completion = _longest(self.mask[index].sum(1).long())
        return Sequences(
            self.tokens[index, :longest],
            self.attention_mask[index, :longest],
            self.completion_index[index, :longest_completion],
            self.mask[index, :longest_completion],
        )

    def to(self, device: torch.device | str) -> "Sequences":
        """The same batch on another device."""
        return Sequences(
            self.tokens.to(device),
            self.attention_mask.to(device),
            self.completion_index.to(device),
            self.mask.to(device),
        )


def _longest(lengths: Tensor) -> int:
    return int(lengths.max()) if len(lengths) else 0
