"""Requests to an OpenAI-compatible endpoint, repeated while it is worth it."""

import json
import threading
from concurrent.futures import CancelledError
from typing import Any

import httpx2

from tutelage.http import PassingError, Patience, hide, key_from, persist, post
from tutelage.labelers.judge.costs import Usage
from tutelage.schema import InputError


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
        # some endpoints take secrets after the question mark
        self._shown = str(self._url.copy_with(query=None))
        self._key = None if api_key_variable is None else key_from(api_key_variable)
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

        def attempt() -> tuple[str, Usage | None]:
            if stop.is_set():
                raise CancelledError
            response = post(self._http, self._url, body, self._key)
            if response.status_code != 200:
                raise self._refusal(response, json.loads(body)["model"])
            try:
                return _content(response)
            except ValueError as error:
                raise PassingError(f"answered 200 with {error}") from None

        return persist(
            attempt,
            self._patience,
            wait=stop.wait,
            whom=self._shown,
            remedy="what was answered is kept, so the same command goes on from there",
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _refusal(self, response: httpx2.Response, model: str) -> InputError:
        """What the user has to mend, for a status that will not change by itself."""
        status = response.status_code
        told = hide(response.text, self._key)[:200]
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


def _content(response: httpx2.Response) -> tuple[str, Usage | None]:
    """The text and the usage of a chat completion. Raises ValueError for anything else."""
    try:
        reply = response.json()
    except (ValueError, RecursionError):
        raise ValueError("what is not JSON") from None
    try:
        message = reply["choices"][0]["message"]
        content = message["content"]
        # a refusal has its own field; a model that thought till the end of its tokens has none
        if content is None:
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
