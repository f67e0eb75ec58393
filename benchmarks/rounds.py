"""Processes one after the other on one core: ours, the peer, ours, the peer; disturbed ones again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from json import dumps
from pathlib import Path

from benchmarks.plan import OURS, WORKS, Run
from benchmarks.records import Failure, Outcome, Record, parse

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
TRIES = 3
"""Of a process that is disturbed; after them there is no record of that round."""
CONTENDERS = 2
"""Settings of the peer that go beyond the first round."""
LONGEST_SECONDS = 3600
VARIABLES = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRL_EXPERIMENTAL_SILENCE": "1",
}

Launch = Callable[[Run], Outcome]


def interpreter(run: Run) -> Path:
    """Ours is this one; the peers' environments are in this folder, or in the one that TUTELAGE_PEERS names."""
    if run.setting == OURS:
        return Path(sys.executable)
    name = WORKS[run.work].environment
    folder = os.environ.get("TUTELAGE_PEERS")
    environment = Path(folder) / name if folder else ROOT / "benchmarks" / f".{name}"
    return environment / "bin" / "python"


def launch_on(core: int) -> Launch:
    """What runs a process on this core."""

    def launch(run: Run) -> Outcome:
        command = ["taskset", "-c", str(core), str(interpreter(run)), "-m", "benchmarks.measure"]
        try:
            ended = subprocess.run(
                [*command, dumps(asdict(run))],
                cwd=ROOT,
                env=os.environ | VARIABLES,
                capture_output=True,
                text=True,
                timeout=LONGEST_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Failure(run, str(error))
        if ended.returncode:
            return Failure(run, (ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[-1])
        return parse(ended.stdout.strip().splitlines()[-1])

    return launch


def attempts(run: Run, launch: Launch, least_share: float) -> Iterator[Outcome]:
    """The run until it is undisturbed, fails, or has been tried often enough; every outcome."""
    for _ in range(TRIES):
        outcome = launch(run)
        yield outcome
        if isinstance(outcome, Failure) or outcome.cpu_share >= least_share:
            return


def compare(
    case: Run, settings: Sequence[str], launch: Launch, rounds: int, least_share: float
) -> Iterator[Outcome]:
    """The case in every round by us and by the peer, each round with its own seed; every outcome.

    All the peer's settings are in the first round, the fastest of them in the others.
    """
    fastest: dict[str, float] = {}
    for seed in range(rounds):
        for setting in (OURS, *settings):
            for outcome in attempts(replace(case, setting=setting, seed=seed), launch, least_share):
                yield outcome
                if isinstance(outcome, Record) and setting != OURS and seed == 0:
                    fastest[setting] = outcome.rate
        settings = sorted(fastest, key=lambda setting: -fastest[setting])[:CONTENDERS]
