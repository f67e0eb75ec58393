"""`tutelage sample`: from models and prompts to completions in a store, whatever interrupts it."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
import torch

from tutelage.cli.main import dispatch
from tutelage.cli.sample import read_prefix, stop_texts
from tutelage.data import Template
from tutelage.mini.tokenizer import build_tokenizer
from tutelage.models import (
    Architecture,
    load_policy,
    load_tokenizer,
    new_policy,
    reward_model_from,
    save_model,
)
from tutelage.recipe import dump_recipe, load_recipe
from tutelage.rollout import load_reward_model
from tutelage.schema import Prompt, Split
from tutelage.store import Store

SOURCE = Path(__file__).parents[2] / "src"
PATIENCE = 300
"""Seconds after which something hangs, however busy the machine is."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a few thousand weights that learned nothing."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = build_tokenizer(["Say one and two, and name an animal."] * 2, 300)
    sizes = {"hidden_size": 16, "layers": 1, "heads": 2, "intermediate_size": 32, "context": 384}
    architecture = Architecture(**sizes, vocabulary_size=len(tokenizer))
    model = new_policy(
        architecture, 1, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    save_model(model, tokenizer, folder)
    return folder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def runs(tiny: Path) -> None:
    """Two runs with the same two models, whose answers have 5 tokens; prompts in the first one's store."""
    for name in ("a", "b"):
        for model in ("sft", "ppo"):
            shutil.copytree(tiny, f"{name}/models/{model}")
        Path(f"{name}/recipe.yaml").write_text(
            dump_recipe(load_recipe("mini", ["data.max_completion_tokens=5"]))
        )
    with Store("a/tutelage.db") as store:
        for split in (Split.train, Split.test):
            store.add_prompts(
                [Prompt(text=f"Say {split} {n}.", split=split) for n in range(4)], f"of {split}"
            )
        store.add_prompts([Prompt(text="Say more.", split=Split.train)], "more")


def file_of(count: int) -> str:
    rows = [{"prompt": f"Say {number}.", "split": "train"} for number in range(count)]
    Path("prompts.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return "prompts.jsonl"


def sample(*arguments: str) -> int:
    return dispatch(["sample", *arguments], debug=False)


def test_a_file_of_prompts_becomes_completions_ready_to_rank(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [str(tiny), "--prompts", file_of(3), "--max-new-tokens", "5"]
    assert sample(*command) == 0
    assert "tiny: 12 completions of 3 prompts" in capsys.readouterr().out
    with Store("tutelage.db") as store:
        before = store.completions(batch="samples", source="tiny")
        assert [prompt.text for prompt in store.prompts(batch="samples")] == ["Say 0.", "Say 1.", "Say 2."]
    assert len(before) == 12

    assert sample(*command) == 0
    assert "3 of them done before" in capsys.readouterr().out
    with Store("tutelage.db") as store:
        assert store.completions() == before


@pytest.mark.usefixtures("runs")
def test_prompts_of_a_store_by_split_batch_and_number() -> None:
    def asked(*options: str) -> list[str]:
        arguments = ["a:sft", "--prompts", "a", "--count", "1", "--store", f"{len(os.listdir())}.db"]
        assert sample(*arguments, *options) == 0
        with Store(arguments[-1]) as store:
            return [completion.prompt.text for completion in store.completions()]

    train, test = ([f"Say {split} {number}." for number in range(4)] for split in ("train", "test"))
    assert asked() == [*train, *test, "Say more."]
    assert asked("--split", "train") == [*train, "Say more."]
    assert asked("--split", "train", "--prompt-batch", "of train") == train
    assert asked("--prompt-batch", "of test", "--limit", "2") == test[:2]


@pytest.mark.usefixtures("runs")
def test_models_of_a_run_answer_at_the_length_they_were_trained_for() -> None:
    options = ["--prompts", file_of(3), "--count", "2"]
    assert sample("a:sft,ppo", *options) == 0
    assert sample("b", *options, "--store", "b") == 0  # its best model, into its own store
    with Store("tutelage.db") as store:
        completions = store.completions()
    assert {completion.source for completion in completions} == {"sft", "ppo"}
    with Store("b/tutelage.db") as store:
        assert {completion.source for completion in store.completions()} == {"ppo"}

    assert sample("a:sft", *options, "--max-new-tokens", "5", "--batch", "five") == 0
    assert sample("a:sft", *options, "--max-new-tokens", "6", "--batch", "six") == 0
    with Store("tutelage.db") as store:
        by_batch = [
            [c.text for c in store.completions(batch=b, source="sft")] for b in ("samples", "five", "six")
        ]
    assert by_batch[0] == by_batch[1] != by_batch[2]


@pytest.mark.usefixtures("runs")
def test_models_of_one_name_are_told_apart(tiny: Path) -> None:
    assert sample("a:ppo", "b", str(tiny), "--prompts", file_of(2), "--max-new-tokens", "5") == 0
    with Store("tutelage.db") as store:
        sources = [completion.source for completion in store.completions()]
    assert list(dict.fromkeys(sources)) == ["a:ppo", "b:ppo", "tiny"]


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["c:sft", "--prompts", "p.jsonl"], "c: no such run; give RUN:NAME, a run's folder or a model's"),
        (["a:stf", "--prompts", "p.jsonl"], "a: the run has no model 'stf'; did you mean 'sft'?"),
        (["./c", "--prompts", "a"], "./c: no such model folder; check the path"),
        (
            ["a:sft", "a/models/sft", "--prompts", "a"],
            "a/models/sft: this model is named twice; name it once",
        ),
        (["a", "--prompts", "p.jsonl"], "p.jsonl: no such file"),
        (["a", "--prompts", "b"], "b: this run has no store yet"),
        (["a", "--prompts", "p.jsonl", "--prompt-batch", "x"], "--prompt-batch: a file has no batches"),
        (
            ["a", "--prompts", "a", "--prompt-batch", "mor"],
            "--prompt-batch: no prompts in batch 'mor'; did you",
        ),
        (["a", "--prompts", "a", "--split", "valid"], "a: there are no prompts of split valid; name another"),
        (["a", "--prompts", "a", "--count", "0"], "--count: 0 completions of each prompt; give a positive"),
        (["a", "--prompts", "a", "--temperature", "nan"], "temperature nan is not a number from 0 up"),
        (["a", "--prompts", "a", "--top-p", "0"], "top_p 0.0 is not in (0, 1]"),
        (["a", "--prompts", "a", "--max-new-tokens", "900"], "a/models/ppo: no prompt leaves room for 900"),
    ],
)
def test_mistakes_are_told_before_any_work(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sample(*arguments) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"error: {told}")
    assert line.count("\n") == 1
    assert not Path("tutelage.db").exists()


