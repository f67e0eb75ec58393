"""Passing many completions through a model: a few at a time, grouped by length, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tutelage.data import Example, Sequences, micro_batches
from tutelage.distributed import Part, add_up, shared_out
from tutelage.models import unchanging_weights

PADDING = 0
"""Token id that fills rows up; any id does, for masks, never ids, tell what is padding."""


def sequences_of(examples: Sequence[Example]) -> Sequences:
    """The examples as one padded batch."""
    return Sequences.of([e.prompt for e in examples], [e.completion for e in examples], PADDING)


def parts(sequences: Sequences, token_budget: int) -> list[Part]:
    """The parts that fit in one pass; every row once, on one of the ranks."""
    lengths = sequences.lengths.tolist()

    def divide(rows: list[int]) -> list[list[int]]:
        groups = micro_batches([lengths[row] for row in rows], token_budget)
        return [[rows[each] for each in group] for group in groups]

    return shared_out(lengths, divide)


def per_token(forward: Callable[[Sequences], Tensor], sequences: Sequences, token_budget: int) -> Tensor:
    """(B, T): `forward` of all completions, without gradients, in the rows' order; 0 where the mask is 0."""
    results = torch.zeros(sequences.mask.shape, device=sequences.mask.device)
    with torch.no_grad(), unchanging_weights():
        for part in parts(sequences, token_budget):
            found = forward(sequences.select(part.rows))
            if part.weight:
                results[part.rows, : found.shape[1]] = found
    return add_up(results)


def per_completion(forward: Callable[[Sequences], Tensor], sequences: Sequences, token_budget: int) -> Tensor:
    """(B,) or (B, D): `forward` of all completions without gradients, in the rows' own order."""
    results: Tensor | None = None
    with torch.no_grad(), unchanging_weights():
        for part in parts(sequences, token_budget):
            found = forward(sequences.select(part.rows))
            if results is None:
                results = found.new_zeros(len(sequences.mask), *found.shape[1:])
            if part.weight:
                results[part.rows] = found
    if results is None:
        raise ValueError("there are no completions to pass")
    return add_up(results)
