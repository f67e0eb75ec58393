"""How files are read that others made: their columns' names, what becomes of rows that cannot be used, streaming."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from tutelage.data.rows import Row, read_rows
from tutelage.schema import InputError

Made = TypeVar("Made")

COLUMNS = (
    "prompt",
    "completion",
    "messages",
    "completions",
    "ranks",
    "chosen",
    "rejected",
    "text",
    "question",
    "answer",
    "overall",
    "labeler",
    "sources",
    "use_case",
    "user",
    "kind",
    "split",
)
"""The columns of files, which may have other names there."""


class Unusable:
    """Rows that cannot be used: how many, and why the first cannot. A row that is read twice counts once."""

    def __init__(self) -> None:
        self._places: set[str | None] = set()
        self._first: InputError | None = None

    def __call__(self, refusal: InputError) -> None:
        self._first = self._first or refusal
        self._places.add(refusal.where)

    @property
    def told(self) -> str | None:
        """In one line; None where there are none."""
        if self._first is None:
            return None
        count = len(self._places)
        return f"{count} {'row' if count == 1 else 'rows'} left out that cannot be used, the first: {self._first}"


@dataclass(frozen=True)
class Reading:
    """columns: one of COLUMNS -> its name in the files; in rows without that, it is looked for by its own.

    streaming: read data sets of the hub over the network, and keep nothing. unusable: what is told of each row that
    cannot be used, and is then left out; without it the first one ends the reading.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    streaming: bool = False
    unusable: Callable[[InputError], None] | None = None

    def rows(self, path: str | os.PathLike[str]) -> Iterator[Row]:
        """The rows of a file or a data set under our columns' names. Raises InputError as `read_rows`."""
        for row in read_rows(path, streaming=self.streaming):
            renamed = {ours: row.fields[name] for ours, name in self.columns.items() if name in row.fields}
            yield Row(row.where, {**row.fields, **renamed}) if renamed else row

    def records(self, path: str | os.PathLike[str], make: Callable[[Row], Made]) -> Iterator[Made]:
        """What `make` makes of each row. Raises InputError as `read_rows`, and for unusable rows as told above."""
        for row in self.rows(path):
            try:
                made = make(row)
            except InputError as error:
                if self.unusable is None:
                    raise
                self.unusable(error)
                continue
            yield made


AS_WRITTEN = Reading()
