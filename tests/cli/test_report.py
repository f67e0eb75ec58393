"""`tutelage report`: one run, and several side by side."""

from pathlib import Path

import pytest
from tests.report.conftest import made_up_results

from tutelage.cli.main import dispatch
from tutelage.report import Results


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def runs() -> list[str]:
    """Two finished runs of which one has measured less."""
    whole = made_up_results()
    less = Results(recipe=whole.recipe, seed=2, kl=whole.kl, seconds={"ppo": 61.0})
    for name, results in (("whole", whole), ("less", less)):
        Path(name).mkdir()
        Path(name, "report.json").write_text(results.model_dump_json())
    return ["whole", "less"]


def test_one_run_is_printed_and_its_page_drawn_in_its_folder(
    runs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert dispatch(["report", "less"], debug=False) == 0
    assert "The report is at less/report.html" in capsys.readouterr().out
    assert "This run judged no preferences." in Path("less/report.html").read_text()


def test_several_runs_are_compared(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch(["report", *runs], debug=False) == 0
    told = capsys.readouterr().out
    assert "2.60 ± 0.10" in told
    assert told.rstrip().endswith("The comparison is at compare.html")
    assert "whole and less, side by side" in Path("compare.html").read_text()
    assert not Path("whole/report.html").exists()


def test_the_page_goes_where_it_is_wanted(runs: list[str]) -> None:
    assert dispatch(["report", *runs, "--out", "pages/two.html"], debug=False) == 0
    assert Path("pages/two.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["whole", "nowhere"], "nowhere: the run has no report.json; let the run finish first"),
        (["whole", "./whole"], "whole: the same run twice; name each run once"),
        (["less", "empty"], "less, empty: no figure that two of these runs have both measured"),
        (["whole", "--out", "page.html"], "--out: the page of one run goes into its folder"),
        (["whole", "less", "--out", "less"], "less: cannot be written"),
    ],
)
def test_what_cannot_be_compared_is_told_in_one_line(
    runs: list[str], arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty").mkdir()
    Path("empty", "report.json").write_text(Results(recipe={}, seed=0).model_dump_json())
    assert dispatch(["report", *arguments], debug=False) == 2
    line = capsys.readouterr().err
    assert line.startswith("error: ")
    assert line.count("\n") == 1
    assert said in line
    assert not Path("compare.html").exists()
