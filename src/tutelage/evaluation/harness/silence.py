"""The harness without its noise, and without a trace in this process's random numbers."""

import io
import logging
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partialmethod

import numpy as np
from tqdm.std import tqdm


@contextmanager
def quiet() -> Iterator[None]:
    """Without logs, warnings, bars and prints of the harness and of what it uses, and of each task's own code."""
    level, bar = logging.root.manager.disable, tqdm.__init__
    logging.disable(logging.CRITICAL)
    tqdm.__init__ = partialmethod(bar, disable=True)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        tqdm.__init__ = bar


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside, the chance that tasks use, some as they are loaded, begins at the seed; outside it is as before."""
    states = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
