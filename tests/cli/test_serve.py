"""`tutelage serve` and `tutelage keys`: what is served, to whom, and what is told of what cannot be."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.cli.tiny import save_policy, save_reward_model

from tutelage.cli.main import dispatch
from tutelage.cli.serve import folders_to_serve, store_of
from tutelage.models import load_policy, load_tokenizer
from tutelage.rollout import Sampler
from tutelage.schema import InputError
from tutelage.store import Store

PATIENCE = 120.0
ASK: list[Any] = [{"role": "user", "content": "Say one."}]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like a run's, with two models and a recipe."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("base", "sft")):
        save_policy(tmp_path / "runs" / "r" / "models" / name, seed)
    return Path("runs/r")


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """A server as a process that takes requests, its address, and what it said."""
    port = str(free_port())
    process = subprocess.Popen(
        [sys.executable, "-m", "tutelage", "serve", *arguments, "--port", port],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    giving_up = threading.Timer(PATIENCE, process.kill)
    giving_up.start()
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line)
            if line.startswith("Ctrl-C"):
                break
        else:
            raise AssertionError(process.communicate())
        yield process, f"http://127.0.0.1:{port}/v1", said
    finally:
        giving_up.cancel()
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()


def test_a_runs_models_are_served_and_a_signal_ends_it_well(run: Path) -> None:
    with serving(str(run), "--models", "base,sft") as (process, url, said):
        told = "".join(said)
        assert "loading base from" in told
        assert f"Serving base, sft at {url}, open to whoever reaches it; nothing of prompts is kept." in told
        assert f"The playground is at {url.removesuffix('v1')}.\n" in told
        client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
        assert {model.id for model in client.models.list()} == {"base", "sft"}
        answer = client.chat.completions.create(model="sft", messages=ASK, seed=4, max_tokens=20)
        folder = run / "models" / "sft"
        sampler = Sampler(load_policy(folder), load_tokenizer(folder))
        [[sample]] = sampler.sample(["Say one."], seed=4, max_new_tokens=20)
        assert answer.choices[0].message.content == sample.text
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (0, "")
    assert {json.loads(line)["event"] for line in err.splitlines()} == {"request"}
    assert (run / "tutelage.db").is_file()


def test_with_keys_and_collection(run: Path) -> None:
    key = said_key("create", "ann", "--store", str(run), "--user", "ann-1")
    with serving(f"{run}:base", "--collect", "--longest-completion", "3") as (process, url, said):
        assert "with a key; prompts and answers are kept." in "".join(said)
        with pytest.raises(openai.AuthenticationError):
            openai.OpenAI(base_url=url, api_key="none", max_retries=0).models.list()
        client = openai.OpenAI(base_url=url, api_key=key, max_retries=0)
        answer = client.chat.completions.create(model="base", messages=ASK)
        assert answer.usage is not None
        assert answer.usage.completion_tokens <= 3
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    with Store(run / "tutelage.db") as store:
        (row,) = store.collection.rows()
        assert (row.user, row.prompt, row.model) == ("ann-1", "Say one.", "base")


def said_key(*arguments: str) -> str:
    """What `tutelage keys` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tutelage", "keys", *arguments], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.strip()


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a command that is refused."""
    assert dispatch(arguments, debug=False) == 2
    told = capsys.readouterr()
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1
    return told.err


def test_what_cannot_be_served_is_told_in_one_line(
    run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    save_reward_model(tmp_path / "reward", 1)
    capsys.readouterr()  # transformers draws a bar for it
    assert "did you mean 'base'" in refusal(capsys, "serve", str(run), "--models", "bse")
    assert "--models" in refusal(capsys, "serve", f"{run}/models/base", "--models", "base")
    assert "--models" in refusal(capsys, "serve", str(run), str(run), "--models", "base")
    assert "nowhere" in refusal(capsys, "serve", "nowhere", "--port", str(free_port()))
    (tmp_path / "empty").mkdir()
    assert "holds no model" in refusal(capsys, "serve", "empty", "--port", str(free_port()))
    assert "reward" in refusal(capsys, "serve", "reward", "--port", str(free_port()))
    assert "device" in refusal(capsys, "serve", str(run), "--device", "gpu9", "--port", str(free_port()))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "cannot listen" in refusal(capsys, "serve", str(run), "--port", port)
    for command in (("serve", str(run)), ("keys", "create", "ann")):
        assert "no such folder" in refusal(capsys, *command, "--store", "nowhere/x.db")
    assert not Path("nowhere").exists()
    assert list(Path().rglob("*.db")) == []


@pytest.mark.parametrize("url", ["ftp://foo", "foo", "foo:80", "https://", "http://foo:x", "http://[::1"])
def test_a_url_is_one_of_the_web(url: str, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"--url {url}" in refusal(capsys, "serve", str(run), "--tls", "--open", "--url", url)


@pytest.mark.parametrize("more", [("--host", "0.0.0.0"), ("--url", "https://models.example"), ("--tls",)])
def test_what_others_reach_needs_keys(
    more: tuple[str, ...], run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refusal(capsys, "serve", str(run), "--port", str(free_port()), *more)
    assert "tutelage keys create NAME" in told
    assert "--open" in told


@pytest.mark.parametrize("package", ["fastapi", "prometheus_client", "uvicorn"])
def test_without_a_package_it_says_what_to_install(
    package: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutelage.cli.serve.find_spec", lambda name: None if name == package else name)
    told = refusal(capsys, "serve", "anything")
    assert told == f"error: this command needs {package}; pip install 'tutelage[train,serve]'\n"


def test_models_are_named_as_in_their_run(run: Path) -> None:
    assert list(folders_to_serve([str(run)], None)) == ["sft"]  # the best that is there
    assert list(folders_to_serve([str(run)], "base, sft")) == ["base", "sft"]
    assert list(folders_to_serve([f"{run}:base", "runs/r/models/sft"], None)) == ["base", "sft"]
    with pytest.raises(InputError, match="named twice"):
        folders_to_serve([f"{run}:base", "runs/r/models/base"], None)


def test_the_store_is_the_runs_own_unless_one_is_named(run: Path) -> None:
    assert store_of([str(run)], None) == "runs/r/tutelage.db"
    assert store_of(["runs/r/models/sft", f"{run}:base"], None) == "runs/r/tutelage.db"
    assert store_of(["runs/r/models/sft"], None) == "tutelage.db"
    assert store_of([str(run)], "other.db") == "other.db"
    assert store_of(["runs/r/models/sft"], str(run)) == "runs/r/tutelage.db"


def test_keys_are_made_listed_and_revoked(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    limits = ("--requests-per-minute", "5", "--tokens-per-minute", "700", "--longest-completion", "30")
    assert dispatch(["keys", "create", "ann", *limits], debug=True) == 0
    secret = capsys.readouterr().out.strip()
    with Store("tutelage.db") as store:
        found = store.keys.find(secret)
        assert found is not None
        assert (found.requests_per_minute, found.tokens_per_minute, found.longest_completion) == (5, 700, 30)
    assert dispatch(["keys", "list"], debug=True) == 0
    listed = capsys.readouterr().out
    assert "ann" in listed
    assert secret not in listed
    assert "taken" in refusal(capsys, "keys", "create", "ann")
    assert dispatch(["keys", "revoke", "ann"], debug=True) == 0
    assert capsys.readouterr().out == "ann is revoked\n"
    assert dispatch(["keys", "list"], debug=True) == 0
    assert "revoked" in capsys.readouterr().out
    assert "'ann'" in refusal(capsys, "keys", "revoke", "an")
    assert "no such store" in refusal(capsys, "keys", "list", "--store", "nowhere.db")


def test_what_is_listed_of_keys_is_whole(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    name, user = "n" * 100, "u" * 64
    assert dispatch(["keys", "create", name, "--user", user], debug=True) == 0
    capsys.readouterr()
    assert dispatch(["keys", "list"], debug=True) == 0
    listed = capsys.readouterr().out
    assert all(each in listed for each in (name, user, f"{datetime.now(UTC):%Y-%m-%d}"))
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich then takes the output for a screen
    assert dispatch(["keys", "list"], debug=True) == 0
    shown = capsys.readouterr().out
    assert "\u2026" not in shown
    assert shown.count("u") >= len(user)
