"""What every answer of the server carries, also where it fails, and what a request may bring."""

import json
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 4 * 1024 * 1024
"""Bytes of a request's body, unless an app says otherwise."""

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class TooLargeError(Exception):
    """A request's body is larger than is taken."""


def _plainly(_: int, told: str) -> object:
    return {"error": told}


class Protection:
    """Middleware. Pages are kept by no cache; static files may be, and are asked for anew each time."""

    def __init__(
        self,
        app: ASGIApp,
        secure: bool,
        largest: int = LARGEST,
        refusal: Callable[[int, str], object] = _plainly,
    ) -> None:
        """secure: TLS only, from now on; largest: bytes of a request's body; refusal: a status and what is told with it
        as JSON, in the form of the app's own errors."""
        self._app = app
        self._largest = largest
        self._refusal = refusal
        headers = {**_HEADERS, **({"strict-transport-security": "max-age=31536000"} if secure else {})}
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        static = scope["path"].startswith("/static/")
        cache = (b"cache-control", b"no-cache" if static else b"no-store")
        began = False
        taken = 0

        async def receive_limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._largest:
                raise TooLargeError
            return message

        async def send_protected(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                own = [pair for pair in message["headers"] if pair[0].lower() != b"cache-control"]
                names = {name.lower() for name, _ in own}
                ours = [pair for pair in self._headers if pair[0] not in names]
                message["headers"] = [*own, *ours, cache]
            await send(message)

        async def refuse(status: int, told: str) -> None:
            body = json.dumps(self._refusal(status, told)).encode()
            kind = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            await send_protected({"type": "http.response.start", "status": status, "headers": kind})
            await send({"type": "http.response.body", "body": body})

        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await refuse(404, "there is no such page")  # PostgreSQL fails to look for such a text
            return
        try:
            await self._app(scope, receive_limited, send_protected)
        except TooLargeError:
            if began:
                raise
            await refuse(413, f"the request is larger than {self._largest >> 20} MB")
        except Exception:
            if not began:
                await refuse(500, "the server failed")
            raise
