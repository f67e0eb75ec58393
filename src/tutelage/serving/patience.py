"""Middleware: who sends a body by the byte, or does not read its answer, is not waited for."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class SlowError(Exception):
    """A request's body did not come in time."""


class StalledError(Exception):
    """Nobody reads the answer."""


class Patience:
    """Puts an end to waiting: SlowError in who waits for the body, StalledError in who sends."""

    def __init__(self, app: ASGIApp, body_seconds: float, stall_seconds: float) -> None:
        """body_seconds: in which the whole body is there. stall_seconds: in which a part of the answer is taken."""
        self._app, self._body_seconds, self._stall_seconds = app, body_seconds, stall_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry out a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deadline = asyncio.get_running_loop().time() + self._body_seconds
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

        async def send_in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(self._stall_seconds):
                    await send(message)
            except TimeoutError as error:
                raise StalledError from error

        await self._app(scope, receive_in_time, send_in_time)
