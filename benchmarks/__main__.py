"""The driver, `make bench`: runs everything, prints the tables and writes them into docs/benchmarks.md."""

from __future__ import annotations

import datetime
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks import scaling, table
from benchmarks.plan import FULL, QUICK, WORKS, Run
from benchmarks.records import LEAST_SHARE, Outcome, dump, read, told
from benchmarks.rounds import PAGE, ROOT, Launch, compare, interpreter, launch_on

FIGURE = ROOT / "docs" / "figures" / "scaling.svg"
RESULTS = ROOT / "benchmarks" / "results"


def options(arguments: Sequence[str]) -> Namespace:
    """What the command line says."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="one round on the tiny model, minutes; writes no page")
    add("--only", choices=[*WORKS, "scaling"], action="append", help="this one; writes no page; repeatable")
    add("--rounds", type=int, help="how often ours and the peer take turns (3; quick: 1)")
    add("--core", type=int, default=max(os.sched_getaffinity(0)), help="the one that runs (%(default)s)")
    add("--least-share", type=float, default=LEAST_SHARE, help="of the core, else dropped (%(default)s)")
    add("--read", type=Path, metavar="FILE", help="run nothing; make the tables of these results")
    return parser.parse_args(arguments)


def planned(chosen: Namespace) -> list[Run]:
    """The cases to compare."""
    cases = QUICK if chosen.quick else FULL
    return [case for case in cases if not chosen.only or case.work in chosen.only]


def outcomes_of(chosen: Namespace, launch: Launch) -> Iterator[Outcome]:
    """Everything that was chosen, run after run; of the peer's settings a quick benchmark tries the first."""
    rounds = chosen.rounds or (1 if chosen.quick else 3)
    for case in planned(chosen):
        settings = WORKS[case.work].settings[: 1 if chosen.quick else None]
        yield from compare(case, settings, launch, rounds, chosen.least_share)
    if "scaling" in chosen.only if chosen.only else not chosen.quick:
        yield from scaling.measure(launch, chosen.least_share)


def kept(outcomes: Iterable[Outcome], path: Path) -> Iterator[Outcome]:
    """Each is written down and told as soon as it is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for outcome in outcomes:
        with path.open("a", encoding="utf-8") as file:
            file.write(dump(outcome) + "\n")
        print(told(outcome), file=sys.stderr)
        yield outcome


def main(arguments: Sequence[str]) -> int:
    """The exit code: 2 where a peer's environment is missing."""
    chosen = options(arguments)
    if chosen.read:
        outcomes = read(chosen.read)
    else:
        for python in sorted({interpreter(Run(case.work, "", "peer")) for case in planned(chosen)}):
            if not python.exists():
                print(
                    f"no {python}: `make bench` sets it up, TUTELAGE_PEERS names another folder",
                    file=sys.stderr,
                )
                return 2
        path = RESULTS / f"{datetime.datetime.now():%Y-%m-%d-%H%M%S}.jsonl"
        outcomes = list(kept(outcomes_of(chosen, launch_on(chosen.core)), path))

    parts = {"benchmarks": table.comparison(outcomes, chosen.least_share)}
    found = scaling.curves(outcomes, chosen.least_share)
    parts["scaling"] = scaling.slopes(found)
    print("\n\n".join(part for part in parts.values() if part))
    if not chosen.quick and not chosen.only:
        named = f' ARGS="{" ".join(arguments)}"' if arguments else ""
        parts["benchmarks"] += f"\n\nCommand: `make bench{named}`."
        table.put(PAGE, "benchmarks", parts["benchmarks"])
        if found:
            scaling.draw(found, FIGURE)
            figure = f"![Seconds and memory of a step]({FIGURE.relative_to(PAGE.parent)})"
            table.put(PAGE, "scaling", f"{parts['scaling']}\n\n{figure}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
