"""Bad input gets one clear line and exit code 2, before any long work; a failed run gets 1."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tutelage import mini
from tutelage.cli import main
from tutelage.cli.app import tell
from tutelage.cli.main import dispatch
from tutelage.models import load_policy, load_tokenizer, reward_model_from, save_model
from tutelage.schema import RunError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def status_of(*arguments: str) -> int:
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    assert isinstance(exit.value.code, int)
    return exit.value.code


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that the command answers with; nothing may have been begun."""
    assert status_of(*arguments) == 2
    line = capsys.readouterr().err
    assert line.startswith("error: ")
    assert line.count("\n") == 1
    assert not Path("runs").exists()
    return line


def lines(name: str, *records: Any) -> str:
    Path(name).write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return name


@pytest.fixture
def files() -> list[str]:
    """Overrides that name files in which nothing is wrong."""
    demonstrations = lines(
        "demonstrations.jsonl",
        {"prompt": "Say a.", "completion": "a", "split": "train"},
        {"prompt": "Say b.", "completion": "b", "split": "valid"},
    )
    comparisons = lines(
        "comparisons.jsonl",
        {"prompt": "Say a.", "completions": ["a", "b"], "ranks": [1, 2], "split": "train"},
        {"prompt": "Say b.", "completions": ["a", "b"], "ranks": [2, 1], "split": "valid"},
    )
    documents = lines("documents.jsonl", {"text": "Some text."})
    return [
        "paper",
        "--set",
        f"data.demonstrations=[{demonstrations}]",
        "--set",
        f"data.comparisons=[{comparisons}]",
        "--set",
        f"data.pretraining=[{documents}]",
    ]


def test_a_mistyped_field(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_text("world: mini\nppo:\n  kl_coeficient: 1\n")
    line = refusal(capsys, "run", "mine.yaml")
    assert "mine.yaml:3" in line
    assert "'kl_coefficient'" in line


def test_no_such_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert "mini" in refusal(capsys, "run", "nowhere")


def test_a_recipe_without_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert "data.demonstrations" in refusal(capsys, "run", "paper")


def test_a_broken_line(capsys: pytest.CaptureFixture[str], files: list[str]) -> None:
    with open("demonstrations.jsonl", "a") as file:
        file.write('{"prompt": "Say\n')
    assert "demonstrations.jsonl:3" in refusal(capsys, "run", *files)


def test_an_empty_completion(capsys: pytest.CaptureFixture[str], files: list[str]) -> None:
    lines("demonstrations.jsonl", {"prompt": "Say a.", "completion": " "})
    line = refusal(capsys, "run", *files)
    assert "demonstrations.jsonl:1: completion" in line


def test_ranks_that_are_no_ranks(capsys: pytest.CaptureFixture[str], files: list[str]) -> None:
    lines("comparisons.jsonl", {"prompt": "Say a.", "completions": ["a", "b"], "ranks": [3, 7]})
    assert "comparisons.jsonl:1: ranks" in refusal(capsys, "run", *files)


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], files: list[str]) -> None:
    Path("demonstrations.jsonl").unlink()
    assert "demonstrations.jsonl" in refusal(capsys, "run", *files)


def test_a_model_folder_that_is_not_one(capsys: pytest.CaptureFixture[str], files: list[str]) -> None:
    Path("empty").mkdir()
    assert "config.json" in refusal(capsys, "run", *files, "--set", "base.model=./empty")
    assert "no such model folder" in refusal(capsys, "run", *files, "--set", "base.model=./nowhere")
    assert "config.json" in refusal(capsys, "chat", "./empty")


def test_lengths_that_do_not_fit_the_context(capsys: pytest.CaptureFixture[str]) -> None:
    line = refusal(capsys, "run", "mini", "--from-scratch", "--set", "data.max_prompt_tokens=10000")
    assert "context" in line
    assert "data.max_prompt_tokens" in line


def test_an_architecture_that_cannot_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert "heads" in refusal(capsys, "run", "mini", "--from-scratch", "--set", "base.architecture.heads=7")


def test_a_device_that_is_not_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert "device" in refusal(capsys, "run", "mini", "--set", "device=teapot")


