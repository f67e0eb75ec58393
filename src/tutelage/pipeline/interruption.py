"""Ctrl-C: the first one lets the current step finish and be kept, the second one stops at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tutelage.distributed import any_of
from tutelage.training import Interrupted, Monitor


class Interruption:
    """Whether the user asked to stop, passed on to whatever stage is at work."""

    def __init__(self) -> None:
        self._requested = False
        self._monitor: Monitor | None = None

    def request(self) -> None:
        """Ask the current stage to stop after its step. A second request raises KeyboardInterrupt."""
        if self._requested:
            raise KeyboardInterrupt
        self._requested = True
        if self._monitor is not None:
            self._monitor.interrupt()

    def watch(self, monitor: Monitor) -> Monitor:
        """Pass requests, an earlier one too, to this monitor from now on; returns it."""
        self._monitor = monitor
        if self._requested:
            monitor.interrupt()
        return monitor

    def check(self) -> None:
        """Raises Interrupted when a stop was asked for: between stages, and where a stage has no steps."""
        if any_of(self._requested):
            raise Interrupted("stopped between two stages")

    @contextmanager
    def from_keyboard(self) -> Iterator[None]:
        """Turn Ctrl-C into requests while inside; elsewhere than in the main thread nothing changes."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.request()

        before = signal.signal(signal.SIGINT, handle)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
