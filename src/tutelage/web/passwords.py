"""Passwords: argon2, a few at a time, and a pause for who guesses."""

import threading
import time
from collections import defaultdict, deque

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tutelage.schema import InputError

SHORTEST = 10
"""Characters of a password."""
GUESSES = 10
"""Wrong passwords for one name before it must wait ..."""
PAUSE = 300.0
"""... so many seconds."""

_hasher = PasswordHasher()
_at_once = threading.Semaphore(2)  # a hash takes 64 MB
_nobodys = _hasher.hash("nobody")


def hash_password(password: str, again: str | None = None) -> str:
    """The hash of a new password.

    Raises:
        InputError: it is too short, or was not typed the same twice.
    """
    if len(password) < SHORTEST:
        raise InputError("is too short", "password", f"take {SHORTEST} characters or more")
    if again is not None and again != password:
        raise InputError("was typed in two ways", "password", "type it again")
    with _at_once:
        return _hasher.hash(password)


def verify_password(password: str, hashed: str | None) -> bool:
    """Whether it is the one that was hashed; for nobody's (None) it takes as long and is False."""
    with _at_once:
        try:
            return _hasher.verify(hashed or _nobodys, password) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False


class Guesses:
    """Counts wrong passwords by name, in this process."""

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=GUESSES))

    def are_too_many(self, name: str) -> bool:
        """Whether the name must wait."""
        wrong = self._wrong.get(name)
        return wrong is not None and len(wrong) == GUESSES and time.monotonic() - wrong[0] < PAUSE

    def count(self, name: str) -> None:
        """Note a wrong password."""
        if len(self._wrong) > 10_000:  # names that do not exist are guessed too
            self._wrong.clear()
        self._wrong[name].append(time.monotonic())

    def forget(self, name: str) -> None:
        """The password was right."""
        self._wrong.pop(name, None)
