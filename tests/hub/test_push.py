"""`tutelage push`: what arrives at the hub is the model and its card, and what hinders is told in one line."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from huggingface_hub import ModelCard
from tests.hub.conftest import reach
from tests.hub.receiver import OWNER, STRANGER, TOKEN, Held, Receiver, receiving

from tutelage.cli.main import dispatch
from tutelage.models import load_policy
from tutelage.report.model_card import front_matter

HEAD = front_matter(scalar=False, base_model="somebody/base")
CARD = f"{HEAD}\n\n# PPO-ptx, of the run mini\n\nIts table – with | bars.\n"


@pytest.fixture(scope="module")
def _server() -> Iterator[Receiver]:
    with receiving() as hub:
        yield hub


@pytest.fixture
def hub(_server: Receiver, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """An empty hub; whoever pushes has the right token. It takes large files in one piece, and not in chunks (Xet)."""
    _server.repositories, _server.blobs, _server.broken = {}, {}, None
    reach(monkeypatch, _server.url)
    monkeypatch.setattr("huggingface_hub._commit_api.is_xet_available", lambda: False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return _server


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Path:
    """A run's folder with two models, one of which has a card; and with all that is nobody's business."""
    root = tmp_path / "run"
    for name in ("sft", "ppo_ptx"):
        shutil.copytree(folder, root / "models" / name)
    (root / "models" / "ppo_ptx" / "README.md").write_text(CARD)
    for private in ("tutelage.db", "metrics.jsonl", "report.json"):
        (root / private).write_text("what somebody asked")
    for private in ("prompts.jsonl", "optimizer.pt", ".env", "notes.txt"):
        (root / "models" / "ppo_ptx" / private).write_text("what somebody asked")
    return root


def push(*arguments: object) -> int:
    return dispatch(["push", *map(str, arguments), "--yes"], debug=False)


def test_a_model_of_a_run_arrives_with_its_card_and_nothing_else(
    hub: Receiver, run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert push(run, "somebody/mine", "--private") == 0
    told = capsys.readouterr().out
    held = hub.repositories["somebody/mine"]
    model = run / "models" / "ppo_ptx"
    assert held.private
    files = held.branches["main"]
    assert set(files) >= {"config.json", "model.safetensors", "tokenizer.json", "README.md"}
    for name, content in files.items():
        assert content == (model / name).read_bytes()
        assert f"{len(content):,} bytes  {name}\n" in told
    assert not {"prompts.jsonl", "optimizer.pt", ".env", "notes.txt", "tutelage.db"} & set(files)
    assert not any(b"what somebody asked" in content for content in files.values())
    assert "Not uploaded: .env, notes.txt, optimizer.pt, prompts.jsonl\n" in told
    total = sum(map(len, files.values()))
    assert f"{len(files)} files, {total:,} bytes, of {model} to somebody/mine, a private repository\n" in told
    assert told.endswith(f"{hub.url}/somebody/mine/commit/{told.strip()[-40:]}\n")

    back = tmp_path / "back"
    back.mkdir()
    for name, content in files.items():
        (back / name).write_bytes(content)
    one, other = load_policy(model), load_policy(back)
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    data = ModelCard(files["README.md"].decode()).data
    assert (data.library_name, data.pipeline_tag, data.base_model, data.license) == (
        "transformers",
        "text-generation",
        "somebody/base",
        None,
    )
    assert "instructgpt" in data.tags


def test_another_model_on_a_branch_with_a_license(hub: Receiver, run: Path) -> None:
    assert push(run, "somebody/mine") == 0
    for _ in range(2):  # a branch is made, and then it is there
        given = ("--model", "sft", "--revision", "sft", "--license", "apache-2.0")
        assert push(run, "somebody/mine", *given) == 0
    held = hub.repositories["somebody/mine"]
    assert not held.private
    assert held.branches["main"]["README.md"].decode() == CARD
    card = ModelCard(held.branches["sft"]["README.md"].decode())
    assert (card.data.license, card.data.pipeline_tag) == ("apache-2.0", "text-generation")
    assert "# sft" in card.text
    assert not (run / "models" / "sft" / "README.md").exists()


def test_a_license_changes_nothing_else_of_a_card(hub: Receiver, run: Path) -> None:
    assert push(run / "models" / "ppo_ptx", "somebody/mine", "--license", "mit") == 0
    sent = hub.repositories["somebody/mine"].branches["main"]["README.md"].decode()
    assert sent.replace("license: mit\n", "") == CARD
    assert (run / "models" / "ppo_ptx" / "README.md").read_text() == CARD


def test_whoever_says_no_uploads_nothing(hub: Receiver, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.confirm", lambda question: False)
    assert dispatch(["push", str(run), "somebody/mine"], debug=False) == 0
    assert hub.repositories == {}


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("run", "tutelage.db"),
        ("config", "config.json names no architecture"),
        ("weights", "the folder has no weights in safetensors"),
        ("tokenizer", "the folder has no tokenizer"),
        ("part", "a part of the weights is missing: model-00002-of-00002.safetensors"),
        ("nothing", "there is no such folder"),
    ],
)
def test_folders_that_are_no_models_are_refused(
    hub: Receiver, run: Path, broken: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = run / "models" / "ppo_ptx"
    if broken == "run":
        shutil.rmtree(run / "models")
        place, told = run, "no config.json can be read"
    elif broken == "config":
        (place / "config.json").write_text("{}")
    elif broken == "part":
        index = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
        (place / "model.safetensors.index.json").write_text(json.dumps(index))
    elif broken == "nothing":
        place = run / "nowhere"
    else:
        for path in place.glob("*.safetensors" if broken == "weights" else "tokenizer*"):
            path.unlink()
    assert push(place, "somebody/mine") == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert hub.repositories == {}


def test_what_hinders_is_told_in_one_line(
    hub: Receiver, run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.repositories |= {"others/theirs": Held(private=False), f"{OWNER}/public": Held(private=False)}

    def error(*arguments: str) -> str:
        assert push(run, *arguments) == 2
        told = capsys.readouterr().err
        assert told.startswith("error: ")
        assert told.count("\n") == 1
        assert "hf_of" not in told
        return told

    assert "the repository exists and is public; leave out --private" in error("somebody/public", "--private")
    assert "Invalid metadata in README.md" in error("somebody/mine", "--license", "my own")
    assert '"license" must be one of a list' in error("somebody/mine", "--license", "my own")
    assert "no name of the hub's; write OWNER/NAME" in error("some body/mine")
    assert "the token may not write there" in error("others/new")
    monkeypatch.setenv("HF_TOKEN", STRANGER)
    assert "others/theirs: the token may not write there; name a repository" in error("others/theirs")
    monkeypatch.setenv("HF_TOKEN", "hf_of_nobody")
    assert "the hub does not accept the token" in error("somebody/mine")
    monkeypatch.delenv("HF_TOKEN")
    assert "somebody/mine: there is no token for the hub; log in with" in error("somebody/mine")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.broken = 418
    assert "answers with 418" in error("somebody/mine")
    reach(monkeypatch, "http://127.0.0.1:9")
    assert "127.0.0.1:9 cannot be reached; check the network" in error("somebody/mine")
    assert all(held.branches == {"main": {}} for held in hub.repositories.values())


def test_only_a_run_has_models_to_choose_from(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert push(run / "models" / "sft", "somebody/mine", "--model", "ppo") == 2
    assert "--model: only a run's folder has models to choose from" in capsys.readouterr().err
    assert push(run, "somebody/mine", "--model", "ppo_ptz") == 2
    assert "did you mean 'ppo_ptx'?" in capsys.readouterr().err
