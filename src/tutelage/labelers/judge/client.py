"""Requests to an OpenAI-compatible endpoint, repeated while it is worth it."""

import json
import os
import random
import re
import threading
from concurrent.futures import CancelledError
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from tutelage.labelers.judge.costs import Usage
from tutelage.schema import InputError, RunError

PASSING = {408, 409, 425, 429}
"""What a server says no to now and perhaps not a moment later; errors of its own (500 and more) are such, too."""


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


class Client:
    """An endpoint's chat completions; threads may share it.

    endpoint: the address before `/chat/completions`, such as `http://localhost:8000/v1`. api_key_variable: the
    environment variable that holds the key, or None for an endpoint that wants none. The key itself goes nowhere
    but to the endpoint. Raises InputError where the address or the key cannot be used.
    """

    def __init__(
        self, endpoint: str, api_key_variable: str | None = None, patience: Patience | None = None
    ) -> None:
        self._url = _address(endpoint)
        self._shown = str(
            self._url.copy_with(query=None)
        )  # some endpoints take secrets after the question mark
        self._key = None if api_key_variable is None else _key(api_key_variable)
        self._patience = patience or Patience()
        self._http = httpx2.Client(
            headers={} if self._key is None else {"Authorization": f"Bearer {self._key}"},
            timeout=self._patience.timeout,
            limits=httpx2.Limits(max_connections=None),  # how many there are at once is the judge's affair
        )

    def complete(self, body: bytes, stop: threading.Event) -> tuple[str, Usage | None]:
        """The text of the reply to a request, and its usage where the endpoint tells one.

        Raises RunError when all tries have failed, InputError where the endpoint refuses the key, the model or the
        request, and CancelledError instead of a try once `stop` is set.
        """
        patience = self._patience
        failure = ""
        for again in range(patience.tries):
            if stop.is_set():
                raise CancelledError
            asked_to_wait = 0.0
            try:
                response = self._http.post(
                    self._url, content=body, headers={"Content-Type": "application/json"}
                )
            except httpx2.RequestError as error:
                failure = f"does not answer ({type(error).__name__}: {self._clean(str(error))})"
            else:
                if response.status_code == 200:
                    try:
                        return _content(response)
                    except ValueError as error:
                        failure = f"answered 200 with {error}"
                elif response.status_code in PASSING or response.status_code >= 500:
                    failure = f"answered {response.status_code}"
                    asked_to_wait = _retry_after(response)
                else:
                    raise self._refusal(response, json.loads(body)["model"])
            if again + 1 < patience.tries:
                # the random part keeps requests that failed together from coming back together
                backoff = patience.first_wait * 2**again * random.uniform(0.5, 1.0)
                stop.wait(min(asked_to_wait + backoff, patience.longest_wait))
        raise RunError(
            f"{self._shown} {failure}, after {patience.tries} tries",
            "what was answered is kept, so the same command goes on from there",
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _refusal(self, response: httpx2.Response, model: str) -> InputError:
        """What the user has to mend, for a status that will not change by itself."""
        status = response.status_code
        told = self._clean(response.text)[:200]
        match status:
            case 401:
                return InputError(f"refused by {self._shown} with 401", "api key", "give a valid one")
            case 403:
                return InputError(
                    f"{self._shown} answered 403, this key may not use {model}: {told}", "api key"
                )
            case 404 if "model" in told.lower() and model in told:  # else it knows no such path
                return InputError(f"{self._shown} answered 404: it has no {model}", "model")
            case 404:
                return InputError(
                    f"{self._shown} answered 404", "endpoint", "give the address before /chat/completions"
                )
            case _:
                return InputError(f"{self._shown} answered {status}: {told}", "endpoint")

    def _clean(self, text: str) -> str:
        """The text without the key, which some servers repeat."""
        return text if self._key is None else text.replace(self._key, "[api key]")


def _address(endpoint: str) -> httpx2.URL:
    try:
        url = httpx2.URL(endpoint)
    except httpx2.InvalidURL as error:
        raise InputError(f"is no address: {error}", "endpoint") from error
    if url.userinfo:
        raise InputError("has a password in it", "endpoint", "put a key into an environment variable")
    if url.scheme not in ("http", "https") or not url.host:
        raise InputError(f"{url} is no http address", "endpoint", "give one like http://localhost:8000/v1")
    path = url.path.rstrip("/").removesuffix("/chat/completions")
    return url.copy_with(path=f"{path}/chat/completions")


def _key(variable: str) -> str:
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


def _content(response: httpx2.Response) -> tuple[str, Usage | None]:
    """The text and the usage of a chat completion. Raises ValueError for anything else."""
    try:
        reply = response.json()
    except (ValueError, RecursionError):
        raise ValueError("what is not JSON") from None
    try:
        message = reply["choices"][0]["message"]
        content = message["content"]
        if (
            content is None
        ):  # a refusal has its own field; a model that thought till the end of its tokens has none
            content = message.get("refusal") or ""
    except (AttributeError, LookupError, TypeError):
        content = None
    if not isinstance(content, str):
        raise ValueError("JSON that lacks choices[0].message.content")
    # JSON may hold half of a surrogate pair, which is no text and cannot be kept
    return content.encode(errors="replace").decode(), _usage(reply)


def _usage(reply: dict[str, Any]) -> Usage | None:
    match reply.get("usage"):
        case {"prompt_tokens": int(sent), "completion_tokens": int(received)} if min(sent, received) >= 0:
            return Usage(sent, received)
        case _:
            return None


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
