"""An answer on its way out: whole, or as events while it is drawn; who has gone is noticed at once."""

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any
from uuid import uuid4

from anyio import create_task_group
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.types import Receive, Scope, Send

from tutelage.rollout import Piece
from tutelage.serving.accepted import Accepted, Tally
from tutelage.serving.answers import Completions, Usage
from tutelage.serving.errors import ApiError, failure, stopping
from tutelage.serving.every import every
from tutelage.serving.rows import FailedError

GONE = 499
"""The status, by nginx's custom, of a request whose sender did not wait for the answer."""
HEARTBEAT = 15.0
"""Seconds in which a stream says something, be it a comment: proxies end what is silent."""
MARK = "\0"
"""Stands for the text of an event; in no name that is sent."""
DONE = "data: [DONE]\n\n"


class Form(ABC):
    """How a route tells of completions."""

    def __init__(self, accepted: Accepted, kind: str, logprobs: bool) -> None:
        """kind: what the answer's id begins with. logprobs: whether they are told."""
        self._accepted = accepted
        self._id = f"{kind}-{uuid4().hex}"
        self._logprobs = logprobs
        self._around_text: dict[int, list[str]] = {}

    @abstractmethod
    def opening(self) -> Iterable[Completions]:
        """The first events of a stream."""

    @abstractmethod
    def events(self, row: int, piece: Piece) -> Iterable[Completions]:
        """What is new of a completion."""

    def said(self, row: int, piece: Piece) -> str:
        """What is new of a completion, as it is sent. Most events are of text alone: the rest is written once."""
        if self._logprobs or piece.finish_reason is not None or not piece.text:
            return written(self.events(row, piece))
        if row not in self._around_text:
            self._around_text[row] = written(self.events(row, Piece(MARK, ()))).split(json.dumps(MARK))
        return json.dumps(piece.text, ensure_ascii=False).join(self._around_text[row])

    @abstractmethod
    def closing(self, usage: Usage) -> Completions:
        """A stream's last event: the numbers of tokens."""

    @abstractmethod
    def whole(self, tallies: Sequence[Tally], usage: Usage) -> Completions:
        """The answer at once."""

    def _envelope(self) -> dict[str, Any]:
        """The fields of `Completions` but for `object`."""
        served = self._accepted.served
        return {
            "id": self._id,
            "created": self._accepted.created,
            "model": served.name,
            "system_fingerprint": served.fingerprint,
        }


async def send_whole(
    request: Request, accepted: Accepted, form: Form, keep: BackgroundTask | None
) -> Response:
    """The answer when all of it is there. Raises ApiError where the server fails."""
    gone = False

    async def notice() -> None:
        nonlocal gone
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone = True
        group.cancel_scope.cancel()

    try:
        async with create_task_group() as group:
            group.start_soon(notice)
            while not accepted.over:
                await accepted.news()
            group.cancel_scope.cancel()
    except* FailedError as failed:
        raise told_of(failed) from None
    finally:
        accepted.close()
    if gone and not accepted.over:
        return Response(status_code=GONE)
    body = form.whole(accepted.tallies, accepted.usage).model_dump_json()
    return Response(body, media_type="application/json", background=keep)


class Events(StreamingResponse):
    """The answer while it is drawn."""

    def __init__(
        self, accepted: Accepted, form: Form, tells_usage: bool, keep: BackgroundTask | None
    ) -> None:
        """tells_usage: a last event holds the numbers of tokens."""
        headers = {"x-accel-buffering": "no"}  # nginx would hold events back
        super().__init__(self._events(), headers=headers, media_type="text/event-stream", background=keep)
        self._accepted, self._form, self._tells_usage = accepted, form, tells_usage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; whatever ends the sending ends the drawing."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._accepted.close()

    async def _events(self) -> AsyncIterator[str]:
        accepted, form = self._accepted, self._form
        yield written(form.opening())
        try:
            with every(HEARTBEAT, accepted.rows.nudge):
                while not accepted.over:
                    news = await accepted.news()
                    yield "".join(form.said(row, piece) for row, piece in news) if news else ": waiting\n\n"
        except FailedError as failed:
            error = stopping() if failed.stopped else failure()
            yield written([error.body])
            return
        accepted.close()
        yield (written([form.closing(accepted.usage)]) if self._tells_usage else "") + DONE


def written(events: Iterable[BaseModel]) -> str:
    """Events as they are sent."""
    return "".join(f"data: {event.model_dump_json()}\n\n" for event in events)


def told_of(failed: BaseExceptionGroup[FailedError]) -> ApiError:
    """How a request is told that nothing comes of it."""
    stopped = any(isinstance(each, FailedError) and each.stopped for each in failed.exceptions)
    return stopping() if stopped else failure()
