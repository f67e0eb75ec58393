"""A folder to work in: made where there is none, and held by one process at a time."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tutelage.schema import InputError

if sys.platform != "win32":
    import fcntl

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


def hold(file: IO[str]) -> bool:
    """Whether the file could be locked. The kernel lets go of it when the process ends, however it ends."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network file systems know no locks; two processes are the user's affair there
        return True
    return True
