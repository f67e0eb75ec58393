"""What the machine gives: its ceilings, and the time, the share of the processor and the memory of a process."""

from __future__ import annotations

import os
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch

from benchmarks.records import Ceilings

SIZES = {"cpu": {512: 60, 1024: 12}, "cuda": {4096: 20, 8192: 10}}
"""Of the square matrices, with how often their product is taken."""
COPIED = {"cpu": 2**25, "cuda": 2**28}
"""Numbers of four bytes: more than fit in the caches."""


def ceilings(device: torch.device) -> Ceilings:
    """The best product in each precision, and the best copy."""
    source = torch.ones(COPIED[device.type], device=device)
    target = torch.empty_like(source)
    copy = min(seconds(lambda: target.copy_(source), device) for _ in range(5))
    fp32, bf16 = (product_rate(dtype, device) for dtype in (torch.float32, torch.bfloat16))
    return Ceilings(fp32, bf16, 2 * source.nbytes / copy)


def product_rate(dtype: torch.dtype, device: torch.device) -> float:
    """FLOP/s, the best over all sizes."""
    best = 0.0
    for size, times in SIZES[device.type].items():
        left, right, product = (torch.randn(size, size, device=device).to(dtype) for _ in range(3))
        fastest = min(seconds(lambda: torch.mm(left, right, out=product), device) for _ in range(times))  # noqa: B023
        best = max(best, 2 * size**3 / fastest)
    return best


def seconds(action: Callable[[], object], device: torch.device) -> float:
    """How long it takes, the device's part included."""
    finish(device)
    begin = time.perf_counter()
    action()
    finish(device)
    return time.perf_counter() - begin


def finish(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class Stopwatch:
    """Wall and processor time between start and stop, and of the phases within."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seconds: dict[str, float] = defaultdict(float)
        self.cpu_share = 0.0

    def start(self) -> None:
        """What was timed before was the warm-up."""
        self.seconds.clear()
        finish(self.device)
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        """The work is done; stopping again moves the end."""
        finish(self.device)
        wall = self.seconds["all"] = time.perf_counter() - self._wall
        self.cpu_share = (time.process_time() - self._cpu) / wall

    @contextmanager
    def timing(self) -> Iterator[None]:
        """The block is the work."""
        self.start()
        yield
        self.stop()

    def timed(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its time added to the phase."""

        def within(*arguments: Any, **named: Any) -> Any:
            finish(self.device)
            begin = time.perf_counter()
            result = function(*arguments, **named)
            finish(self.device)
            self.seconds[phase] += time.perf_counter() - begin
            return result

        return within


def resident_bytes() -> int:
    """Memory that the process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak_bytes() -> int:
    """The most it held since `forget_peak`."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def forget_peak() -> None:
    """The copy that measured the ceilings is no part of the work. Where the kernel refuses, it stays in the peak."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