def test_a_store_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere.db" in refusal(capsys, "data", "stats", "--store", "nowhere.db")
    assert not Path("nowhere.db").exists()


def test_a_run_without_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert "report.json" in refusal(capsys, "report", ".")


def test_wrong_options_are_answered_by_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("run", "--bogus") == 2
    assert status_of("nothing") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_failed_run_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(RunError("the loss is not a number", remedy="lower the learning rate")) == 1
    assert capsys.readouterr().err == "error: the loss is not a number; lower the learning rate\n"


def test_without_torch_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr("tutelage.cli.run.load_recipe", missing)
    assert "tutelage[train]" in refusal(capsys, "run", "mini")


def test_debug_shows_the_traceback() -> None:
    from tutelage.schema import InputError

    with pytest.raises(InputError):
        dispatch(["run", "nowhere"], debug=True)


def test_help_is_not_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("--help") == 0
    shown = capsys.readouterr().out
    for command in ("run", "train", "data", "chat", "report"):
        assert command in shown


@pytest.mark.parametrize("breakage", ["truncated", "garbage", "empty", "other sizes"])
def test_a_model_with_broken_weights(breakage: str, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(mini.base_folder(), "model")
    weights = Path("model/model.safetensors")
    if breakage == "other sizes":
        configuration = json.loads(Path("model/config.json").read_text())
        Path("model/config.json").write_text(json.dumps(configuration | {"hidden_size": 96}))
    else:
        whole = weights.read_bytes()
        weights.write_bytes({"truncated": whole[:5000], "garbage": b"x" * 5000, "empty": b""}[breakage])
    assert status_of("chat", "./model", "--prompt", "Hello") == 2
    assert "error: ./model: cannot load a causal language model" in capsys.readouterr().err


def test_a_reward_model_is_no_policy(capsys: pytest.CaptureFixture[str]) -> None:
    reward = reward_model_from(load_policy(mini.base_folder()))
    save_model(reward, load_tokenizer(mini.base_folder()), "reward")
    assert "reward model, which writes no text" in refusal(capsys, "chat", "./reward", "--prompt", "Hello")


@pytest.mark.parametrize("place", ["file", "file/inside"])
def test_a_run_needs_a_folder(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("mine")
    assert "choose another --out" in refusal(capsys, "run", "mini", "--out", place)
    assert Path("file").read_text() == "mine"


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 100_000], ids=["digits", "nesting"])
def test_json_beyond_all_measure(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("big.jsonl").write_text('{"prompt": "a", "completion": "b", "x": ' + value + "\n")
    assert "big.jsonl:1" in refusal(
        capsys, "data", "import", "demonstrations", "big.jsonl", "--store", "s.db"
    )


def test_a_folder_where_a_file_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    Path("d.jsonl").mkdir()
    assert "a folder" in refusal(capsys, "data", "import", "demonstrations", "d.jsonl", "--store", "s.db")


@pytest.mark.parametrize("ranks", [[True, 2], ["1", "2"]])
def test_ranks_that_are_no_numbers(
    ranks: list[Any], capsys: pytest.CaptureFixture[str], files: list[str]
) -> None:
    lines("comparisons.jsonl", {"prompt": "Say a.", "completions": ["a", "b"], "ranks": ranks})
    assert "comparisons.jsonl:1: ranks" in refusal(capsys, "run", *files)


def test_a_recipe_in_another_encoding(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_bytes("name: Zürich\n".encode("latin-1"))
    assert "save the file as UTF-8" in refusal(capsys, "run", "mine.yaml")


def test_a_report_that_is_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    Path("r").mkdir()
    Path("r/report.json").write_bytes(b"\xff")
    assert "not a report" in refusal(capsys, "report", "r")


def test_settings_out_of_range(capsys: pytest.CaptureFixture[str]) -> None:
    assert "threads" in refusal(capsys, "run", "mini", "--set", "threads=100000")
    place = str(mini.base_folder())
    assert status_of("chat", place, "--prompt", "Hello", "--temperature", "nan") == 2
    assert "temperature" in capsys.readouterr().err
