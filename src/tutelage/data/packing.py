"""Pretraining text as rows of equal length, without padding: in memory, or on disk for more text than memory holds."""

import os
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from tutelage.store import atomic_file

TOKEN = "i"
"""A token's type in an array and in a file: four bytes, as torch.int32."""


def pack_rows(documents: Iterable[list[int]], length: int, eos_id: int) -> Tensor:
    """The documents end to end, each followed by end-of-text, cut into rows; an incomplete last is dropped.

    Args:
        documents: token ids without end-of-text; read once, so a generator will do.
        length: tokens of a row.
        eos_id: the end-of-text token.

    Returns:
        (N, length) int32.
    """
    tokens = array(TOKEN)  # grows in place at four bytes a token, where a list would take several times that
    for part in _ended(documents, eos_id):
        tokens.extend(part)
    rows = len(tokens) // length
    if rows == 0:
        return torch.empty((0, length), dtype=torch.int32)
    # frombuffer shares the array's memory and keeps it alive
    return torch.frombuffer(tokens, dtype=torch.int32, count=rows * length).view(rows, length)


def write_rows_of_tokens(
    path: Path, documents: Iterable[list[int]], length: int, eos_id: int, most: int
) -> None:
    """The same rows, at most so many, as a file, wholly there or not at all; no more is held than one document."""
    wanted = most * length
    with atomic_file(path) as temporary:
        with temporary.open("wb") as file:
            written = 0
            for part in _ended(documents, eos_id):
                part[: wanted - written].tofile(file)
                written += len(part)
                if written >= wanted:
                    break
        os.truncate(temporary, min(written, wanted) // length * length * array(TOKEN).itemsize)


def rows_in(path: Path, length: int) -> Tensor:
    """(N, length) int32: a file of rows, of which the system reads what is asked for and keeps what it has room for."""
    rows = path.stat().st_size // array(TOKEN).itemsize // length
    if rows == 0:
        return torch.empty((0, length), dtype=torch.int32)
    mapped = torch.from_file(str(path), shared=False, size=rows * length, dtype=torch.int32)
    return mapped.view(rows, length)


def _ended(documents: Iterable[list[int]], eos_id: int) -> Iterator["array[int]"]:
    """Each document with end-of-text behind it."""
    for document in documents:
        tokens = array(TOKEN, document)
        tokens.append(eos_id)
        yield tokens
