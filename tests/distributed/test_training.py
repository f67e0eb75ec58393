"""Several processes train what one does: the same losses and the same weights, whole and sharded."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.distributed.worker import STAGES, main

CLOSE = 1e-5
"""By which numbers may differ: sums are made in another order."""


def torchrun(ranks: int, out: Path, *arguments: str) -> subprocess.Popen[str]:
    """Ranks of the worker."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"]
    return subprocess.Popen(
        [*command, "-m", "tests.distributed.worker", str(out), *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> str:
    """What it said, once it has ended well."""
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said[-3000:]
    return said


def metrics(out: Path) -> list[dict[str, Any]]:
    """The log, by step."""
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def assert_alike(out: Path, expected: Path, stages: tuple[str, ...]) -> None:
    """Same weights, same log."""
    for stage in stages:
        weights, wanted = (torch.load(place / f"{stage}.weights") for place in (out, expected))
        assert weights.keys() == wanted.keys()
        for name, weight in weights.items():
            difference = float((weight - wanted[name]).abs().max())
            assert difference < CLOSE, (stage, name, difference)
    logged = [line for line in metrics(expected) if line["stage"] in stages]
    found = [line for line in metrics(out) if line["stage"] in stages]
    assert len(found) == len(logged)
    for line, wanted_line in zip(found, logged, strict=True):
        assert line.pop("stage") == wanted_line.pop("stage")
        assert line == pytest.approx(wanted_line, rel=1e-4, abs=CLOSE)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one process comes to."""
    out = tmp_path_factory.mktemp("alone")
    main([str(out), *STAGES])
    return out


@pytest.mark.parametrize(
    ("ranks", "layout"), [(2, []), (2, ["--shard", "--recompute"]), (4, ["--shard"])], ids=str
)
def test_any_number_of_ranks_comes_to_the_same(
    ranks: int, layout: list[str], alone: Path, tmp_path: Path
) -> None:
    ended(torchrun(ranks, tmp_path, *STAGES, *layout))
    assert_alike(tmp_path, alone, STAGES)


def test_samples_of_a_prompt_are_compared_whichever_rank_drew_them(tmp_path: Path) -> None:
    """And the weights that held-out judges liked best, here those of the first iteration, are kept in shards."""
    alone, together = tmp_path / "alone", tmp_path / "together"
    for place in (alone, together):
        place.mkdir()
    main([str(alone), "leave_one_out"])
    ended(torchrun(2, together, "leave_one_out", "--shard"))
    assert_alike(together, alone, ("leave_one_out",))
    assert [line["looks_without_better"] for line in metrics(together)] == [0, 1, 2]


def test_shards_in_half_precision_learn_alike(tmp_path: Path) -> None:
    """Weights are gathered in bf16 instead of being rounded where they are used: the same but for a few roundings."""
    alone, together = tmp_path / "alone", tmp_path / "together"
    for place in (alone, together):
        place.mkdir()
    main([str(alone), "sft", "ppo", "--half"])
    ended(torchrun(2, together, "sft", "ppo", "--half", "--shard"))
    for line, expected in zip(metrics(together), metrics(alone), strict=True):
        for name in ("loss", "pretraining_loss", "value_loss", "ptx_loss"):
            if name in expected:
                assert line[name] == pytest.approx(expected[name], rel=0.01)


@pytest.mark.parametrize("layout", [[], ["--shard", "--recompute"]], ids=str)
def test_adapters_on_several_ranks_learn_what_they_do_on_one(layout: list[str], tmp_path: Path) -> None:
    """And their checkpoints go on: in shards from one process's, and in one process from shards."""
    stages = ("ppo", "sft", "reward")
    alone, together = tmp_path / "alone", tmp_path / "together"
    for place in (alone, together):
        place.mkdir()
    main([str(alone), *stages, "--adapters"])
    main([str(together), "ppo", "--adapters", "--steps", "1"])
    ended(torchrun(2, together, *stages, "--adapters", *layout))
    assert_alike(together, alone, stages)


def children_of(parent: int) -> list[int]:
    """Processes that a process has started."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(child) for child in listed.split()]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the ranks in /proc")
def test_a_rank_that_is_killed_ends_the_run_and_another_number_of_ranks_goes_on(
    alone: Path, tmp_path: Path
) -> None:
    process = torchrun(2, tmp_path, "ppo", "--shard", "--pause", "3")
    log, second = tmp_path / "metrics.jsonl", tmp_path / "checkpoints" / "ppo.parts" / "1" / "outline.pt"
    deadline = time.monotonic() + 120
    while not second.exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.1)
    os.kill(children_of(process.pid)[1], signal.SIGKILL)
    killed = time.monotonic()
    said, _ = process.communicate(timeout=60)
    assert time.monotonic() - killed < 60
    assert process.returncode != 0
    assert "SIGKILL" in said
    assert not (tmp_path / "ppo.weights").exists()

    before = log.read_text().splitlines()[:2]
    ended(torchrun(3, tmp_path, "ppo", "--shard"))
    assert log.read_text().splitlines()[:2] == before  # those steps were not done again
    assert_alike(tmp_path, alone, ("ppo",))


def test_a_checkpoint_of_either_kind_serves_any_number_of_processes(alone: Path, tmp_path: Path) -> None:
    """One file of one process, read into shards; their parts, read whole."""
    one_file, parts = tmp_path / "checkpoints" / "ppo.pt", tmp_path / "checkpoints" / "ppo.parts"
    steps = metrics(alone)
    main([str(tmp_path), "ppo", "--steps", "1"])
    assert one_file.exists()
    ended(torchrun(2, tmp_path, "ppo", "--shard", "--steps", "2"))
    assert parts.exists()
    assert not one_file.exists()
    main([str(tmp_path), "ppo"])
    assert one_file.exists()
    assert not parts.exists()
    assert len(metrics(tmp_path)) == len([line for line in steps if line["stage"] == "ppo"])
    assert_alike(tmp_path, alone, ("ppo",))
