"""`python -m benchmarks`, every option, with processes that are not run."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from benchmarks.plan import FULL, OURS, QUICK, WORKS, Run
from benchmarks.records import Record
from benchmarks.rounds import Launch

from benchmarks import __main__ as driver

Made = Callable[..., Record]
Drive = Callable[..., list[Run]]


@pytest.fixture
def drive(record: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Drive:
    """The runs that a command line starts; on core 77 they are disturbed, elsewhere we are thrice as fast."""
    for work in WORKS.values():
        python = tmp_path / "peers" / work.environment / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()
    monkeypatch.setenv("TUTELAGE_PEERS", str(tmp_path / "peers"))
    monkeypatch.setattr(driver, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(driver, "PAGE", tmp_path / "benchmarks.md")
    monkeypatch.setattr(driver, "FIGURE", tmp_path / "figures" / "scaling.svg")
    markers = [f"<!-- {name}:begin -->\nold\n<!-- {name}:end -->\n" for name in ("benchmarks", "scaling")]
    driver.PAGE.write_text("".join(markers), encoding="utf-8")
    started: list[Run] = []

    def launch_on(core: int) -> Launch:
        def launch(run: Run) -> Record:
            started.append(run)
            return record(run, 30.0 if run.setting == OURS else 10.0, cpu_share=0.9 if core == 77 else 1.0)

        return launch

    monkeypatch.setattr(driver, "launch_on", launch_on)

    def driven(*arguments: str, code: int = 0) -> list[Run]:
        started.clear()
        assert driver.main(arguments) == code
        return list(started)

    return driven


def cases(runs: Sequence[Run]) -> set[tuple[str, str]]:
    return {(run.work, run.shape) for run in runs}


def test_everything_is_run_in_three_rounds_and_written_into_the_page(drive: Drive) -> None:
    runs = drive()
    assert {run.seed for run in runs} == {0, 1, 2}
    assert {(run.work, run.setting) for run in runs} >= {
        (name, setting) for name, work in WORKS.items() for setting in (OURS, *work.settings)
    }
    assert cases(runs) == cases(FULL) | {("ppo", "micro")}  # which only the scaling needs
    page = driver.PAGE.read_text(encoding="utf-8")
    assert "old" not in page
    assert page.count("**3.0×**") == len(FULL)
    assert "](figures/scaling.svg)" in page
    assert "Command: `make bench`." in page
    assert driver.FIGURE.exists()


def test_quick_is_one_round_with_one_setting_and_no_page(drive: Drive) -> None:
    runs = drive("--quick")
    assert len(runs) == 2 * len(QUICK)
    assert cases(runs) == cases(QUICK)
    assert "old" in driver.PAGE.read_text(encoding="utf-8")


def test_only_is_that_work_and_no_page(drive: Drive) -> None:
    assert {run.work for run in drive("--only", "sft", "--only", "reward")} == {"sft", "reward"}
    assert {run.setting for run in drive("--only", "scaling")} == {OURS}
    assert "old" in driver.PAGE.read_text(encoding="utf-8")


def test_rounds_are_as_many_as_asked_for(drive: Drive) -> None:
    assert {run.seed for run in drive("--quick", "--rounds", "5")} == set(range(5))


def test_a_disturbed_core_drops_everything_unless_less_is_asked_of_it(
    drive: Drive, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = drive("--quick", "--core", "77")
    assert "**3.0×**" not in capsys.readouterr().out
    fewer = drive("--quick", "--core", "77", "--least-share", "0.9")
    assert capsys.readouterr().out.count("**3.0×**") == len(QUICK)
    assert len(runs) == 3 * len(fewer)


def test_results_are_kept_and_give_the_same_tables_again(
    drive: Drive, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = drive("--quick")
    printed = capsys.readouterr().out
    [results] = driver.RESULTS.glob("*.jsonl")
    assert len(results.read_text(encoding="utf-8").splitlines()) == len(runs)
    assert drive("--quick", "--read", str(results)) == []
    assert capsys.readouterr().out == printed


def test_a_missing_environment_is_told_before_any_run(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TUTELAGE_PEERS", str(tmp_path / "nowhere"))
    assert drive(code=2) == []
    assert "TUTELAGE_PEERS" in capsys.readouterr().err
