"""Requests to an endpoint over HTTP, repeated while it is worth it, and the key that it asks for. Needs httpx2."""

import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx2

from tutelage.schema import InputError, RunError

PASSING = {408, 409, 425, 429}
"""What a server says no to now and perhaps not a moment later; errors of its own (500 and more) are such, too."""

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


def post(http: httpx2.Client, url: httpx2.URL, body: bytes, key: str | None) -> httpx2.Response:
    """The response to a request in JSON: of status 200, or of one that will not change by itself.

    key: what no message may show. Raises PassingError for all else.
    """
    try:
        response = http.post(url, content=body, headers={"Content-Type": "application/json"})
    except httpx2.RequestError as error:
        raise PassingError(f"does not answer ({type(error).__name__}: {hide(str(error), key)})") from error
    if response.status_code in PASSING or response.status_code >= 500:
        raise PassingError(f"answered {response.status_code}", _retry_after(response))
    return response


def key_from(variable: str) -> str:
    """The key in an environment variable. Raises InputError, without the key, where it cannot be used."""
    # The value is in no message, and neither is a "name" that may be the key itself, given by mistake.
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", variable):
        raise InputError(
            "is no name of an environment variable", "api key", "name one, such as OPENAI_API_KEY"
        )
    key = os.environ.get(variable, "").strip()
    if not key:
        raise InputError(f"{variable} is not set", "api key", "put the key into this environment variable")
    if not re.fullmatch(r"[!-~]+", key):  # the HTTP library would complain with the whole header
        raise InputError(f"{variable} holds characters that no key has", "api key")
    return key


def hide(text: str, key: str | None) -> str:
    """The text without the key, which some servers repeat."""
    return text if key is None else text.replace(key, "[api key]")


def _retry_after(response: httpx2.Response) -> float:
    """The seconds that the server asks to wait, given as such or as a date; 0 where it does not."""
    told = response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0
