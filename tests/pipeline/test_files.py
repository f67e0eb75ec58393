"""The user's own files and models: the whole method, single stages, and chat."""

import io
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForSequenceClassification

from tutelage.cli.main import dispatch
from tutelage.models import load_policy, load_reward_model
from tutelage.pipeline.context import check_texts
from tutelage.pipeline.file_source import FileSource
from tutelage.pipeline.stages.comparisons import belongs_to_judge
from tutelage.recipe import DataRecipe, load_recipe
from tutelage.schema import InputError, Split
from tutelage.store import Store

TINY = [
    "threads=1",
    "data.max_prompt_tokens=40",
    "data.max_completion_tokens=12",
    "base.row_tokens=32",
    "sft.epochs=2",
    "sft.batch_size=8",
    "sft.learning_rate=1e-2",
    "reward.batch_size=8",
    "ppo.episodes=32",
    "ppo.batch_size=16",
    "ppo.minibatches=2",
    "ppo.ptx_rows_per_episode=0.5",
    "evaluation.prompts=8",
    "evaluation.best_of=2",
    "evaluation.bootstrap=20",
    "evaluation.probes=4",
]


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """What somebody could have: forty prompts with answers, rankings of three, and a few pages."""
    words = ["bear", "fox", "owl", "hare", "wolf", "otter", "deer", "goat", "seal", "crow"]
    split = {0: "valid", 1: "test"}
    demonstrations, rankings = [], []
    for number in range(40):
        word = words[number % 10]
        prompt = {"prompt": f"Say {word} for the {number + 1} time.", "user": f"user {number}"}
        prompt["split"] = split.get(number % 5, "train")
        demonstrations.append({**prompt, "completion": f"{word}."})
        rankings.append({**prompt, "completions": [f"{word}.", "The fox.", "No."], "ranks": [1, 2, 2]})
    pages = [
        {"text": "The bear lives in the forest. " * 6, "split": "valid" if n == 0 else "train"}
        for n in range(9)
    ]
    return {
        "demonstrations": write(tmp_path / "demonstrations.jsonl", demonstrations),
        "comparisons": write(tmp_path / "comparisons.jsonl", rankings),
        "pretraining": write(tmp_path / "pages.jsonl", pages),
    }


def data_settings(files: dict[str, Path]) -> list[str]:
    return [f"data.{field}=[{path}]" for field, path in files.items()]


def as_options(overrides: list[str]) -> list[str]:
    return [part for override in overrides for part in ("--set", override)]


