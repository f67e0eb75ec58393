"""What is done again and again while something lasts.

Where many messages are sent, one timer watches over all of them: a new one for each would cost as much as to send it.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def every(seconds: float, do: Callable[[], None]) -> Iterator[None]:
    """Call `do` in the running loop after so many seconds, and again, until the block ends."""
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle

    def wait() -> None:
        nonlocal timer
        timer = loop.call_later(seconds, again)

    def again() -> None:
        do()
        wait()

    wait()
    try:
        yield
    finally:
        timer.cancel()
