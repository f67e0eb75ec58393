"""The log: a JSON object a line on standard error. Never a word of a prompt or a completion.

Of an exception there are its type and where it was raised: its message may quote what was sent.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime


def write(event: str, **fields: object) -> None:
    """One line."""
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json.dumps({"time": time, "event": event, **fields}), file=sys.stderr, flush=True)


def write_error(error: BaseException) -> None:
    """An exception that the server did not expect, and the one that it was raised from."""
    write("error", **_told(error))


def _told(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    told: dict[str, object] = {"exception": type(error).__name__, "places": places}
    return told if error.__cause__ is None else {**told, "cause": _told(error.__cause__)}


class Lines(logging.Handler):
    """What the web server under the app has to say, in the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record: the message as it stands in the program, without what would be put into it."""
        if record.exc_info and record.exc_info[1] is not None:
            write_error(record.exc_info[1])
        else:
            write("server", level=record.levelname.lower(), message=str(record.msg).strip())


def take_over() -> None:
    """Have uvicorn's warnings and errors written by this log."""
    logger = logging.getLogger("uvicorn.error")
    logger.handlers, logger.propagate = [Lines()], False
    logger.setLevel(logging.WARNING)
