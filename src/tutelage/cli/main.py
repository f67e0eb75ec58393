"""The command `tutelage` from its first moment on: Ctrl-C ends it in one line, whenever it comes.

Nothing that takes long to load is imported above: Ctrl-C may come while it loads.
"""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from tutelage.cli.status import INTERRUPTED


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit: 0 well, 2 for what the user gave, 1 for a run that failed, 130 for Ctrl-C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    sys.unraisablehook = stop_if_interrupted
    status = dispatch([argument for argument in given if argument != "--debug"], debug)
    if status == INTERRUPTED:
        leave()
    sys.exit(status)


def dispatch(arguments: Sequence[str], debug: bool) -> int:
    """Carry out the command; returns the exit code, errors and Ctrl-C told in one line."""
    try:
        from tutelage.cli.app import carry_out

        return carry_out(arguments, debug)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


def stop_if_interrupted(ignored: "sys.UnraisableHookArgs") -> None:
    """End the process where Ctrl-C met a destructor, as it does while torch loads: Python would go on."""
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)
        return
    print("interrupted", file=sys.stderr)
    leave()


def leave() -> NoReturn:
    """End the process at once: while Python winds up, another Ctrl-C is a traceback, and the exit code may be lost."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(INTERRUPTED)
