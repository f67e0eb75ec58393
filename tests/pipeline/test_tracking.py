"""A run and a single stage are shown in a tracker, which changes nothing of what comes out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.tracking.readers import tensorboard

from tutelage.cli.main import dispatch
from tutelage.pipeline import run
from tutelage.recipe import Recipe

pytest.importorskip("tensorboard")

SHOWN = "tracking.trackers=[tensorboard]"
HIDDEN = "tracking.trackers=[]"


def logged(metrics: Path) -> dict[str, list[tuple[int, float]]]:
    series: dict[str, list[tuple[int, float]]] = {}
    for line in metrics.read_text().splitlines():
        entry = json.loads(line)
        stage, step = entry.pop("stage"), entry.pop("step")
        for name, value in entry.items():
            series.setdefault(f"{stage}/{name}", []).append(
                (step, pytest.approx(value, rel=1e-6, nan_ok=True))
            )
    return series


@pytest.mark.usefixtures("plain_page")
def test_a_run_is_shown_whatever_part_of_it_was_tracked(tiny: Callable[..., Recipe], tmp_path: Path) -> None:
    out = tmp_path / "run"
    run(tiny(SHOWN), out, until="reward")
    [shown] = tensorboard(out / "tracking", "")
    assert shown.series == logged(out / "metrics.jsonl")
    assert {"sft/loss", "reward/loss"} <= set(shown.series)
    assert not any(name.startswith("ppo") for name in shown.series)
    assert shown.figures == {}

    run(tiny(HIDDEN), out)
    [shown] = tensorboard(out / "tracking", "")
    assert not any(name.startswith("ppo") for name in shown.series)

    done = {name: entry["finished"] for name, entry in json.loads((out / "stages.json").read_text()).items()}
    run(tiny(SHOWN, "tracking.run_name=another"), out)
    after = {name: entry["finished"] for name, entry in json.loads((out / "stages.json").read_text()).items()}
    assert after == done
    [shown] = tensorboard(out / "tracking", "")
    assert shown.series == logged(out / "metrics.jsonl")
    assert {"ppo/kl", "ppo_ptx/kl"} <= set(shown.series)
    report = json.loads((out / "report.json").read_text())
    rate = report["preference"]["heldout_labelers"]["ppo_ptx"]["win_rate"]
    assert shown.figures["report/preference/heldout_labelers/ppo_ptx/win_rate"] == pytest.approx(rate)
    assert shown.figures["report/reward_model/accuracy"] == pytest.approx(report["reward_model"]["accuracy"])
    assert shown.figures["report/kl/ppo/mean"] == pytest.approx(report["kl"]["ppo"]["mean"])
    assert not any("curves" in name or "seconds" in name for name in shown.figures)
    assert "tracking" not in report["recipe"]
    assert "kl_coefficient" in shown.recipe


def test_a_single_stage_is_shown(tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "demonstrations.jsonl"
    rows = [{"prompt": f"Say {number}.", "completion": "Yes.", "split": "train"} for number in range(16)]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    settings = (
        "threads=1",
        "data.max_prompt_tokens=40",
        "data.max_completion_tokens=12",
        "base.row_tokens=32",
    )
    command = ["train", "sft", "--model", str(tiny_base), "--demonstrations", str(file)]
    for setting in (*settings, "sft.epochs=2", "sft.batch_size=8"):
        command += ["--set", setting]
    folders = {}
    for tracked in (SHOWN, HIDDEN):
        folders[tracked] = tmp_path / tracked
        assert dispatch([*command, "--set", tracked, "--out", str(folders[tracked])], debug=True) == 0
    beside = [tmp_path / f"{tracked}.training" for tracked in (SHOWN, HIDDEN)]
    [shown] = tensorboard(beside[0] / "tracking", "")
    assert shown.series == logged(beside[0] / "metrics.jsonl")
    assert f"tensorboard: tensorboard --logdir {beside[0]}/tracking/tensorboard\n" in capsys.readouterr().out
    assert not (beside[1] / "tracking").exists()
    one, other = [(folder / "model.safetensors").read_bytes() for folder in folders.values()]
    assert one == other


def test_a_tracker_that_nobody_knows_is_refused(tiny_base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["run", "mini", "--set", "tracking.trackers=[wandbb]"]
    assert dispatch(command, debug=False) == 2
    assert "did you mean 'wandb'?" in capsys.readouterr().err
