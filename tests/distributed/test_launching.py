"""Commands on several processes: started, heard, interrupted, and ended with the error of the rank that failed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tutelage.cli.launching import Ranks
from tutelage.mini import World
from tutelage.mini.tokenizer import build_tokenizer
from tutelage.models import Architecture, new_policy, save_model
from tutelage.schema import InputError

TINY = Path(__file__).parents[1] / "pipeline" / "tiny.yaml"
SAID = "Name an animal that swims. A fish. Name one that flies. A bird sings in the tree. " * 3
LIMITS = ["data.max_prompt_tokens=60", "data.max_completion_tokens=60", "base.row_tokens=60"]
PROMPTS = ["Name an animal that swims.", "Name one that flies.", "Sing.", "Name a tree."] * 6


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's folder."""
    folder = tmp_path_factory.mktemp("model") / "base"
    tokenizer = build_tokenizer([SAID] * 2, 300)
    sizes = {"hidden_size": 16, "layers": 1, "heads": 2, "intermediate_size": 32, "context": 128}
    special = {"eos_token_id": int(tokenizer.eos_token_id), "pad_token_id": int(tokenizer.pad_token_id)}
    save_model(
        new_policy(Architecture(**sizes, vocabulary_size=len(tokenizer)), 1, **special), tokenizer, folder
    )
    return folder


@pytest.fixture(scope="module")
def demonstrations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file."""
    path = tmp_path_factory.mktemp("data") / "demonstrations.jsonl"
    rows = (f'{{"prompt": "{prompt}", "completion": "A bird {row}."}}' for row, prompt in enumerate(PROMPTS))
    path.write_text("".join(row + "\n" for row in rows))
    return path


def train(model: Path, demonstrations: Path, out: Path, *options: str, nproc: int = 2) -> list[str]:
    """The command."""
    command = [sys.executable, "-m", "tutelage", "train", "--nproc", str(nproc), "sft", "--model", str(model)]
    fields = [
        "sft.dropout=0",
        "sft.batch_size=6",
        "sft.epochs=2",
        "sft.learning_rate=1e-3",
        "precision=fp32",
        *LIMITS,
    ]
    settings = [word for field in (*fields, *options) for word in ("--set", field)]
    return [*command, "--demonstrations", str(demonstrations), "--out", str(out), *settings]


def test_two_processes_write_the_model_of_one(model: Path, demonstrations: Path, tmp_path: Path) -> None:
    outs = tmp_path / "one", tmp_path / "two"
    for nproc, out in enumerate(outs, 1):
        shard = f"distributed.shard={'true' if nproc == 2 else 'false'}"
        command = train(model, demonstrations, out, shard, nproc=nproc)
        ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert ended.returncode == 0, ended.stderr[-3000:]
        assert ended.stdout.count("ready; the metrics are in") == 1
    one, two = (load_file(out / "model.safetensors") for out in outs)
    assert one.keys() == two.keys()
    assert all((one[name] - two[name]).abs().max() < 1e-5 for name in one)
    logs = [(tmp_path / f"{out.name}.training" / "metrics.jsonl").read_text() for out in outs]
    assert logs[0].count("\n") == logs[1].count("\n") > 0


def test_an_error_of_all_ranks_is_one_line(model: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.jsonl"
    command = train(model, nothing, tmp_path / "out")
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 2
    assert ended.stderr.count("error: ") == 1
    assert str(nothing) in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the ranks in /proc")
def test_a_killed_rank_is_named_and_ctrl_c_is_gone_on_from(
    model: Path, demonstrations: Path, tmp_path: Path
) -> None:
    command = train(model, demonstrations, tmp_path / "out", "sft.epochs=2000")
    process = begun(command, tmp_path)
    ranks = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    killed = time.monotonic()
    os.kill(int(ranks[1]), signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert time.monotonic() - killed < 60
    assert process.returncode == 1
    assert said.strip().splitlines()[-1] == (
        "error: rank 1 was ended by SIGKILL; what is done is kept: go on with the same command"
    )

    process = begun(command, tmp_path)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert out.count("interrupted; what is done is kept") == 1
    checkpoint = tmp_path / "out.training" / "sft.pt"
    assert checkpoint.exists()


def begun(command: list[str], place: Path) -> "subprocess.Popen[str]":
    """The command, when it has done some more steps."""
    log = place / "out.training" / "metrics.jsonl"
    before = log.read_text().count("\n") if log.exists() else 0
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (log.exists() and log.read_text().count("\n") > before):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.1)
    return process


def test_machines_need_a_place_to_meet() -> None:
    with pytest.raises(InputError, match="--rendezvous: the machines need a place to meet"):
        Ranks(nnodes=2).launch()
    with pytest.raises(InputError, match="--rendezvous: 'HOST:PORT' is no HOST:PORT"):
        Ranks(nnodes=2, rendezvous="HOST:PORT").launch()
    with pytest.raises(InputError, match="--node-rank: 2 is none of 2 machines"):
        Ranks(nnodes=2, node_rank=2, rendezvous="a:1").launch()


def test_a_whole_run_goes_through_on_two_processes(tmp_path: Path) -> None:
    """Stages that all ranks do and stages that the first one does alone, in turns."""
    base, out = tmp_path / "base", tmp_path / "run"
    tokenizer = build_tokenizer(World(0).documents(400), 700)
    sizes = {"hidden_size": 16, "layers": 1, "heads": 2, "intermediate_size": 32, "context": 384}
    special = {"eos_token_id": int(tokenizer.eos_token_id), "pad_token_id": int(tokenizer.pad_token_id)}
    save_model(
        new_policy(Architecture(**sizes, vocabulary_size=len(tokenizer)), 1, **special), tokenizer, base
    )
    settings = [f"base.model={base}", "distributed.shard=true", "lora.rank=2"]
    options = [word for setting in settings for word in ("--set", setting)]
    command = [
        sys.executable,
        "-m",
        "tutelage",
        "run",
        str(TINY),
        "--out",
        str(out),
        "--nproc",
        "2",
        *options,
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert (out / "report.html").is_file()
    steps = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [step["step"] for step in steps if step["stage"] == "ppo_ptx"] == [1, 2, 3, 4, 5, 6]


def test_an_error_of_the_first_rank_alone_is_told_once(tmp_path: Path) -> None:
    """The others wait for it in a stage that it does alone."""
    command = [
        sys.executable,
        "-m",
        "tutelage",
        "run",
        "mini",
        "--nproc",
        "2",
        "--out",
        str(tmp_path / "run"),
    ]
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "something").touch()
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 2
    assert ended.stderr.strip().splitlines()[-1].startswith("error: ")
    assert "this is not a run's folder" in ended.stderr
    assert ended.stderr.count("error: ") == 1
    assert "Traceback" not in ended.stderr
