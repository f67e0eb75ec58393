"""A folder to work in: made where there is none, and held by one process at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tutelage.schema import InputError
from tutelage.store.lock import hold

LOCK = ".lock"
"""The file that the holder locks; it tells the holder's process id."""


@contextmanager
def workplace(folder: Path) -> Iterator[None]:
    """Make the folder and hold it while inside.

    Raises InputError at once where that cannot be, or while another process holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("a+")
    except OSError as error:
        raise InputError(
            f"cannot work in this folder: {error.strerror}", where=str(folder), remedy="choose another --out"
        ) from error
    with file:
        if not hold(file):
            file.seek(0)
            raise InputError(
                f"the folder is in use by {file.read() or 'another process'}",
                where=str(folder),
                remedy="wait for it or stop it, or choose another --out",
            )
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield
