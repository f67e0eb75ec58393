"""The benchmarks lie beside the package, not in it; and records made by hand."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.plan import Run
from benchmarks.records import Ceilings, Record

VERSIONS = {"python": "3.11.7", "processor": "a processor", "torch": "2.13.0"}


@pytest.fixture
def record() -> Callable[..., Record]:
    """A record of a run with this rate, of a process that had this share of its core."""

    def made(run: Run, rate: float = 10.0, cpu_share: float = 1.0, peak_bytes: int = 300_000_000) -> Record:
        phases = {"all": 8.0, "sampling": 2.0, "scoring": 2.0, "updates": 4.0}
        return Record(
            run=run,
            units=8 * rate,
            seconds=phases,
            least=dict.fromkeys(phases, 1.0),
            cpu_share=cpu_share,
            peak_bytes=peak_bytes,
            idle_bytes=100_000_000,
            ceilings=Ceilings(fp32=1e11, bf16=2e11, copy=3e10),
            versions=VERSIONS,
            time="2026-11-24T12:00:00",
        )

    return made
