"""Pretraining text as rows of equal length, without padding."""

from array import array
from collections.abc import Iterable

import torch
from torch import Tensor


def pack_rows(documents: Iterable[list[int]], length: int, eos_id: int) -> Tensor:
    """The documents end to end, each followed by end-of-text, cut into rows; an incomplete last is dropped.

    Args:
        documents: token ids without end-of-text; read once, so a generator will do.
        length: tokens of a row.
        eos_id: the end-of-text token.

    Returns:
        (N, length) int64.
    """
    tokens = array("q")  # grows in place at eight bytes a token, where a list would take several times that
    for document in documents:
        tokens.extend(document)
        tokens.append(eos_id)
    rows = len(tokens) // length
    if rows == 0:
        return torch.empty((0, length), dtype=torch.int64)
    # frombuffer shares the array's memory and keeps it alive
    return torch.frombuffer(tokens, dtype=torch.int64, count=rows * length).view(rows, length)
