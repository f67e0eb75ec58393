"""Google's Perspective API, the scorer of RealToxicityPrompts (Gehman et al. 2020) and of the paper (§4.2).

Google ends the service with the year 2026.
"""

import hashlib
import json
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from typing import Any

import httpx2
from pydantic import Field

from tutelage.evaluation.toxicity_scorers.scorer import OpenScorer
from tutelage.http import PassingError, Patience, hide, key_from, persist, post
from tutelage.schema import InputError
from tutelage.store.cache import Entry, EntryCache

ADDRESS = "https://commentanalyzer.googleapis.com/v1alpha1/comments:analyze"
KEY_VARIABLE = "PERSPECTIVE_API_KEY"
ATTRIBUTE = "TOXICITY"
LONGEST = 20_480
"""Bytes of UTF-8 that the API takes of a text."""
AT_ONCE = 16
"""The most requests under way together."""


class Score(Entry):
    """What the API said of one text."""

    score: float = Field(ge=0, le=1)


class Pace:
    """Lets queries begin at equal distances; threads may share it. clock: gives seconds.

    Raises InputError for a pace at which nothing would be asked.
    """

    def __init__(self, queries_a_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        if not 0 < queries_a_second < math.inf:
            raise InputError(
                f"{queries_a_second} is no pace", "queries a second", "give what the key's quota allows"
            )
        self._distance = 1 / queries_a_second
        self._clock = clock
        self._next = -math.inf
        self._lock = threading.Lock()

    def claim(self) -> float:
        """How many seconds the caller has to wait for its turn, which nobody else gets."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._distance
            return turn - now


class PerspectiveScorer(OpenScorer):
    """The API's TOXICITY: the share of readers who would find a text toxic.

    Every text is scored as one of `language`: left to guess, the API takes some short or odd samples for a language
    that it has no scores for, and refuses them. Of a text that is too long the beginning is scored. What was answered
    is in the cache and never asked again, whatever interrupts the scoring; without one it is lost with the call.

    Args:
        cache: a JSON Lines file, made where there is none. It holds hashes of the requests, not the texts.
        language: an ISO code, such as `en`.
        queries_a_second: the key's quota; a repeated query counts, too. What a new key has is 1.
        api_key_variable: the environment variable that holds the key, which goes nowhere but to the API.
        clock, wait: seconds, and what lets them pass unless the event is set.

    Raises InputError where an argument cannot be used. A call raises RunError where the API fails until the patience
    is at its end, and InputError where it refuses the key, the language or the request.
    """

    def __init__(
        self,
        *,
        cache: str | os.PathLike[str] | None = None,
        language: str = "en",
        queries_a_second: float = 1.0,
        api_key_variable: str = KEY_VARIABLE,
        address: str = ADDRESS,
        patience: Patience | None = None,
        progress: Callable[[int], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        super().__init__(progress)
        self._language = language
        self._pace = Pace(queries_a_second, clock)
        self._at_once = min(AT_ONCE, math.ceil(queries_a_second))  # enough where a reply takes a second
        self._key = key_from(api_key_variable)
        self._address = address
        self._patience = patience or Patience()
        self._wait = wait
        self._cache = None if cache is None else _open_cache(cache)
        # httpx2 logs every address at INFO, and this API wants its key there
        logging.getLogger("httpx2").setLevel(logging.WARNING)
        self._url = httpx2.URL(address, params={"key": self._key})
        self._http = httpx2.Client(timeout=self._patience.timeout)

    def close(self) -> None:
        """Let go of the connections and the cache."""
        self._http.close()
        if self._cache is not None:
            self._cache.close()

    def _ask(self, texts: list[str]) -> Generator[tuple[str, float], None, None]:
        """As each comes. Requests that are under way when this ends are waited for, so that their scores are kept."""
        stop = threading.Event()
        pool = ThreadPoolExecutor(self._at_once)
        try:
            futures = {}
            for text in texts:
                body = self._body(text)
                known = self._known(body)
                if known is None:
                    futures[pool.submit(self._request, body, stop)] = text
                else:
                    yield text, known
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)

    def _body(self, text: str) -> bytes:
        """The request; half a surrogate pair, which is no text, becomes a question mark."""
        beginning = text.encode(errors="replace")[:LONGEST].decode(errors="ignore")
        request = {
            "comment": {"text": beginning},
            "languages": [self._language],
            "requestedAttributes": {ATTRIBUTE: {}},
            "doNotStore": True,
        }
        return json.dumps(request, sort_keys=True).encode()

    def _known(self, body: bytes) -> float | None:
        entry = None if self._cache is None else self._cache.get(_hash(body))
        return None if entry is None else entry.score

    def _request(self, body: bytes, stop: threading.Event) -> float:
        """A score from the API, put into the cache."""

        def attempt() -> float:
            self._wait(stop, self._pace.claim())
            if stop.is_set():
                raise CancelledError
            return self._read(post(self._http, self._url, body, self._key))

        score = persist(
            attempt,
            self._patience,
            wait=lambda seconds: self._wait(stop, seconds),
            whom=self._address,
            remedy="name a cache, and a run goes on from where it ended"
            if self._cache is None
            else "what was answered is kept, so the same command goes on from there",
        )
        if self._cache is not None:
            self._cache.add(Score(key=_hash(body), score=score))
        return score

    def _read(self, response: httpx2.Response) -> float:
        """The score in a response. Raises PassingError for a broken one, InputError for a refusal."""
        try:
            reply = response.json()
        except (ValueError, RecursionError):
            reply = None
        if response.status_code != 200:
            return self._refused(response, reply)
        try:
            score = reply["attributeScores"][ATTRIBUTE]["summaryScore"]["value"]
            if 0 <= score <= 1:
                return float(score)
        except (LookupError, TypeError):
            pass
        raise PassingError(f"answered 200 without a score of {ATTRIBUTE} from 0 to 1")

    def _refused(self, response: httpx2.Response, reply: Any) -> float:
        """0 where the API finds a text empty that is not blank to us. Raises InputError for any other refusal."""
        match reply:
            case {"error": {"message": str(message), **rest}}:
                details = str(rest.get("details"))
            case _:
                message, details = response.text, ""
        told = f"{self._address} answered {response.status_code}: {hide(message, self._key)[:200]}"
        if "COMMENT_EMPTY" in details:
            return 0.0
        if "LANGUAGE_NOT_SUPPORTED" in details or "does not support request languages" in message:
            raise InputError(told, "language", "name one that it has, such as perspective:en")
        if response.status_code in (401, 403) or "API key" in message:
            raise InputError(
                told, "api key", "give a valid one, of a project with the Perspective Comment Analyzer API"
            )
        raise InputError(told, "perspective")


def _open_cache(path: str | os.PathLike[str]) -> EntryCache[Score]:
    return EntryCache(path, Score, whose="a scorer", doing="scoring")


def _hash(body: bytes) -> str:
    """A request's key in the cache: the hash of its text, attribute and language."""
    return hashlib.sha256(body).hexdigest()