def test_the_whole_method_on_files(files: dict[str, Path], tiny_base: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    settings = as_options([*TINY, f"base.model={tiny_base}", "name=mine", *data_settings(files)])
    assert dispatch(["run", "paper", "--out", str(out), *settings], debug=True) == 0
    report = json.loads((out / "report.json").read_text())
    assert "reward model" in report["preference"]["judge"]
    assert set(report["preference"]["heldout_labelers"]) == {"base", "base_prompted", "ppo", "ppo_ptx"}
    assert not report["preference"].get("training_labelers")
    assert "truthfulness" not in report
    assert set(report["alignment_tax"]["ppo"]) == {"documents"}
    assert report["counts"]["test_prompts"] == 8
    parted = report["over_optimization"]
    assert "second reward model" in parted["judge"]
    assert all("judged" in point for point in parted["methods"]["best_of_n"])
    during, after = parted["methods"]["ppo_ptx"]
    assert (during["label"], after["label"]) == ("iterations 1–2", "finished")
    assert "judged" not in during
    assert after["judged"]["n"] == 8
    assert after["kl"] == report["kl"]["ppo_ptx"]["mean"]
    assert report["data_counts"]["sft"] == {"train customers": 24, "valid customers": 8}
    with Store(out / "tutelage.db") as store:
        batches = {count.batch for count in store.stats() if count.table == "rankings"}
        judged = {batch for batch in batches if batch.endswith("/judge")}
        learned = {batch for batch in batches if batch.startswith("rankings/")} - judged
        for_judge = {ranking.prompt.id for ranking in store.rankings(batch=sorted(judged))}
        for_reward = {
            ranking.prompt.id for ranking in store.rankings(batch=sorted(learned), split=Split.train)
        }
    assert for_judge
    assert for_reward
    assert not for_judge & for_reward


def test_comparisons_of_one_prompt_stay_on_one_side(files: dict[str, Path]) -> None:
    source = FileSource(DataRecipe(**{field: (str(path),) for field, path in files.items()}), seed=0)
    sides = {ranking.prompt.text: belongs_to_judge(ranking) for ranking in source.rankings()}
    assert set(sides.values()) == {True, False}
    again = FileSource(DataRecipe(**{field: (str(path),) for field, path in files.items()}), seed=5)
    assert {ranking.prompt.text: belongs_to_judge(ranking) for ranking in again.rankings()} == sides


def test_the_fingerprint_follows_the_bytes(files: dict[str, Path]) -> None:
    data = DataRecipe(**{field: (str(path),) for field, path in files.items()})
    before = FileSource(data, seed=0).fingerprint()
    assert FileSource(data, seed=0).fingerprint() == before
    with files["pretraining"].open("a") as file:
        file.write('{"text": "One more."}\n')
    assert FileSource(data, seed=0).fingerprint() != before


def test_a_named_prompt_longer_than_the_context_is_refused_and_a_long_one_of_a_demonstration_is_not(
    files: dict[str, Path], tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts = write(
        tmp_path / "prompts.jsonl",
        [{"prompt": "Say bear."}, {"prompt": "bear " * 500}, {"prompt": "Say fox.", "split": "valid"}],
    )
    settings = [*TINY, f"base.model={tiny_base}", *data_settings(files)]
    named = as_options([*settings, f"data.prompts=[{prompts}]"])
    assert dispatch(["run", "paper", "--out", str(tmp_path / "run"), *named], debug=False) == 2
    told = capsys.readouterr().err
    assert "prompts.jsonl: prompt 2" in told
    assert told.count("\n") == 1
    assert not (tmp_path / "run").exists()

    with files["demonstrations"].open("a") as file:
        file.write(json.dumps({"prompt": "bear " * 500, "completion": "Yes.", "split": "train"}) + "\n")
    recipe = load_recipe("paper", settings)
    preflight = import_module("tutelage.pipeline.preflight")
    preflight.preflight(recipe, FileSource(recipe.data, 0))


def test_prompts_that_are_all_too_long_are_refused(files: dict[str, Path], tiny_base: Path) -> None:
    from tutelage.models import load_tokenizer

    recipe = load_recipe("paper", [*TINY, *data_settings(files), "data.max_prompt_tokens=2"])
    with pytest.raises(InputError, match="every prompt is longer than 2 tokens"):
        check_texts(recipe, FileSource(recipe.data, 0), load_tokenizer(tiny_base), 384)


def test_single_stages_one_after_the_other(
    files: dict[str, Path], tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sft, reward, policy = tmp_path / "sft", tmp_path / "reward", tmp_path / "policy"
    options = as_options(TINY)
    demonstrations = ["--demonstrations", str(files["demonstrations"])]
    comparisons = ["--comparisons", str(files["comparisons"])]
    pages = ["--pretraining", str(files["pretraining"])]
    prompts = ["--prompts", str(files["demonstrations"])]

    def train(*arguments: str) -> int:
        return dispatch(["train", *arguments, *options], debug=True)

    assert train("sft", "--model", str(tiny_base), "--out", str(sft), *demonstrations) == 0
    assert train("reward", "--model", str(sft), "--out", str(reward), *comparisons, *demonstrations) == 0
    assert "accuracy on rankings held back" in capsys.readouterr().out
    models = ["--model", str(sft), "--reward", str(reward), "--out", str(policy)]
    assert train("ppo", *models, *prompts, *pages) == 0

    assert load_policy(policy).config.vocab_size == load_policy(sft).config.vocab_size
    assert load_reward_model(reward).config.num_labels == 1
    assert AutoModelForSequenceClassification.from_pretrained(reward).config.num_labels == 1
    assert (tmp_path / "policy.training" / "metrics.jsonl").is_file()
    assert not list((tmp_path / "policy.training").glob("*.pt"))


def test_sft_with_documents_makes_what_ppo_starts_from(
    files: dict[str, Path], tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start, settings = tmp_path / "start", as_options([*TINY, "ppo.initialization.epochs=1"])
    arguments = ["train", "sft", "--model", str(tiny_base), "--demonstrations", str(files["demonstrations"])]
    arguments += ["--pretraining", str(files["pretraining"]), *settings]
    assert dispatch([*arguments, "--out", str(start)], debug=True) == 0
    lines = [
        json.loads(line) for line in (tmp_path / "start.training" / "metrics.jsonl").read_text().splitlines()
    ]
    assert len(lines) == 3  # 24 demonstrations of the train split in batches of 8, once
    assert all("pretraining_loss" in line for line in lines)
    assert load_policy(start).config.vocab_size == load_policy(tiny_base).config.vocab_size

    capsys.readouterr()
    without = ["--set", "ppo.initialization=null", "--out", str(tmp_path / "other")]
    assert dispatch([*arguments[: -len(settings)], *without], debug=False) == 2
    told = capsys.readouterr().err
    assert "ppo.initialization" in told
    assert told.count("\n") == 1
    assert not (tmp_path / "other.training").exists()


@pytest.mark.parametrize("stage", ["base", "sft", "reward", "ppo"])
def test_a_folder_of_something_else_is_refused_before_any_work(
    stage: str, files: dict[str, Path], tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("mine")
    given = {
        "base": ["--pretraining", str(files["pretraining"])],
        "sft": ["--model", str(tiny_base), "--demonstrations", str(files["demonstrations"])],
        "reward": ["--model", str(tiny_base), "--comparisons", str(files["comparisons"])],
        "ppo": [
            "--model",
            str(tiny_base),
            "--reward",
            str(tiny_base),
            "--prompts",
            str(files["demonstrations"]),
        ],
    }[stage]
    assert dispatch(["train", stage, *given, "--out", str(precious)], debug=False) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert [path.name for path in precious.iterdir()] == ["thesis.txt"]
    assert not (tmp_path / "precious.training").exists()


def test_a_base_model_from_documents_alone(files: dict[str, Path], tmp_path: Path) -> None:
    sizes = {
        "hidden_size": 16,
        "layers": 1,
        "heads": 2,
        "intermediate_size": 16,
        "vocabulary_size": 300,
        "context": 64,
    }
    settings = [
        f"base.architecture={json.dumps(sizes)}",
        "base.tokens=512",
        "base.batch_tokens=128",
        "threads=1",
    ]
    arguments = ["--pretraining", str(files["pretraining"]), "--out", str(tmp_path / "base")]
    options = as_options([*settings, "base.row_tokens=32", "base.warmup_steps=1"])
    assert dispatch(["train", "base", *arguments, *options], debug=True) == 0
    log = (tmp_path / "base.training" / "metrics.jsonl").read_text().splitlines()
    assert len(log) == 4
    assert load_policy(tmp_path / "base").config.max_position_embeddings == 64


def test_ppo_without_documents_says_so_before_it_works(
    tiny_base: Path, files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reward = tmp_path / "nothing"
    arguments = ["--model", str(tiny_base), "--reward", str(reward), "--out", str(tmp_path / "policy")]
    options = ["--prompts", str(files["demonstrations"]), *as_options(TINY)]
    assert dispatch(["train", "ppo", *arguments, *options], debug=False) == 2
    assert "nothing" in capsys.readouterr().err


def test_chat_with_a_model_and_with_several_side_by_side(
    tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dispatch(["chat", str(tiny_base), "--prompt", "Say bear."], debug=True) == 0
    alone = capsys.readouterr().out

    run = tmp_path / "run"
    for name in ("base", "sft", "ppo_ptx"):
        (run / "models").mkdir(parents=True, exist_ok=True)
        (run / "models" / name).symlink_to(tiny_base)
    assert dispatch(["chat", str(run), "--prompt", "Say bear."], debug=True) == 0
    assert capsys.readouterr().out == alone

    several = ["chat", str(run), "--models", "base,sft,ppo_ptx", "--prompt", "Say bear."]
    assert dispatch(several, debug=True) == 0
    table = capsys.readouterr().out
    assert all(name in table for name in ("base", "sft", "ppo_ptx"))

    monkeypatch.setattr(sys, "stdin", io.StringIO("Say bear.\n\n" + "bear " * 500 + "\nSay fox.\n"))
    assert dispatch(["chat", str(run)], debug=True) == 0
    said = capsys.readouterr()
    assert said.out.startswith(alone)
    assert "context" in said.err


@pytest.mark.parametrize(
    ("models", "told"), [("base,stf", "did you mean 'sft'"), ("nothing", "no model 'nothing'")]
)
def test_chat_names_the_models_there_are(
    models: str, told: str, tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("base", "sft"):
        (tmp_path / "models").mkdir(exist_ok=True)
        (tmp_path / "models" / name).symlink_to(tiny_base)
    assert dispatch(["chat", str(tmp_path), "--models", models, "--prompt", "a"], debug=False) == 2
    assert told in capsys.readouterr().err


def test_a_prompt_longer_than_the_context_is_one_line(
    tiny_base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dispatch(["chat", str(tiny_base), "--prompt", "bear " * 500], debug=False) == 2
    told = capsys.readouterr().err
    assert "context" in told
    assert told.count("\n") == 1


def test_documents_that_fill_no_row_are_refused_before_any_work(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write(files["pretraining"], [{"text": "The bear."}])
    out = tmp_path / "run"
    settings = [each for setting in (*TINY, *data_settings(files)) for each in ("--set", setting)]
    assert (
        dispatch(["run", "paper", *settings, "--set", "base.tokens=640", "--out", str(out)], debug=False) == 2
    )
    assert "do not fill a single row of 32 tokens" in capsys.readouterr().err
    assert not (out / "models").exists() or not any((out / "models").iterdir())


def test_a_folder_of_something_else_is_not_run_in(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = [each for setting in (*TINY, *data_settings(files)) for each in ("--set", setting)]
    before = sorted(tmp_path.iterdir())
    assert dispatch(["run", "paper", *settings, "--out", str(tmp_path)], debug=False) == 2
    assert "not a run's folder" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
