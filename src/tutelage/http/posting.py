"""One request in JSON, and its answer."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from tutelage.http.key import hide
from tutelage.http.patience import PassingError, Patience, persist
from tutelage.schema import InputError

PASSING = {408, 409, 425, 429}
"""What a server says no to now and perhaps not a moment later; errors of its own (500 and more) are such, too."""


def post_json(
    http: httpx2.Client,
    url: httpx2.URL,
    body: Mapping[str, Any],
    patience: Patience,
    *,
    where: str,
    remedy: str,
    key: str | None = None,
    wait: Callable[[float], object] = time.sleep,
) -> Any:
    """What the address answers, read from JSON.

    where: the setting that names the address. key: what no message may show; what follows the address's question mark
    none shows either. wait, remedy: see `persist`. Raises InputError where the address refuses, RunError when all
    tries have failed.
    """
    shown, sent = str(url.copy_with(query=None)), json.dumps(body).encode()

    def attempt() -> Any:
        response = post(http, url, sent, key)
        if response.status_code != 200:
            told = hide(response.text, key)[:200]
            raise InputError(f"{shown} answered {response.status_code}: {told}", where)
        try:
            return response.json()
        except (ValueError, RecursionError):
            raise PassingError("answered 200 with what is not JSON") from None

    return persist(attempt, patience, wait=wait, whom=shown, remedy=remedy)


def post(http: httpx2.Client, url: httpx2.URL, body: bytes, key: str | None) -> httpx2.Response:
    """The response to a request in JSON: of status 200, or of one that will not change by itself.

    key: what no message may show. Raises PassingError for all else.
    """
    try:
        response = http.post(url, content=body, headers={"Content-Type": "application/json"})
    except (httpx2.RequestError, UnicodeError) as error:  # the second of a host's name that can be none
        raise PassingError(f"does not answer ({type(error).__name__}: {hide(str(error), key)})") from error
    if response.status_code in PASSING or response.status_code >= 500:
        raise PassingError(f"answered {response.status_code}", _retry_after(response))
    return response


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
