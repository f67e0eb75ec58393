"""Rows of data sets of the hub, and of folders that are laid out as such, by the library `datasets`.

A data set's files come into the hub's cache, where they are also found without a network, and are read from there a
row at a time. Streamed, nothing is kept: each reading goes over the network again.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tutelage.hub import HubName, commit_of, fetch
from tutelage.schema import InputError, Split

DEFAULT_SPLIT = "train"

SIDES = {"test": Split.test, "valid": Split.valid, "dev": Split.valid, "eval": Split.valid}
"""How splits of the hub begin that are held out, and what they are here. Of the others some may still be held out."""


def data_set_of(name: str) -> HubName | None:
    """What a name means that no file has: a folder with its part, or OWNER/NAME on the hub; None where neither.

    A folder's name is in `repository`, too, with the same :CONFIGURATION:SPLIT behind it.
    """
    folder, *parts = name.split(":", 2)
    if os.path.isdir(folder):
        configuration, split = [*parts, "", ""][:2]
        return HubName(folder, None, configuration or None, split or None)
    found = HubName.parse(name)
    return found if found is not None and "/" in found.repository else None


def data_set_rows(name: str, data_set: HubName, *, streaming: bool = False) -> Iterator[Mapping[str, Any]]:
    """The rows of a split, `train` where none is named; those of a held-out one say so, where they have no `split`.

    Raises:
        InputError: it cannot be had, or has no such configuration or split.
    """
    if find_spec("datasets") is None:
        raise InputError(
            "not a file, and `datasets`, which reads the hub's, is not installed",
            name,
            "check the path, or pip install 'tutelage[hub]'",
        )
    place, revision = _place(name, data_set, streaming)
    import datasets

    split = data_set.split or DEFAULT_SPLIT
    held_out = next((side for beginning, side in SIDES.items() if split.startswith(beginning)), None)
    try:
        rows = datasets.load_dataset(
            place, data_set.configuration, split=split, revision=revision, streaming=True
        )
        for fields in rows:
            given = {} if held_out is None or fields.get("split") is not None else {"split": held_out}
            yield {**fields, **given}
    except (InputError, GeneratorExit):
        raise
    except Exception as error:  # what the library raises is not documented; all of it means "not to be read"
        reason = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
        raise InputError(
            f"the data set cannot be read: {reason[:300]}", name, "see its page for what it has"
        ) from error


def content_of(name: str, data_set: HubName) -> str:
    """What identifies a data set's rows: its commit, or the hash of a folder's files. Raises InputError as above."""
    if not os.path.isdir(data_set.repository):
        with _told_of(name):
            return commit_of(data_set.repository, data_set.revision, "dataset")
    digest = hashlib.sha256()
    for path in sorted(path for path in Path(data_set.repository).rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(data_set.repository)).encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def pinned_rows(name: str, data_set: HubName) -> str:
    """The name of the same rows for ever: the hub's at their commit. Raises InputError as above."""
    if os.path.isdir(data_set.repository):
        return name
    return str(data_set.at(content_of(name, data_set)))


def _place(name: str, data_set: HubName, streaming: bool) -> tuple[str, str | None]:
    """What `datasets` is to open: a folder, or a repository at its commit."""
    if os.path.isdir(data_set.repository):
        return data_set.repository, None
    if streaming:
        return data_set.repository, content_of(name, data_set)
    with _told_of(name):
        return str(fetch(data_set, "dataset")), None


@contextmanager
def _told_of(name: str) -> Iterator[None]:
    """What the hub says of a name that may as well be a misspelt file's."""
    try:
        yield
    except InputError as error:
        raise InputError(f"no such file, and {error.what}", name, error.remedy) from error
