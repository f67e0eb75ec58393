"""Which processes there are, and when they work together."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch.distributed as dist

LONGEST_STEP = timedelta(hours=2)
"""That ranks wait for each other in what they do together: beyond it, one of them has gone."""
LONGEST_WAIT = timedelta(days=30)
"""For the first rank, which alone does some stages, such as waiting for people."""

_together = False
_waiting: dist.ProcessGroup | None = None


@contextmanager
def joined(device_type: str) -> Iterator[None]:
    """Inside, this process is one of those that torchrun started; where it was started alone, nothing changes.

    device_type: what the ranks compute on. Tensors on GPUs go through NCCL, those on the CPU through gloo.
    """
    if not is_rank() or dist.is_initialized():
        yield
        return
    backend = "cpu:gloo,cuda:nccl" if device_type == "cuda" else "gloo"
    dist.init_process_group(backend, timeout=LONGEST_STEP)
    global _waiting
    _waiting = dist.new_group(backend="gloo", timeout=LONGEST_WAIT)
    yield
    dist.destroy_process_group()  # not after an error: it would wait for ranks that never come


@contextmanager
def together() -> Iterator[None]:
    """Inside, all ranks do the same work and share it out. All of them must enter."""
    global _together
    before, _together = _together, dist.is_initialized()
    try:
        yield
    finally:
        _together = before


def size() -> int:
    """Processes that work together now."""
    return dist.get_world_size() if _together else 1


def rank() -> int:
    """Which of them this is, from 0."""
    return dist.get_rank() if _together else 0


def waiting() -> dist.ProcessGroup | None:
    """The group in which ranks wait for the first one; None in a process by itself."""
    return _waiting if dist.is_initialized() else None


def is_rank() -> bool:
    """Whether torchrun has started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def leads() -> bool:
    """Whether this process writes the files and talks to the user: the first rank, or the only process."""
    return not is_rank() or os.environ["RANK"] == "0"


def local_rank() -> int:
    """Which of the processes on this machine this is, from 0."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def local_ranks() -> int:
    """Processes on this machine, which share its cores."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
