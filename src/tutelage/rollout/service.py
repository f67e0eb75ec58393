"""Sampling for many callers at once: a request's row enters a batch that is under way, and leaves when it has ended.

One thread draws for all models. Who asks is told of each token as it is drawn, in that thread. A sampler that fails
tells everybody who waits for it and begins anew; where it cannot, the thread ends and the service has failed.
"""

import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Literal

from tutelage.models import arithmetic, evaluating
from tutelage.rollout.batch import Batch, Row, Settings, Step
from tutelage.rollout.engine import check_lengths, check_settings
from tutelage.rollout.generation import FinishReason
from tutelage.rollout.sampler import Sampler
from tutelage.rollout.stopping import StopStrings
from tutelage.rollout.unfolding import Unfolding


@dataclass(frozen=True)
class Request:
    """One completion that somebody wants."""

    prompt: tuple[int, ...]
    """As the sampler's template encodes it."""
    max_new_tokens: int
    seed: int
    """Of this row: `derive(seed, "sample", place, number)` gives what `Sampler.sample` gives."""
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    stop: tuple[str, ...] = ()
    alternatives: int = 0
    """Likeliest tokens to be told of at every step."""


@dataclass(frozen=True)
class Token:
    """A token that was drawn; `alternatives`: the likeliest ones with their log-probabilities."""

    id: int
    logprob: float
    alternatives: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Piece:
    """What has come of a request since the last piece."""

    text: str
    """That no later token changes."""
    tokens: tuple[Token, ...]
    finish_reason: FinishReason | None = None
    """Set in the last piece."""
    error: BaseException | None = None
    """Why there will be no more: the sampler failed. Its message may quote what was asked."""


@dataclass(eq=False)
class Ticket:
    """A request on its way; `cancel` is all that a caller does with it."""

    model: str
    request: Request
    listener: Callable[[Piece], None]
    unfolding: Unfolding
    cancelled: bool = False

    def take(self, step: Step) -> Piece:
        """What a token brings."""
        text, reason = self.unfolding.take(step.token)
        return Piece(text, (Token(step.token, step.logprob, step.likeliest),), reason)


class Station:
    """One model, the rows under way in it, and who waits for it. Used by the thread of its service."""

    def __init__(self, sampler: Sampler, rows: int) -> None:
        self.sampler = sampler
        self.rows = rows
        self.waiting: tuple[Ticket, ...] = ()  # replaced, never changed: others look at it
        self.seated: dict[int, Ticket] = {}
        self._batch = Batch(sampler.model)
        self._places = itertools.count()
        self._entry_seconds = 0.0  # that the last entry took
        self._ready, self._looked = 0, 0.0  # who could have entered when this was last looked at
        self._empty = 0.0  # seconds that free rows, all together, stood empty though somebody waited

    @property
    def busy(self) -> bool:
        return bool(self.waiting or self.seated)

    def step(self) -> None:
        """Let rows in, or draw a token for each row that is in."""
        for place in [place for place, ticket in self.seated.items() if ticket.cancelled]:
            self._leave(place)
        entering = self._entering()
        if entering:
            begun = time.monotonic()
            steps = self._batch.enter([self._seat(ticket) for ticket in entering])
            self._entry_seconds = time.monotonic() - begun
            self._take(steps)
        elif self.seated:
            self._take(self._batch.advance())

    def fail(self, error: Exception) -> None:
        """Tell everybody that there will be no more, and begin anew. Raises what keeps it from beginning anew."""
        self.dismiss(error)
        self._batch = Batch(self.sampler.model)

    def dismiss(self, error: BaseException) -> None:
        """Tell everybody that there will be no more."""
        failed = [*self.seated.values(), *self.waiting]
        self.seated.clear()
        self.waiting = ()
        for ticket in failed:
            with suppress(Exception):  # a listener that fails must not keep the others from hearing of it
                ticket.listener(Piece("", (), error=error))

    def _entering(self) -> Sequence[Ticket]:
        """Who enters now.

        While prompts are read all rows under way stand still. So newcomers enter when free rows have stood empty for as
        long, all together, as the others will have to stand still for them.
        """
        self.waiting = tuple(ticket for ticket in self.waiting if not ticket.cancelled)
        now = time.monotonic()
        self._empty += self._ready * (now - self._looked)
        self._ready, self._looked = min(self.rows - len(self.seated), len(self.waiting)), now
        if self._ready == 0 or self._empty < len(self.seated) * self._entry_seconds:
            return ()
        entering, self.waiting = self.waiting[: self._ready], self.waiting[self._ready :]
        self._ready, self._empty = 0, 0.0
        return entering

    def _seat(self, ticket: Ticket) -> Row:
        place, asked = next(self._places), ticket.request
        self.seated[place] = ticket
        settings = Settings(asked.temperature, asked.top_p, asked.top_k, asked.alternatives)
        return Row(place, asked.prompt, asked.seed, asked.max_new_tokens, settings)

    def _take(self, steps: list[Step]) -> None:
        news = []
        for step in steps:
            ticket = self.seated[step.place]
            piece = ticket.take(step)
            if piece.finish_reason is not None:
                self._leave(step.place)  # who hears of the end may count on a free row
            news.append((ticket, piece))
        for ticket, piece in news:  # in one go: who hears of it in another thread need wake up only once
            ticket.listener(piece)

    def _leave(self, place: int) -> None:
        del self.seated[place]
        self._batch.leave(place)


