"""Where a run's models live."""

import torch

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
