"""Serving the app, in one process, until it is told to stop."""

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from tutelage.serving import log
from tutelage.serving.desk import Desk

LAST = 2
"""Seconds for the last events to be sent after the grace."""
UNACKNOWLEDGED = 60_000
"""Milliseconds after which Linux gives up a connection whose other side takes nothing."""


class Server(uvicorn.Server):
    """Ends in two steps: at Ctrl-C or SIGTERM requests are refused, and those under way are finished; at the end of the
    grace, or at a second Ctrl-C, they are cut off."""

    def __init__(
        self, app: FastAPI, grace_seconds: float, ready: Callable[[], None], behind_proxy: bool = False
    ) -> None:
        """ready: called when requests are taken. behind_proxy: addresses are as a proxy on this machine tells them."""
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=behind_proxy,
                timeout_graceful_shutdown=LAST,
                lifespan="off",
            )
        )
        self._desk: Desk = app.state.desk
        self._grace_seconds, self._ready = grace_seconds, ready
        self._until: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second; returns whether to close every connection now."""
        if not await super().on_tick(counter):
            return False
        if self._until is None:
            self._until = time.monotonic() + self._grace_seconds
            self._desk.stop()
        if not self._desk.under_way:
            return True
        over = self.force_exit or time.monotonic() > self._until
        if over:
            self._desk.cut()
            self.force_exit = False  # uvicorn's would not even send the last events
        return over

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take Ctrl-C and SIGTERM. Uvicorn would raise them again at the end, and the command would not exit with 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        earlier = [signal.signal(each, self.handle_exit) for each in signals]
        try:
            yield
        finally:
            for each, handler in zip(signals, earlier, strict=True):
                signal.signal(each, handler)


def serve(
    app: FastAPI,
    listener: socket.socket,
    grace_seconds: float,
    ready: Callable[[], None],
    behind_proxy: bool = False,
) -> None:
    """Serve until Ctrl-C or SIGTERM. listener: bound, and not listening yet."""
    log.take_over()
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # inherited by every connection
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED)
    Server(app, grace_seconds, ready, behind_proxy).run([listener])