class Service:
    """Samplers that answer whoever asks. Inside its context the models' weights must stay as they are."""

    def __init__(
        self,
        samplers: Mapping[str, Sampler],
        *,
        rows: int = 64,
        precision: Literal["auto", "fp32", "bf16"] = "fp32",
    ) -> None:
        """rows: of each model, drawn for together. precision: of matrix products (`models.arithmetic`)."""
        self.samplers = dict(samplers)
        self.rows = rows
        self._precision: Literal["auto", "fp32", "bf16"] = precision
        self._stations = {name: Station(sampler, rows) for name, sampler in samplers.items()}
        self._news = threading.Condition()
        self._closing = False
        self._failure: BaseException | None = None  # that ended the thread
        self._arrived: list[Ticket] = []
        self._thread = threading.Thread(target=self._work, name="sampling", daemon=True)

    def __enter__(self) -> "Service":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, model: str, request: Request, listener: Callable[[Piece], None]) -> Ticket:
        """Have a completion sampled; returns at once. May be called from any thread.

        Raises:
            InputError: the prompt or a setting cannot be sampled.
            RuntimeError: the service is closed, or has failed.
        """
        sampler = self.samplers[model]
        check_settings(request.temperature, request.top_p, request.top_k, request.max_new_tokens)
        check_lengths(sampler.model, [list(request.prompt)], request.max_new_tokens)
        stops = StopStrings(request.stop, sampler.tokenizer, sampler.template)
        unfolding = Unfolding(stops, sampler.stop_ids, request.max_new_tokens)
        ticket = Ticket(model, request, listener, unfolding)
        with self._news:
            if self._failure is not None:
                raise RuntimeError("the service has failed") from self._failure
            if self._closing:
                raise RuntimeError("the service is closed")
            self._arrived.append(ticket)
            self._news.notify()
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        """Nobody waits for it any more: its row is free at the next step. May be called from any thread."""
        ticket.cancelled = True

    def waiting(self, model: str) -> int:
        """Requests that have not begun and that somebody wants."""
        with self._news:  # while who came is taken in, they would count in both places or in none
            arrived = [ticket for ticket in self._arrived if ticket.model == model]
            waiting = (*self._stations[model].waiting, *arrived)
        return sum(not ticket.cancelled for ticket in waiting)

    def live(self, model: str) -> int:
        """Rows under way."""
        return len(self._stations[model].seated)

    @property
    def failed(self) -> bool:
        """Whether its thread has ended though nobody closed it: nothing will be sampled any more."""
        return self._failure is not None

    def close(self) -> None:
        """Take no more requests, and return when those that were taken have ended."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join()

    def _work(self) -> None:
        try:
            self._draw()
        except BaseException as error:  # whatever it is: who waits would wait for ever
            self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        """Tell everybody that nothing will come any more."""
        with self._news:
            self._failure = error
            self._welcome()
        for station in self._stations.values():
            station.dismiss(error)

    def _draw(self) -> None:
        stations = self._stations.values()
        with ExitStack() as stack:
            for device in {sampler.model.device for sampler in self.samplers.values()}:
                stack.enter_context(arithmetic(self._precision, device))
            for sampler in self.samplers.values():
                stack.enter_context(evaluating(sampler.model))
            while self._hear(wait=not any(station.busy for station in stations)):
                for station in stations:
                    try:
                        station.step()
                    except Exception as error:
                        station.fail(error)

    def _hear(self, wait: bool) -> bool:
        """Take in who has come, waiting for somebody where there is nothing to do; false when all is done."""
        with self._news:
            while wait and not self._arrived and not self._closing:
                self._news.wait()
            self._welcome()
            return not self._closing or any(station.busy for station in self._stations.values())

    def _welcome(self) -> None:
        """Have those who came wait for their models; with the lock."""
        for ticket in self._arrived:
            self._stations[ticket.model].waiting += (ticket,)
        self._arrived.clear()
