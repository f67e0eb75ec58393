"""How long to wait for an endpoint, and trying again until that is over."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tutelage.schema import InputError, RunError

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How long to wait for an endpoint, and how often to try; times in seconds.

    timeout: for one reply. tries: of one request. first_wait: before the second try, twice as long before the next
    one, and so on. longest_wait: also where the endpoint's Retry-After asks for more. Raises InputError for values
    that let nothing be asked.
    """

    timeout: float = 120.0
    tries: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise InputError(f"{self.tries} is too few", "tries", "give at least 1")
        if not self.timeout > 0:
            raise InputError(f"{self.timeout} is no time to wait", "timeout", "give some seconds")


class PassingError(Exception):
    """A try that failed where another may not; `seconds` is how long the endpoint asks to wait before it."""

    def __init__(self, what: str, seconds: float = 0.0) -> None:
        super().__init__(what)
        self.seconds = seconds


def persist(
    attempt: Callable[[], T],
    patience: Patience,
    *,
    wait: Callable[[float], object],
    whom: str,
    remedy: str,
) -> T:
    """What the first try gives that does not end in a PassingError.

    wait: lets so many seconds pass. whom, remedy: the endpoint as messages show it, and what to do when all tries
    have failed. Raises RunError then.
    """
    failure = ""
    for again in range(patience.tries):
        try:
            return attempt()
        except PassingError as error:
            failure, asked_to_wait = str(error), error.seconds
        if again + 1 < patience.tries:
            # the random part keeps requests that failed together from coming back together
            backoff = patience.first_wait * 2**again * random.uniform(0.5, 1.0)
            wait(min(asked_to_wait + backoff, patience.longest_wait))
    raise RunError(f"{whom} {failure}, after {patience.tries} tries", remedy)
