"""Who may come in: keys, and a pause for who guesses them."""

import math
import threading
import time
from dataclasses import dataclass

from tutelage.schema import Account, InputError
from tutelage.serving.errors import ApiError
from tutelage.serving.settings import Allowance
from tutelage.store import Key, Store
from tutelage.web.passwords import PAUSE, Guesses


@dataclass(frozen=True)
class Caller:
    """Who sends a request. whose: by whom limits are counted; user: under which id prompts are collected; account: of
    the labeler who is signed in."""

    whose: str
    user: str
    allowance: Allowance
    account: Account | None


class Door:
    """Checks keys. May be used from several threads."""

    def __init__(self, store: Store, open_to_all: bool) -> None:
        """open_to_all: who has no key is let in, also where there are keys."""
        self._keys = store.keys
        self._open_to_all = open_to_all
        self._guarded = False
        self._looked = -math.inf
        self._guesses = Guesses()
        self._right: set[str] = set()
        self._lock = threading.Lock()

    @property
    def guarded(self) -> bool:
        """Whether a key is needed: from the first one on that is made, or a second later, and for ever."""
        if not self._guarded and time.monotonic() - self._looked > 1:
            self._looked = time.monotonic()
            self._guarded = self._keys.exist()
        return self._guarded and not self._open_to_all

    def check(self, secret: str | None, address: str) -> Key | None:
        """The key of this secret; None for somebody who comes without and needs none.

        An address with too many wrong keys waits, and takes no look into the database; keys that were right before
        are not kept waiting by it.

        Raises:
            ApiError: 401 for no key or a wrong one, 429 for guessing.
        """
        if secret is None or not (self.guarded or self._guarded):
            if self.guarded:
                raise ApiError(401, "give a key: Authorization: Bearer tlg-…", "missing_api_key")
            return None
        with self._lock:
            if secret not in self._right and self._guesses.are_too_many(address):
                raise ApiError(
                    429, "too many wrong keys came from there", "too_many_guesses", wait=round(PAUSE)
                )
        key = self._keys.find(secret)
        with self._lock:
            if key is None:
                self._right.discard(secret)
                self._guesses.count(address)
                raise ApiError(401, "the key is unknown or was revoked", "invalid_api_key")
            self._right.add(secret)
        return key


def require_guard(store: Store, host: str, behind_proxy: bool, open_to_all: bool) -> None:
    """Raises InputError for a server that others can reach and that nobody needs a key for, unless that is meant."""
    if open_to_all or store.keys.exist() or (is_loopback(host) and not behind_proxy):
        return
    raise InputError(
        "others could use the models without a key",
        f"--host {host}",
        "make one with tutelage keys create NAME, or say --open",
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    return host in ("localhost", "::1") or host.startswith("127.")
