"""Ours and the peer take turns; disturbed processes run again, but not for ever."""

from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.plan import OURS, Run
from benchmarks.records import Failure, Outcome, Record, dump, parse, undisturbed

from benchmarks import rounds

Made = Callable[..., Record]
CASE = Run("sft", "tiny")


def test_turns_are_taken_and_the_two_fastest_settings_go_on(record: Made) -> None:
    rates = {OURS: 50.0, "grouped": 10.0, "padded": 30.0, "packed": 20.0}
    outcomes = rounds.compare(
        CASE, ["grouped", "padded", "packed"], lambda run: record(run, rates[run.setting]), 2, 0.97
    )
    assert [(each.run.seed, each.run.setting) for each in outcomes] == [
        *((0, setting) for setting in (OURS, "grouped", "padded", "packed")),
        *((1, setting) for setting in (OURS, "padded", "packed")),
    ]


def test_a_disturbed_run_is_repeated_until_it_is_not(record: Made) -> None:
    shares = iter((0.5, 0.96, 0.97))
    outcomes = list(rounds.attempts(CASE, lambda run: record(run, cpu_share=next(shares)), 0.97))
    assert [each.cpu_share for each in undisturbed(outcomes)] == [0.97]
    assert len(outcomes) == 3


def test_a_machine_that_is_never_quiet_gives_up(record: Made) -> None:
    outcomes = list(rounds.attempts(CASE, lambda run: record(run, cpu_share=0.5), 0.97))
    assert len(outcomes) == rounds.TRIES
    assert undisturbed(outcomes) == []


def test_a_failure_is_not_repeated_and_its_setting_not_taken_up_again(record: Made) -> None:
    def launch(run: Run) -> Outcome:
        return Failure(run, "no compiler") if run.setting == "packed" else record(run)

    outcomes = rounds.compare(CASE, ["padded", "packed"], launch, 2, 0.97)
    assert [each.run.setting for each in outcomes] == [OURS, "padded", "packed", OURS, "padded"]


def test_outcomes_come_back_from_their_lines(record: Made) -> None:
    for outcome in (record(CASE), Failure(CASE, "no compiler")):
        assert parse(dump(outcome)) == outcome


def test_a_process_that_dies_is_told_by_its_last_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "venv-trl" / "bin" / "python"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\necho one >&2\necho no such module >&2\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("TUTELAGE_PEERS", str(tmp_path))
    run = Run("sft", "tiny", "padded")
    assert rounds.launch_on(0)(run) == Failure(run, "no such module")


def test_peers_are_found_beside_the_benchmarks_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TUTELAGE_PEERS", raising=False)
    environment = rounds.interpreter(Run("ppo", "tiny", "fp32")).parents[1]
    assert environment == Path(rounds.__file__).parent / ".venv-ppo"
