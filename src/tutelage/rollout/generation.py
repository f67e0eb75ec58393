"""What sampling returns: completions as the tokens that were drawn, with the log-probabilities they were drawn at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from tutelage.data.tokens import Sequences

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True)
class Generation:
    """B prompts with one sampled completion each, as token ids without padding."""

    prompts: list[list[int]]
    completions: list[list[int]]
    """Up to and including the stop token, where one was drawn."""
    logprobs: list[list[float]]
    """Of each completion token, given all before it, at the sampling temperature and before any truncation."""
    finish_reasons: list[FinishReason]
    """`stop`: ended by itself; `length`: cut at the limit, so without end-of-text."""

    @staticmethod
    def interleaved(parts: Sequence["Generation"]) -> "Generation":
        """One of many: the first row of each part, then the second, and so on."""
        rows = sorted(
            ((row, number) for number, part in enumerate(parts) for row in range(len(part.prompts)))
        )
        return Generation(
            prompts=[parts[number].prompts[row] for row, number in rows],
            completions=[parts[number].completions[row] for row, number in rows],
            logprobs=[parts[number].logprobs[row] for row, number in rows],
            finish_reasons=[parts[number].finish_reasons[row] for row, number in rows],
        )

    def sequences(self, pad_id: int) -> Sequences:
        """The rows as padded tensors, for the passes over whole sequences."""
        return Sequences.of(self.prompts, self.completions, pad_id)

    def logprob_matrix(self) -> Tensor:
        """(B, T) float32, T the longest completion; 0 after a completion's end, as `sequences` masks it."""
        longest = max(map(len, self.logprobs), default=0)
        rows = [row + [0.0] * (longest - len(row)) for row in self.logprobs]
        return torch.tensor(rows, dtype=torch.float32).reshape(len(rows), longest)
