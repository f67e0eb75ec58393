"""What somebody else has answered: on the disk at once, so that nothing is asked or paid for twice."""

import errno
import os
import threading
from pathlib import Path
from typing import Generic, Self, TypeVar

from pydantic import Field, ValidationError

from tutelage.schema import InputError, RunError
from tutelage.schema.record import Record
from tutelage.store.lock import hold

_BEGINNING = b'{"key":"'
"""How every line of a cache begins."""


class Entry(Record):
    """What was answered to one request; `key` is the hash of the request, in hex."""

    key: str = Field(pattern="^[0-9a-f]{64}$")


E = TypeVar("E", bound=Entry)


class EntryCache(Generic[E]):
    """Answers by the key of their request, in a JSON Lines file that only grows; threads may share it.

    entry: the kind of its lines. whose: who keeps it, for messages, such as "a judge". doing: what for, such as
    "judging".

    One process at a time has it. Raises InputError while another does, where the file cannot be opened, and for a
    line that is no such entry; only the last may be broken, as a process killed in the midst of it leaves it, and is
    dropped.
    """

    def __init__(self, path: str | os.PathLike[str], entry: type[E], *, whose: str, doing: str) -> None:
        self.path = Path(path)
        self._entry = entry
        self._whose = whose
        self._entries: dict[str, E] = {}
        self._lock = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a+b", buffering=0)
        except OSError as error:
            raise InputError(f"cannot be {whose}'s cache: {error.strerror}", str(self.path)) from error
        try:
            if not hold(self._file):
                raise InputError(
                    f"another process is {doing} with this cache",
                    str(self.path),
                    "wait for it or stop it, or name another cache",
                )
            self._read()
        except BaseException:
            self._file.close()
            raise

    def get(self, key: str) -> E | None:
        """The answer to the request with this key, if there ever was one."""
        return self._entries.get(key)

    def add(self, entry: E) -> None:
        """Keep an answer; it is on the disk when this returns. Raises RunError where the disk takes no more."""
        line = entry.model_dump_json().encode() + b"\n"
        with self._lock:
            end = self._file.seek(0, os.SEEK_END)
            try:
                if self._file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(self._file.fileno())
            except OSError as error:
                self._file.truncate(end)  # else the next line would go on in the midst of this one
                raise RunError(f"{self.path}: cannot keep what was answered: {error.strerror}") from error
            self._entries[entry.key] = entry

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __len__(self) -> int:
        return len(self._entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        """Take in what the file has, and leave it ending with a whole line."""
        self._file.seek(0)
        lines = self._file.readall().splitlines(keepends=True)
        whole = 0
        for number, line in enumerate(lines, start=1):
            try:
                entry = self._entry.model_validate_json(line)
            except ValidationError as error:
                if number == len(lines) and _is_begun(line):
                    self._file.truncate(whole)
                    return
                raise InputError(
                    f"is no line of {self._whose}'s cache",
                    f"{self.path}:{number}",
                    "remove the line, or name another file",
                ) from error
            self._entries[entry.key] = entry
            whole += len(line)
        if lines and not lines[-1].endswith(b"\n"):
            self._file.write(b"\n")


def _is_begun(line: bytes) -> bool:
    """Whether this may be what is left of an entry, and not a line of some other file that was named by mistake.

    A whole line that is no entry, such as one of another kind of cache, is such a mistake.
    """
    return not line.endswith(b"\n") and (line.startswith(_BEGINNING) or _BEGINNING.startswith(line))
