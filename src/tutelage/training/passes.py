"""Passing many completions through a model: a few at a time, grouped by length, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tutelage.data import Example, Sequences, micro_batches
from tutelage.models import unchanging_weights

PADDING = 0
"""Token id that fills rows up; any id does, for masks, never ids, tell what is padding."""


def sequences_of(examples: Sequence[Example]) -> Sequences:
    """The examples as one padded batch."""
    return Sequences.of([e.prompt for e in examples], [e.completion for e in examples], PADDING)


def parts(sequences: Sequences, token_budget: int) -> list[list[int]]:
    """Row indices of the parts that fit in one pass; every row once."""
    return micro_batches(sequences.lengths.tolist(), token_budget)


def per_token(forward: Callable[[Sequences], Tensor], sequences: Sequences, token_budget: int) -> Tensor:
    """(B, T): `forward` of all completions, without gradients, in the rows' order; 0 where the mask is 0."""
    results = torch.zeros(sequences.mask.shape, device=sequences.mask.device)
    with torch.no_grad(), unchanging_weights():
        for rows in parts(sequences, token_budget):
            part = forward(sequences.select(rows))
            results[rows, : part.shape[1]] = part
    return results


def per_completion(forward: Callable[[Sequences], Tensor], sequences: Sequences, token_budget: int) -> Tensor:
    """(B,) or (B, D): `forward` of all completions without gradients, in the rows' own order."""
    order: list[int] = []
    results: list[Tensor] = []
    with torch.no_grad(), unchanging_weights():
        for rows in parts(sequences, token_budget):
            order += rows
            results.append(forward(sequences.select(rows)))
    return torch.cat(results)[torch.tensor(order).argsort()]
