"""What a judge has answered: on the disk at once, so that nothing is paid for twice."""

import errno
import os
import threading
from pathlib import Path

from pydantic import Field, ValidationError

from tutelage.labelers.judge.costs import Usage
from tutelage.schema import InputError, RunError
from tutelage.schema.record import AnyText, Record
from tutelage.store.lock import hold

_BEGINNING = b'{"key":"'
"""How every line of a cache begins."""


class Reply(Record):
    """What the endpoint replied to one request; `key` is the hash of the request."""

    key: str = Field(pattern="^[0-9a-f]{64}$")
    text: AnyText
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)

    @property
    def usage(self) -> Usage:
        """The tokens of the request."""
        return Usage(self.prompt_tokens, self.completion_tokens)


class Cache:
    """Replies by the key of their request, in a JSON Lines file that only grows; threads may share it.

    One process at a time has it. Raises InputError while another does, where the file cannot be opened, and for a
    line that is not a reply; only the last may be broken, as a process killed in the midst of it leaves it, and is
    dropped.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._replies: dict[str, Reply] = {}
        self._lock = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a+b", buffering=0)
        except OSError as error:
            raise InputError(f"cannot be a judge's cache: {error.strerror}", str(self.path)) from error
        try:
            if not hold(self._file):
                raise InputError(
                    "another process is judging with this cache",
                    str(self.path),
                    "wait for it or stop it, or name another cache",
                )
            self._read()
        except BaseException:
            self._file.close()
            raise

    def get(self, key: str) -> Reply | None:
        """The reply to the request with this key, if it was ever answered."""
        return self._replies.get(key)

    def add(self, reply: Reply) -> None:
        """Keep a reply; it is on the disk when this returns. Raises RunError where the disk takes no more."""
        line = reply.model_dump_json().encode() + b"\n"
        with self._lock:
            end = self._file.seek(0, os.SEEK_END)
            try:
                if self._file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(self._file.fileno())
            except OSError as error:
                self._file.truncate(end)  # else the next line would go on in the midst of this one
                raise RunError(f"{self.path}: cannot keep what was answered: {error.strerror}") from error
            self._replies[reply.key] = reply

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __len__(self) -> int:
        return len(self._replies)

    def __enter__(self) -> "Cache":
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
                reply = Reply.model_validate_json(line)
            except ValidationError as error:
                if number == len(lines) and _is_begun(line.rstrip()):
                    self._file.truncate(whole)
                    return
                raise InputError(
                    "is no line of a judge's cache",
                    f"{self.path}:{number}",
                    "remove the line, or name another file",
                ) from error
            self._replies[reply.key] = reply
            whole += len(line)
        if lines and not lines[-1].endswith(b"\n"):
            self._file.write(b"\n")


def _is_begun(line: bytes) -> bool:
    """Whether this may be what is left of a reply, and not a line of some other file that was named by mistake."""
    return line.startswith(_BEGINNING) or _BEGINNING.startswith(line)
