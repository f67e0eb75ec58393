"""In which precision matrix products are computed; weights, optimisers, losses and scores are float32 either way."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import Tensor

Precision = Literal["fp32", "bf16"]

PAYS = 1.3
"""How many times as fast bf16 products must be to be worth their rounding and the casts around them."""
TRIAL = {"cpu": 512, "cuda": 2048}
"""Rows and columns of the products by which that is found out: 2 ms on a core, less on a GPU."""
REPEATS = 5


@contextmanager
def arithmetic(precision: Precision | Literal["auto"], device: torch.device) -> Iterator[None]:
    """Inside, models multiply matrices in this precision; `auto` is the one that the device is faster in.

    `bf16` is 1.7 times as fast on a CPU with AVX512-bf16 and rounds log-probabilities at the second decimal. No cast
    of a weight outlives its use: one that did would go on computing with the weights of before the last update.
    """
    chosen = faster_precision(device) if precision == "auto" else precision
    with torch.autocast(device.type, torch.bfloat16, enabled=chosen == "bf16", cache_enabled=False):
        yield


def faster_precision(device: torch.device) -> Precision:
    """bf16 where this device is seen to multiply well faster in it. Without hardware for it, it is slower."""
    size = TRIAL.get(device.type, TRIAL["cpu"])
    plain, half = (
        seconds(torch.ones(size, size, device=device, dtype=dtype))
        for dtype in (torch.float32, torch.bfloat16)
    )
    return "bf16" if plain >= PAYS * half else "fp32"


def seconds(square: Tensor) -> float:
    """The least time of a few products of a matrix with itself."""
    times = []
    for _ in range(1 + REPEATS):
        start = time.perf_counter()
        (square @ square)[0, 0].item()  # the item waits for a GPU
        times.append(time.perf_counter() - start)
    return min(times)


def product_dtype(states: Tensor) -> torch.dtype:
    """The type in which products with these states are computed, in the arithmetic now in force."""
    device = states.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else states.dtype


@contextmanager
def unchanging_weights() -> Iterator[None]:
    """Inside, nothing updates a weight, so each is cast to bf16 only once; sampling reads them all at every token.

    Changes nothing in fp32. Not for passes with gradients.
    """
    before = torch.is_autocast_cache_enabled()
    torch.set_autocast_cache_enabled(True)
    try:
        yield
    finally:
        torch.clear_autocast_cache()
        torch.set_autocast_cache_enabled(before)
