"""Where a run's models live, and how this process uses the machine."""

import os

import torch

from tutelage.models import keep_freed_memory
from tutelage.schema import InputError


def choose_device(name: str) -> torch.device:
    """The device of that name; `auto` is the GPU where there is one. Raises InputError for one this machine lacks."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"there is no device {name!r} here", where="device", remedy="use auto, cpu or cuda"
        ) from error
    return device


def use_processor(threads: int) -> None:
    """Compute on so many threads, on all cores with 0, and keep the memory that tensors come and go in."""
    torch.set_num_threads(threads or os.cpu_count() or 1)
    keep_freed_memory()
