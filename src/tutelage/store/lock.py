"""One process at a time: a lock on an open file."""

import sys
from typing import IO

if sys.platform != "win32":
    import fcntl


def hold(file: IO) -> bool:
    """Whether the file could be locked. The kernel lets go of it when the process ends, however it ends."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network file systems know no locks; two processes are the user's affair there
        return True
    return True
