"""`tutelage plan`: tables, figures as JSON, options of the user's own machine, mistakes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tutelage.cli.main import dispatch


def figures(tmp_path: Path, *arguments: str) -> dict[str, object]:
    out = tmp_path / "plan.json"
    assert dispatch(["plan", *arguments, "--out", str(out)], debug=True) == 0
    found: dict[str, object] = json.loads(out.read_text())
    return found


def test_the_papers_largest_run_is_planned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = figures(tmp_path, "paper-175b", "--hardware", "h200", "--devices", "64", "--compare", "8,512")
    told = capsys.readouterr().out
    assert "ppo_ptx" in told
    assert "does not fit" in told
    planned = found["plan"]
    assert isinstance(planned, dict)
    assert planned["stages"]["ppo_ptx"]["petaflop_days"] == pytest.approx(61.5, abs=0.1)
    assert planned["fits"] is False
    assert [each["layout"]["ranks"] for each in found["compared"]] == [8, 512]  # type: ignore[attr-defined]


def test_the_embedded_worlds_model_is_known_and_lengths_can_be_given(tmp_path: Path) -> None:
    (whole, half) = (
        figures(tmp_path, "mini", "--hardware", "laptop", *lengths)["plan"]
        for lengths in ((), ("--prompt-tokens", "64", "--completion-tokens", "32"))
    )
    assert isinstance(whole, dict)
    assert isinstance(half, dict)
    # 4 blocks of 4·192² and 3·192·512 weights and two norms; 1,607 words and a norm
    assert whole["policy_parameters"] == 4 * (4 * 192**2 + 3 * 192 * 512 + 2 * 192) + 1607 * 192 + 192
    days = [each["stages"]["sft"]["petaflop_days"] for each in (whole, half)]
    assert days[0] == pytest.approx(2 * days[1])


def test_a_machine_of_the_users_own(tmp_path: Path) -> None:
    own = ["--flops", "100", "--memory", "24", "--bandwidth", "1000", "--price", "0.5", "--efficiency", "0.2"]
    planned = figures(tmp_path, "qwen-gpu", *own)["plan"]
    assert isinstance(planned, dict)
    machine = planned["machine"]
    assert (machine["bf16"], machine["memory"], machine["bandwidth"]) == (1e14, 24e9, 1e12)
    assert planned["dollars"] == pytest.approx(planned["seconds"] / 3600 * 0.5)


def test_pretraining_is_counted_where_it_is_asked_for(tmp_path: Path) -> None:
    planned = figures(tmp_path, "paper-175b", "--from-scratch")["plan"]
    assert isinstance(planned, dict)
    assert planned["stages"]["base"]["petaflop_days"] == pytest.approx(3640, rel=0.01)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["paper"], None),
        (["mini", "--hardware", "h10"], "--hardware"),
        (["mini", "--model", "nobody/nothing"], "nobody/nothing"),
        (["mini", "--memory", "-1"], "--memory"),
        (["mini", "--compare", "8,many"], "--compare"),
        (["mini", "--out", "plan.txt"], "plan.txt"),
    ],
)
def test_mistakes_are_told_in_one_line(
    arguments: list[str], told: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dispatch(["plan", *arguments], debug=False) == (0 if told is None else 2)
    error = capsys.readouterr().err
    assert error.count("\n") == (0 if told is None else 1)
    assert told is None or told in error


def test_no_torch_is_needed() -> None:
    program = (
        "import sys; from tutelage.cli.main import dispatch; status = dispatch(['plan', 'mini'], True); "
        "sys.exit(status or 'torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0
