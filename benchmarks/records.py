"""What a process reports: its measurements, or why there are none; a line of JSON each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.plan import Run

LEAST_SHARE = 0.97
"""A process that got less of its core than this was disturbed, and says nothing."""


@dataclass(frozen=True)
class Ceilings:
    """The best that was seen of the machine."""

    fp32: float
    """FLOP/s of a square matrix product."""
    bf16: float
    copy: float
    """Bytes/s read and written by a copy."""

    def best(self, other: Ceilings) -> Ceilings:
        """The higher of each."""
        return Ceilings(max(self.fp32, other.fp32), max(self.bf16, other.bf16), max(self.copy, other.copy))


@dataclass(frozen=True)
class Record:
    """One process that came to its end."""

    run: Run
    units: float
    """Episodes, comparisons or real tokens."""
    seconds: Mapping[str, float]
    """By phase, `all` being the whole."""
    least: Mapping[str, float]
    """Seconds of the limit, by phase."""
    cpu_share: float
    peak_bytes: int
    """Resident memory at its highest."""
    idle_bytes: int
    """Resident memory before there was any model."""
    ceilings: Ceilings
    versions: Mapping[str, str]
    time: str

    @property
    def rate(self) -> float:
        """Units a second."""
        return self.units / self.seconds["all"]

    def limit_share(self, phase: str = "all") -> float:
        """What part of its time the limit would have taken."""
        return self.least[phase] / self.seconds[phase]


@dataclass(frozen=True)
class Failure:
    """One process that did not."""

    run: Run
    reason: str


Outcome = Record | Failure


def dump(outcome: Outcome) -> str:
    """As a line."""
    return json.dumps(asdict(outcome))


def told(outcome: Outcome) -> str:
    """For whoever watches."""
    run = outcome.run
    if isinstance(outcome, Failure):
        figure = outcome.reason
    else:
        figure = f"{outcome.rate:.4g} a second, with {outcome.cpu_share:.0%} of the core"
    return f"{run.title}, {run.model}, {run.setting}: {figure}"


def parse_run(line: str) -> Run:
    """A run alone, as processes are given it."""
    return Run(**json.loads(line))


def parse(line: str) -> Outcome:
    """From a line."""
    fields: dict[str, Any] = json.loads(line)
    fields["run"] = Run(**fields["run"])
    if "reason" in fields:
        return Failure(**fields)
    return Record(**fields | {"ceilings": Ceilings(**fields["ceilings"])})


def read(path: Path) -> list[Outcome]:
    """All lines of a file."""
    return [parse(line) for line in path.read_text(encoding="utf-8").splitlines()]


def undisturbed(outcomes: Iterable[Outcome], least_share: float = LEAST_SHARE) -> list[Record]:
    """The records that count."""
    return [each for each in outcomes if isinstance(each, Record) and each.cpu_share >= least_share]
