"""The completions of one request while they are drawn: from the sampling thread into the server's loop."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from tutelage.rollout import Piece, Request, Service, Ticket
from tutelage.serving import log
from tutelage.serving.metrics import Metrics


class FailedError(Exception):
    """There will be no more of these completions. stopped: because the server is being stopped."""

    def __init__(self, *, stopped: bool) -> None:
        super().__init__()
        self.stopped = stopped


class Post:
    """Brings into a loop what the sampling thread tells, all of a step at once: the waking is what costs."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._letters: deque[tuple[Callable[[int, Piece], None], int, Piece]] = deque()
        self._on_its_way = False

    def put(self, hear: Callable[[int, Piece], None], row: int, piece: Piece) -> None:
        """Have `hear` called in the loop. May be called from any thread."""
        self._letters.append((hear, row, piece))
        if not self._on_its_way:
            self._on_its_way = True
            with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
                self.loop.call_soon_threadsafe(self._hand_out)

    def _hand_out(self) -> None:
        self._on_its_way = False  # before the letters are read: one that is put after has this called again
        while self._letters:
            hear, row, piece = self._letters.popleft()
            hear(row, piece)


class Rows:
    """n completions on their way. What comes of one before it is taken is one piece."""

    def __init__(self, service: Service, post: Post, metrics: Metrics, model: str) -> None:
        self.model = model
        self.tokens = 0
        """Drawn so far, of all of them."""
        self._service, self._post = service, post
        self._first_token = metrics.first_token.labels(model)
        self._between_tokens = metrics.between_tokens.labels(model)
        self._news = asyncio.Event()
        self._fresh: dict[int, Piece] = {}
        self._failure: FailedError | None = None
        self._tickets: dict[int, Ticket] = {}
        self._heard: dict[int, float] = {}
        self._began = time.perf_counter()

    @property
    def unfinished(self) -> int:
        """Of them, so many need a row, or have one."""
        return len(self._tickets)

    def begin(self, draws: Sequence[Request]) -> None:
        """Have them sampled. Raises InputError, and begins none, where one cannot be."""
        try:
            for row, draw in enumerate(draws):
                listener = partial(self._post.put, self._hear, row)
                self._tickets[row] = self._service.submit(self.model, draw, listener)
        except Exception:
            self.close()
            raise

    async def news(self) -> list[tuple[int, Piece]]:
        """What has come since the last call, waiting for something to come, or for a nudge. Each row's last piece has a
        reason.

        Raises FailedError.
        """
        await self._news.wait()
        self._news.clear()
        if self._failure is not None:
            raise self._failure
        fresh = sorted(self._fresh.items())
        self._fresh.clear()
        return fresh

    def nudge(self) -> None:
        """Whoever waits for news looks up."""
        self._news.set()

    def fail(self, error: BaseException) -> None:
        """Whoever waits for them waits no longer: the sampler failed. The log says why, once for all of them."""
        if self._failure is None:
            log.write_error(error)
            self._end(FailedError(stopped=False))

    def stop(self) -> None:
        """Whoever waits for them waits no longer: the server is being stopped."""
        if self._failure is None:
            self._end(FailedError(stopped=True))

    def close(self) -> None:
        """Nobody wants what is left: its rows are free for others."""
        for ticket in self._tickets.values():
            self._service.cancel(ticket)
        self._tickets.clear()

    def _end(self, failure: FailedError) -> None:
        self._failure = failure
        self._news.set()

    def _hear(self, row: int, piece: Piece) -> None:
        if row not in self._tickets:
            return
        if piece.error is not None:
            self.fail(piece.error)
            return
        self._time(row, len(piece.tokens))
        self.tokens += len(piece.tokens)
        if piece.finish_reason is not None:
            del self._tickets[row]
        earlier = self._fresh.get(row)
        self._fresh[row] = piece if earlier is None else joined(earlier, piece)
        self._news.set()

    def _time(self, row: int, tokens: int) -> None:
        now = time.perf_counter()
        if row not in self._heard:
            self._first_token.observe(now - self._began)
        elif tokens:
            self._between_tokens.observe((now - self._heard[row]) / tokens)
        self._heard[row] = now


def joined(first: Piece, second: Piece) -> Piece:
    """Two pieces of one completion as one."""
    return Piece(first.text + second.text, first.tokens + second.tokens, second.finish_reason)
