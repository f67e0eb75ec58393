"""A single stage learns from rows for training, is measured on rows for validation, and touches no other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tutelage.cli.main import dispatch
from tutelage.data import read_demonstrations
from tutelage.pipeline.single import by_split
from tutelage.rollout import load_reward_model
from tutelage.schema import Split

SETTINGS = [
    "threads=1",
    "data.max_prompt_tokens=40",
    "data.max_completion_tokens=12",
    "sft.epochs=2",
    "sft.batch_size=8",
    "reward.batch_size=8",
]

Train = Callable[[Path, list[dict[str, Any]]], list[str]]


def rows(split: str, count: int) -> list[dict[str, Any]]:
    """Good for both stages that learn from people: a demonstration and a ranking at once."""
    return [
        {
            "prompt": f"Say {split} {number}.",
            "completion": f"{split}.",
            "completions": [f"{split}.", "No."],
            "ranks": [1, 2],
            "split": split,
        }
        for number in range(count)
    ]


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


@pytest.fixture(params=["sft", "reward"])
def train(request: pytest.FixtureRequest, tiny_base: Path) -> Train:
    """Trains a model in a folder on records; returns the log of it."""

    def train(folder: Path, records: list[dict[str, Any]]) -> list[str]:
        folder.mkdir()
        file = str(write(folder / "records.jsonl", records))
        given = {
            "sft": ["--demonstrations", file],
            "reward": ["--comparisons", file, "--demonstrations", file],
        }[request.param]
        options = [part for setting in SETTINGS for part in ("--set", setting)]
        arguments = ["--model", str(tiny_base), "--out", str(folder / "model"), *given, *options]
        assert dispatch(["train", request.param, *arguments], debug=True) == 0
        return (folder / "model.training" / "metrics.jsonl").read_text().splitlines()

    return train


def test_rows_for_the_test_change_nothing(train: Train, tmp_path: Path) -> None:
    known = [*rows("train", 16), *rows("valid", 4)]
    logs = [
        train(tmp_path / "without", known),
        train(tmp_path / "with", [*known, *rows("test", 8)]),
    ]
    assert logs[0] == logs[1]
    weights = [tmp_path / name / "model" / "model.safetensors" for name in ("without", "with")]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_rows_without_a_split_are_for_training_or_validation(tmp_path: Path) -> None:
    unplaced = [{"prompt": f"Say {number}.", "completion": "Yes."} for number in range(300)]
    records = [*unplaced, *rows("test", 5)]
    given = by_split(read_demonstrations(write(tmp_path / "d.jsonl", records)), seed=0)
    assert len(given[Split.train]) + len(given[Split.valid]) == 300
    assert 15 <= len(given[Split.valid]) <= 45  # a tenth
    assert {each.prompt.text for each in given[Split.test]} == {f"Say test {number}." for number in range(5)}


def test_a_judge_of_answers_learns_their_labels(
    tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is tried on a tenth of the questions, none of which it has seen, and scores like any reward model."""
    answers = [
        {
            "question": f"Say {number // 2}.",
            "answer": "Yes." if number % 2 else "No.",
            "true": number % 2 == 1,
        }
        for number in range(200)
    ]
    file = write(tmp_path / "answers.jsonl", answers)
    settings = ("threads=1", "judge.epochs=2", "judge.batch_size=8", "judge.learning_rate=0.01")
    options = [part for setting in settings for part in ("--set", setting)]
    out = tmp_path / "judge"
    command = ["train", "judge", "--model", str(tiny_base), "--out", str(out), "--answers", str(file)]
    assert dispatch([*command, *options], debug=True) == 0
    told = capsys.readouterr().out.splitlines()[-1]
    assert told.startswith("on questions held back: accuracy 1.000 (")
    assert "majority 0.500, AUC 1.000" in told
    scorer = load_reward_model(out)
    yes, no = scorer(["Say 9.", "Say 9."], ["Yes.", "No."]).tolist()
    assert yes > 0 > no


def test_what_no_judge_can_learn_from_is_refused(
    tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"question": "Say it.", "answer": "Yes.", "true": 1, "sure": "perhaps"}]
    file = write(tmp_path / "answers.jsonl", rows)
    command = [
        "train",
        "judge",
        "--model",
        str(tiny_base),
        "--out",
        str(tmp_path / "j"),
        "--answers",
        str(file),
    ]
    for label, told in (
        ("true", "give answers with both labels"),
        ("sure", "answers.jsonl:1: sure: 'perhaps' is neither true nor false"),
        ("tru", "answers.jsonl:1: tru: missing; rename 'true'?"),
    ):
        assert dispatch([*command, "--label", label], debug=False) == 2
        assert told in capsys.readouterr().err
