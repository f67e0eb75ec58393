"""Rows whose columns have one of several names, and clear words where they have none of them."""

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from tutelage.data.rows import Row, read_rows
from tutelage.schema import InputError, Record, explain

T = TypeVar("T")


def read(path: str, make: Callable[[Row], T | None], kind: type[Record] = Record) -> list[T]:
    """What `make` gives for each row; rows for which it gives None are passed over. kind: the record that it makes.

    Raises:
        InputError: no such file or set, a row that `make` refuses, or nothing in it.
    """
    found = []
    for row in read_rows(path):
        try:
            made = make(row)
        except ValidationError as error:
            raise explain(error, kind, row.where) from error
        if made is not None:
            found.append(made)
    if not found:
        raise InputError("the set is empty", path)
    return found


def drawn(items: Sequence[T], limit: int | None, seed: int) -> list[T]:
    """So many items at random, in the set's order; None takes all."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[place] for place in sorted(random.Random(seed).sample(range(len(items)), limit))]


def value(row: Row, *names: str) -> Any:
    """What stands under the first of these names, which may be a path such as `answers.text`.

    Raises:
        InputError: the row has none of them.
    """
    for name in names:
        found: Any = row.fields
        for part in name.split("."):
            found = found.get(part) if hasattr(found, "get") else None
        if found is not None:
            return found
    raise InputError(f"no column {' or '.join(repr(name) for name in names)}", row.where)


def text(row: Row, *names: str) -> str:
    """As `value`, which must be a text that says something."""
    found = value(row, *names)
    if not isinstance(found, str) or not found.strip():
        raise InputError("not a text", f"{row.where}: {names[0]}", "give one string")
    return found


def texts(row: Row, *names: str) -> tuple[str, ...]:
    """As `value`, which must be a list of texts."""
    found = value(row, *names)
    if (
        not isinstance(found, Sequence)
        or isinstance(found, str)
        or not all(isinstance(x, str) for x in found)
    ):
        raise InputError("not a list of texts", f"{row.where}: {names[0]}")
    return tuple(found)
