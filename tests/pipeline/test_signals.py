"""The command itself, killed and interrupted by signals as a user would, ends as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tutelage.recipe import Recipe, dump_recipe

SOURCE = Path(__file__).parents[2] / "src"
PATIENCE = 300
"""Seconds after which something hangs, however busy the machine is."""


@pytest.fixture
def recipe(tiny: Callable[..., Recipe], tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(dump_recipe(tiny("ppo.episodes=144", "evaluation.probes=2")))
    return path


def start(recipe: Path, folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tutelage", "run", str(recipe), "--out", str(folder)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_steps(process: "subprocess.Popen[str]", folder: Path, stage: str, steps: int) -> None:
    """Until the stage has logged so many steps."""
    begun = time.monotonic()
    while process.poll() is None and time.monotonic() - begun < PATIENCE:
        log = folder / "metrics.jsonl"
        if log.exists() and log.read_text().count(f'"stage": "{stage}"') >= steps:
            return
        time.sleep(0.02)
    pytest.fail(f"the run never came to {stage}: {process.communicate()}")


def outcome(folder: Path) -> dict[str, Any]:
    """Weights and figures, without what the clock says."""
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    report.pop("seconds")
    weights = {
        path.parent.name: path.read_bytes() for path in sorted(folder.glob("models/*/model.safetensors"))
    }
    return {"report": report, "log": (folder / "metrics.jsonl").read_text(), **weights}


def test_killed_then_interrupted_then_finished(recipe: Path, tmp_path: Path) -> None:
    folder = tmp_path / "disturbed"
    process = start(recipe, folder)
    wait_for_steps(process, folder, "ppo", 3)
    process.kill()
    process.wait()

    process = start(recipe, folder)
    wait_for_steps(process, folder, "ppo_ptx", 3)
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, errors
    assert "go on with the same command" in told
    assert "Traceback" not in errors
    assert (folder / "checkpoints" / "ppo_ptx.pt").exists()

    process = start(recipe, folder)
    told, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert "PPO: done before" in told
    assert "report.html" in told

    undisturbed = tmp_path / "undisturbed"
    process = start(recipe, undisturbed)
    assert process.wait(timeout=PATIENCE) == 0
    assert outcome(folder) == outcome(undisturbed)
