"""One process of the benchmark: `python -m benchmarks.measure RUN`, a run as JSON; the last line it prints is a record.

A peer's environment does not have the package: only what `ours` of a work imports needs it.
"""

from __future__ import annotations

import datetime
import platform
import re
import sys
from importlib import import_module, metadata
from pathlib import Path

import torch

from benchmarks.limits import Done
from benchmarks.machine import Stopwatch, ceilings, forget_peak, peak_bytes, resident_bytes
from benchmarks.plan import OURS, Run
from benchmarks.records import Record, dump, parse_run

PACKAGES = {"torch", "transformers", "trl", "accelerate"}


def measure(run: Run, device: torch.device) -> Record:
    """Do the work between two looks at the machine."""
    module = import_module(f"benchmarks.{run.work}")
    if run.setting == OURS:
        import_module("tutelage.training")  # so that an idle process has it too
    before = ceilings(device)
    forget_peak()
    idle, stopwatch = resident_bytes(), Stopwatch(device)
    if run.setting == OURS:  # as the program does; before the ceilings it would keep what they took
        import_module("tutelage.models").keep_freed_memory()
    done: Done = (module.ours if run.setting == OURS else module.peer)(run, device, stopwatch)
    peak = peak_bytes()
    best = before.best(ceilings(device))
    return Record(
        run=run,
        units=done.units,
        seconds=dict(stopwatch.seconds),
        least={phase: cost.seconds(best.bf16, best.copy) for phase, cost in done.least.items()},
        cpu_share=stopwatch.cpu_share,
        peak_bytes=peak,
        idle_bytes=idle,
        ceilings=best,
        versions=versions(),
        time=datetime.datetime.now().isoformat(timespec="seconds"),
    )


def versions() -> dict[str, str]:
    """Of Python and of what is installed here, and the processor's name."""
    installed = {each.name: each.version for each in metadata.distributions() if each.name in PACKAGES}
    name = re.search(
        r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE
    )
    processor = name[1] if name else platform.machine()
    return {"python": platform.python_version(), "processor": processor, **installed}


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    print(dump(measure(parse_run(sys.argv[1]), torch.device("cpu"))))
