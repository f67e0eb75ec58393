"""A model behind an OpenAI-compatible endpoint that is asked questions, each of which it answers once."""

import hashlib
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
from typing import Self

from tutelage.http import Patience
from tutelage.labelers.judge.cache import Cache, Reply
from tutelage.labelers.judge.client import Client
from tutelage.labelers.judge.costs import CostEstimate, Prices, Usage, about_tokens
from tutelage.labelers.judge.prompting import Question
from tutelage.schema import InputError


class EndpointJudge:
    """What judges of all sorts have in common.

    A reply without an answer is asked for again `retries` times, with the next seed; then the judge abstains.
    Refusals are such replies. What was answered is in the cache and never asked again, whatever interrupts the
    judging. One thread may use a judge, which makes `at_once` requests side by side itself.

    Args:
        endpoint: the address before `/chat/completions`.
        model: its name at the endpoint.
        cache: the caller's, who closes it.
        api_key_variable: the environment variable that holds the key.
        seed: sent along, with temperature 0; a server may still answer otherwise another time.
        max_tokens: of a reply. A model that thinks first needs more.

    Raises InputError where an argument cannot be used.
    """

    def __init__(
        self,
        endpoint: str,
        model: str,
        *,
        cache: Cache,
        api_key_variable: str | None = None,
        seed: int = 0,
        max_tokens: int = 512,
        retries: int = 2,
        at_once: int = 8,
        patience: Patience | None = None,
    ) -> None:
        if not model.strip():
            raise InputError("is empty", "model", "name the endpoint's model")
        for name, value, least in (
            ("max_tokens", max_tokens, 1),
            ("retries", retries, 0),
            ("at_once", at_once, 1),
        ):
            if value < least:
                raise InputError(f"{value} is too few", name, f"give at least {least}")
        self._model = model
        self._seed = seed
        self._max_tokens = max_tokens
        self._retries = retries
        self._at_once = at_once
        self._cache = cache
        self._client = Client(endpoint, api_key_variable, patience)
        self._answers: dict[Question, str | None] = {}
        self._used: dict[str, Reply] = {}

    @property
    def abstentions(self) -> int:
        """How many of the different questions this judge has not answered."""
        return sum(answer is None for answer in self._answers.values())

    @property
    def usage(self) -> Usage:
        """The tokens of all replies that the answers rest on, those from the cache included.

        Where the endpoint told none, about as many as the characters make.
        """
        return sum((reply.usage for reply in self._used.values()), Usage())

    def cost(self, prices: Prices) -> float:
        """What the usage costs: the price of all answers, whenever they were paid."""
        return self.usage.cost(prices)

    def close(self) -> None:
        """Let go of the connections; the cache is the caller's."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _settle(
        self, questions: Iterable[Question], progress: Callable[[int, int], None] | None
    ) -> dict[Question, str | None]:
        """The answers to all questions that were ever asked, these among them.

        progress: called in this thread with the questions that are answered and how many there are. Ctrl-C, as any
        error, lets the requests that are under way end, so that their replies are kept; a second Ctrl-C stops at
        once. Raises RunError where the endpoint fails, InputError where it refuses.
        """
        left = [question for question in dict.fromkeys(questions) if question not in self._answers]
        if not left:
            return self._answers
        stop = Event()
        pool = ThreadPoolExecutor(self._at_once)
        try:
            futures = {pool.submit(self._answer, question, stop): question for question in left}
            for done, future in enumerate(as_completed(futures), start=1):
                self._answers[futures[future]] = future.result()
                if progress is not None:
                    progress(done, len(left))
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
        return self._answers

    def _estimate(self, questions: Iterable[Question], prices: Prices | None) -> CostEstimate:
        """What settling would request, how much of it is answered already, and what the rest would cost."""
        cached = missing = tokens = 0
        for question in dict.fromkeys(questions):
            for attempt in range(1 + self._retries):
                reply = self._cache.get(_key(self._body(question, attempt)))
                if reply is None:
                    missing += 1
                    tokens += _tokens_sent(question, attempt)
                    break
                cached += 1
                if question.read(reply.text) is not None:
                    break
        usage = Usage(tokens, missing * self._max_tokens)
        return CostEstimate(cached + missing, cached, usage, None if prices is None else usage.cost(prices))

    def _answer(self, question: Question, stop: Event) -> str | None:
        """Ask until the reply has an answer; None is an abstention."""
        for attempt in range(1 + self._retries):
            reply = self._reply(question, attempt, stop)
            self._used[reply.key] = reply
            answer = question.read(reply.text)
            if answer is not None:
                return answer
        return None

    def _reply(self, question: Question, attempt: int, stop: Event) -> Reply:
        """From the cache, or from the endpoint and then in the cache."""
        body = self._body(question, attempt)
        key = _key(body)
        known = self._cache.get(key)
        if known is not None:
            return known
        text, usage = self._client.complete(body, stop)
        usage = usage or Usage(_tokens_sent(question, attempt), about_tokens(text))
        reply = Reply(
            key=key,
            text=text,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
        )
        self._cache.add(reply)
        return reply

    def _body(self, question: Question, attempt: int) -> bytes:
        """The request. Another attempt has another seed, or at temperature 0 it would get the same reply."""
        request = {
            "model": self._model,
            "messages": question.messages(again=attempt > 0),
            "temperature": 0,
            "seed": self._seed + attempt,
            "max_tokens": self._max_tokens,
        }
        return json.dumps(request, sort_keys=True).encode()


def _key(body: bytes) -> str:
    """A request's key in the cache: the hash of model, messages and parameters."""
    return hashlib.sha256(body).hexdigest()


def _tokens_sent(question: Question, attempt: int) -> int:
    return sum(about_tokens(message["content"]) for message in question.messages(again=attempt > 0))
