"""A run from the hub's models and data sets: at which commits it was made, and what a new commit changes."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from tests.hub.mirror import TOKEN, Mirror, commit, files_of

from tutelage.cli.main import dispatch
from tutelage.hub import commit_of
from tutelage.pipeline import run
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.lineage import read_lineage
from tutelage.recipe import Recipe, load_recipe
from tutelage.schema import InputError

SETTINGS = ["data.max_prompt_tokens=12", "data.max_completion_tokens=8", "base.row_tokens=16", "threads=1"]


def rows(*fields: dict[str, object]) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in fields).encode()


def demonstrations(answer: str) -> bytes:
    sides = ("train", "valid", "test")
    return rows(*({"prompt": f"hello {side}", "completion": answer, "split": side} for side in sides))


@pytest.fixture
def hub(mirror: Mirror, folder: Path) -> Mirror:
    """A model, private, and all kinds of data."""
    mirror.add("models/org/m", files_of(folder), open_to=TOKEN)
    mirror.add("datasets/org/demonstrations", {"train.jsonl": demonstrations("the cat")})
    pairs = [{"prompt": f"hello {n}", "chosen": "cat", "rejected": "mat", "split": "valid"} for n in range(2)]
    mirror.add("datasets/org/pairs", {"train.jsonl": rows(*pairs, {**pairs[0], "split": "train"})})
    mirror.add("datasets/org/pages", {"train.jsonl": rows({"content": "the cat sat on the mat " * 9})})
    return mirror


def recipe_of(*further: str) -> Recipe:
    data = {"demonstrations": "org/demonstrations", "comparisons": "org/pairs", "pretraining": "org/pages"}
    named = [f"data.{field}=[{name}]" for field, name in data.items()]
    return load_recipe(
        "paper", [*SETTINGS, *named, "base.model=org/m", "data.columns.text=content", *further]
    )


def until_data(recipe: Recipe, place: Path) -> str:
    """What the first two stages say; as a new process would do them."""
    commit_of.cache_clear()
    told = io.StringIO()
    run(recipe, place, until="data", console=Console(file=told, width=200))
    return told.getvalue()


def test_a_run_knows_its_commits(
    hub: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    place = tmp_path / "run"
    assert "done before" not in until_data(recipe_of(), place)
    assert until_data(recipe_of(), place).count("done before") == 2
    written = load_recipe(RunFolder(place).recipe)
    assert written.base.model == f"org/m@{commit(1)}"
    assert written.data.comparisons == (f"org/pairs@{commit(1)}",)
    base = read_lineage(RunFolder(place))["base"]
    assert base.settings["made_from"] == commit(1)
    assert dispatch(["lineage", str(place)], debug=True) == 0
    assert f"org/m@{commit(1)}" in capsys.readouterr().out.replace("\n", "")

    hub.add("datasets/org/demonstrations", {"train.jsonl": demonstrations("the mat")}, number=2)
    assert "Prompts and demonstrations: done before" not in until_data(recipe_of(), place)
    assert until_data(recipe_of(), place).count("done before") == 2
    hub.add("models/org/m", hub.repositories["models/org/m"].commits[commit(1)], number=3)
    assert "done before" not in until_data(recipe_of(), place)
    assert load_recipe(RunFolder(place).recipe).base.model == f"org/m@{commit(3)}"
    # what the first one wrote down still means the same
    until_data(written, tmp_path / "again")
    assert load_recipe(RunFolder(tmp_path / "again").recipe) == written
    for path in place.rglob("*"):
        assert path.is_dir() or TOKEN.encode() not in path.read_bytes()


def test_what_was_begun_goes_on_offline(
    hub: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: Callable[[], None]
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    until_data(recipe_of(), tmp_path / "run")
    monkeypatch.delenv("HF_TOKEN")
    offline()
    assert until_data(recipe_of(), tmp_path / "run").count("done before") == 2


def test_a_private_model_is_refused_before_any_work(hub: Mirror, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="org/m: no such folder, and the hub has no such model, or it is private"
    ):
        until_data(recipe_of(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_rows_that_cannot_be_used_may_be_left_out(hub: Mirror, tmp_path: Path, folder: Path) -> None:
    broken = demonstrations("the cat") + rows({"prompt": "hello"}, {"prompt": " ", "completion": "a"})
    hub.add("datasets/org/demonstrations", {"train.jsonl": broken}, number=2)
    local = f"base.model={folder}"
    with pytest.raises(InputError, match=r"org/demonstrations@.*: row 4: completion: missing"):
        until_data(recipe_of(local), tmp_path / "run")
    told = until_data(recipe_of(local, "data.skip_unusable=true"), tmp_path / "run").replace("\n", " ")
    assert "2 rows left out that cannot be used, the first: org/demonstrations@" in told


def test_a_stage_by_itself_reads_the_hub(
    hub: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    settings = [*SETTINGS, "sft.epochs=1", "sft.batch_size=4"]
    options = [part for setting in settings for part in ("--set", setting)]
    command = ["train", "sft", "--model", "org/m@main", "--out", str(tmp_path / "sft")]
    assert dispatch([*command, "--demonstrations", "org/demonstrations", *options], debug=True) == 0
    assert (tmp_path / "sft" / "model.safetensors").exists()
