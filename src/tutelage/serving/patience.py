"""Middleware: who sends a body by the byte, or does not read its answer, is not waited for."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tutelage.serving.every import every


class SlowError(Exception):
    """A request's body did not come in time."""


class StalledError(Exception):
    """Nobody reads the answer."""


class Patience:
    """Puts an end to waiting: SlowError in who waits for the body, StalledError in who sends."""

    def __init__(self, app: ASGIApp, body_seconds: float, stall_seconds: float) -> None:
        """body_seconds: in which the whole body is there. stall_seconds: in which a part of the answer is taken; one
        that is not is noticed before twice as many."""
        self._app, self._body_seconds, self._stall_seconds = app, body_seconds, stall_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry out a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._body_seconds
        complete = False

        async def receive_in_time() -> Message:
            nonlocal complete
            if complete:  # what comes now is that the client has gone, whenever it goes
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise SlowError from error
            complete = not message.get("more_body", False)
            return message

        sending, sent = False, 0

        async def send_watched(message: Message) -> None:
            nonlocal sending, sent
            sending = True
            await send(message)
            sending, sent = False, sent + 1

        earlier = 0

        def look() -> None:
            nonlocal earlier
            if sending and sent == earlier:
                patience.reschedule(loop.time())  # now
            earlier = sent

        patience = asyncio.timeout(None)
        try:
            with every(self._stall_seconds, look):
                async with patience:
                    await self._app(scope, receive_in_time, send_watched)
        except TimeoutError as error:
            if not patience.expired():
                raise
            raise StalledError from error