@pytest.fixture(scope="module")
def reward(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reward model that prefers one thing to another, for no reason."""
    folder = tmp_path_factory.mktemp("models") / "reward"
    model = reward_model_from(load_policy(tiny))
    torch.manual_seed(0)
    torch.nn.init.normal_(model.score.weight)
    save_model(model, load_tokenizer(tiny), folder)
    return folder


def sources(store: str = "tutelage.db") -> dict[str, list[str]]:
    """Each model's texts."""
    found: dict[str, list[str]] = {}
    with Store(store) as database:
        for completion in database.completions():
            found.setdefault(completion.source, []).append(completion.text)
    return found


@pytest.mark.usefixtures("runs")
def test_base_and_prompted_base_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    Path("shots.txt").write_text("Say one.\none\n\n{prompt}\n\n\n")
    options = ["--prompts", file_of(3), "--count", "2"]
    assert sample("a:sft", *options) == 0
    assert sample("a:sft", *options, "--prefix", "shots.txt", "--stop", "\\n") == 0
    assert sample("a:sft", *options, "--prefix", "shots.txt", "--name", "few-shot") == 0
    told = capsys.readouterr().out
    assert "sft_prompted: " in told
    assert "few-shot: " in told
    texts = sources()
    assert list(texts) == ["sft", "sft_prompted", "few-shot"]
    assert len({tuple(own) for own in texts.values()}) == 3


def test_a_prefix_is_the_file_without_its_last_line_break() -> None:
    Path("shots.txt").write_bytes(b"\xef\xbb\xbfQ: {prompt}\r\nA:\n\n")
    assert read_prefix("shots.txt") == Template("Q: ", "\nA:\n")
    assert stop_texts(["\\n\\nQ:", "end"]) == ["\n\nQ:", "end"]


@pytest.mark.usefixtures("runs")
def test_the_best_of_n_by_a_runs_reward_model(reward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(reward, "a/models/reward")
    command = ["a:sft,ppo", "--prompts", file_of(4), "--count", "1", "--best-of", "5", "--reward"]
    assert sample(*command, "a") == 0
    first = sources()
    assert {name: len(texts) for name, texts in first.items()} == {"sft_best_of_5": 4, "ppo_best_of_5": 4}
    assert sample(*command, "a:reward") == 0
    assert capsys.readouterr().out.count("4 of them done before") == 2
    assert sample(*command, str(reward), "--store", "other.db") == 0
    assert sources("other.db") == first
    every = ["a:sft", "--prompts", "prompts.jsonl", "--count", "5", "--name", "sft_best_of_5"]
    assert sample(*every, "--store", "all.db") == 0
    with Store("all.db") as store:
        drawn = store.completions()
    scores = load_reward_model(reward)([each.prompt.text for each in drawn], [each.text for each in drawn])
    best = [max(range(start, start + 5), key=lambda place: scores[place]) for start in range(0, 20, 5)]
    assert [drawn[place].text for place in best] == first["sft_best_of_5"]


@pytest.mark.usefixtures("runs")
def test_the_best_of_n_are_learned_from(tiny: Path, reward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Best-of-n distillation: sampled, the best exported as demonstrations, and fine-tuned on."""
    command = ["a:sft", "--prompts", file_of(12), "--count", "1", "--max-new-tokens", "150"]
    assert sample(*command, "--best-of", "4", "--reward", str(reward)) == 0
    assert sample(*command) == 0
    capsys.readouterr()
    export = ["data", "export", "demonstrations", "best.jsonl", "--completions-of"]
    assert dispatch([*export, "sft_best_of_4"], debug=False) == 0
    told = capsys.readouterr().out
    with Store("tutelage.db") as store:
        best = store.completions(source="sft_best_of_4")
    whole = {each.prompt.text: each.text for each in best if each.finish_reason == "stop" and each.text}
    assert 0 < len(whole) < len(best)
    assert f"{len(whole)} demonstrations ({len(best) - len(whole)} cut or empty completions left out)" in told
    rows = [json.loads(line) for line in Path("best.jsonl").read_text().splitlines()]
    assert {row["prompt"]: row["completion"] for row in rows} == whole
    assert all(row["split"] == "train" for row in rows)

    limits = ("data.max_prompt_tokens=100", "data.max_completion_tokens=200", "base.row_tokens=64")
    settings = ("threads=1", "sft.epochs=2", "sft.learning_rate=0.01", "sft.batch_size=4", *limits)
    options = [part for setting in settings for part in ("--set", setting)]
    train = ["train", "sft", "--model", str(tiny), "--demonstrations", "best.jsonl", "--out", "distilled"]
    assert dispatch([*train, *options], debug=False) == 0
    lines = [json.loads(line) for line in Path("distilled.training/metrics.jsonl").read_text().splitlines()]
    assert lines[-1]["loss"] < lines[0]["loss"]

    assert dispatch([*export, "sft_best_of_5"], debug=False) == 2
    assert "there are no completions of 'sft_best_of_5'; did you mean" in capsys.readouterr().err
    cut = ["a:ppo", "--prompts", file_of(2), "--count", "1", "--max-new-tokens", "1"]
    assert sample(*cut) == 0
    assert dispatch([*export, "ppo"], debug=False) == 2
    assert "all completions of 'ppo' are cut or empty; sample longer ones" in capsys.readouterr().err
    assert dispatch(["data", "export", "rankings", "r.jsonl", "--completions-of", "sft"], debug=False) == 2
    assert "rankings are no completions" in capsys.readouterr().err


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--prefix", "none.txt"], "none.txt: cannot be read: No such file or directory; give a text file"),
        (["--prefix", "plain.txt"], "plain.txt: {prompt} stands 0 times in the template; write it once"),
        (["--prefix", "latin.txt"], "latin.txt: cannot be read: it is not UTF-8"),
        (["--stop", ""], "--stop: an empty text ends nothing; leave it out"),
        (["--name", " "], "--name: ' ' is no name for a model"),
        (["--name", "a = b"], "--name: 'a = b' is no name for a model; choose one without ' = '"),
        (["--best-of", "4"], "--best-of, --reward: one of the two is missing; give both, or none"),
        (["--reward", "a"], "--best-of, --reward: one of the two is missing"),
        (["--best-of", "4", "--reward", "a"], "a: the run has no model 'reward'"),
        (["--best-of", "4", "--reward", "a:sft"], "a/models/sft: the folder holds no reward model"),
        (["--best-of", "4", "--reward", "a:sft,ppo"], "a:sft,ppo: these are several models; name one"),
        (["b", "--name", "x"], "--name: one name for 2 models; sample from one at a time"),
    ],
)
def test_what_makes_no_baseline_is_refused(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("plain.txt").write_text("Say this.")
    Path("latin.txt").write_bytes("{prompt} é".encode("latin-1"))
    assert sample("a", "--prompts", "a", *arguments) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"error: {told}")
    assert line.count("\n") == 1
    assert not Path("tutelage.db").exists()


def start(tiny: Path, store: str) -> "subprocess.Popen[str]":
    options = ["--prompts", "prompts.jsonl", "--max-new-tokens", "60", "--seed", "3", "--store", store]
    return subprocess.Popen(
        [sys.executable, "-m", "tutelage", "sample", str(tiny), *options],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def stored(path: str) -> int:
    """Completions in the database; read plainly, for a Store might make the tables that the command is making."""
    if not Path(path).exists():
        return 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection, suppress(sqlite3.Error):
        return int(connection.execute("SELECT count(*) FROM completions").fetchone()[0])
    return 0


def wait_for_completions(process: "subprocess.Popen[str]", path: str, count: int) -> int:
    """Until the store has so many; returns how many."""
    begun = time.monotonic()
    while process.poll() is None and time.monotonic() - begun < PATIENCE:
        found = stored(path)
        if found >= count:
            return found
        time.sleep(0.02)
    pytest.fail(f"it never sampled {count} completions: {process.communicate()}")


def test_killed_then_interrupted_then_finished(tiny: Path) -> None:
    file_of(400)
    process = start(tiny, "disturbed.db")
    known = wait_for_completions(process, "disturbed.db", 1)
    process.kill()
    process.wait()

    process = start(tiny, "disturbed.db")
    wait_for_completions(process, "disturbed.db", known + 300)
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, errors
    assert "go on with the same command" in told
    assert errors == ""
    with Store("disturbed.db") as store:
        assert len(store.prompts()) < 400

    for name in ("disturbed.db", "undisturbed.db"):
        process = start(tiny, name)
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors
    with Store("disturbed.db") as disturbed, Store("undisturbed.db") as undisturbed:
        assert disturbed.completions() == undisturbed.completions()
        assert disturbed.prompts() == undisturbed.prompts()
        assert len(undisturbed.prompts()) == 400
