"""The plan beside measured steps, and the tables of docs/scaling.md."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from benchmarks.planning import STAGES, Seen, planned, rows_of
from benchmarks.plans import PAGE, PUBLISHED, Published, operations, tables
from benchmarks.rounds import ROOT

SEEN = Seen("tiny", "sft", 2.0, 400_000_000, 50e9, 20e9, 10e9, "fp32")


@pytest.mark.parametrize("stage", STAGES)
def test_a_machine_of_half_the_rates_takes_twice_as_long_and_holds_the_same(stage: str) -> None:
    seen = replace(SEEN, stage=stage)
    slower = replace(seen, reached=25e9, decoded=10e9, copied=5e9)
    (fast, held), (slow, as_much) = planned(seen), planned(slower)
    assert slow == pytest.approx(2 * fast)
    assert as_much == held


def test_a_row_tells_both_and_their_difference() -> None:
    taken, held = planned(SEEN)
    row = rows_of(replace(SEEN, seconds=2 * taken, bytes=round(held / 2)))
    assert (row[4], row[7]) == ("-50%", "+100%")


def test_a_process_tells_what_it_saw() -> None:
    command = [sys.executable, "-m", "benchmarks.planning", "--see", "micro", "reward"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seen = Seen(**json.loads(told.stdout.splitlines()[-1]))
    assert (seen.model, seen.stage) == ("micro", "reward")
    assert min(seen.seconds, seen.bytes, seen.reached, seen.decoded, seen.copied) > 0


@pytest.mark.parametrize("name", tables())
def test_the_page_has_what_the_planner_says(name: str) -> None:
    """`make plans` writes it."""
    page = PAGE.read_text(encoding="utf-8")
    _, told = page.split(f"<!-- {name}:begin -->\n")
    assert told.split(f"\n<!-- {name}:end -->")[0] == tables()[name]


def test_published_runs_are_counted_as_sampling_reading_and_learning() -> None:
    """10 operations a weight and token: 2 to sample or read, 2 for the reference, 6 to learn; the rest is little."""
    run: Published = PUBLISHED[0]
    policy = 10 * 6.4e9 * run.episodes * (run.prompt + run.completion)
    assert operations(run) == pytest.approx(policy, rel=0.15)
