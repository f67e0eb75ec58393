"""Reward models that each leave out a group of labelers: trained for real, resumable, and refused in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tutelage.cli.main import dispatch
from tutelage.pipeline import run
from tutelage.recipe import Recipe
from tutelage.rollout import load_reward_model
from tutelage.schema import InputError, Prompt, Purpose, Ranking, Split
from tutelage.store import Store
from tutelage.training import Monitor

LABELERS = ("ann", "ben", "cat", "dan", "eve")


def rankings(count: int = 60, labelers: tuple[str | None, ...] = LABELERS) -> list[Ranking]:
    """All prefer the same, so that there is something to learn."""
    return [
        Ranking(
            prompt=Prompt(text=f"Say {number}.", split=Split.valid if number % 3 == 2 else Split.train),
            completions=("Yes.", "No.") if number % 2 else ("No.", "Yes."),
            ranks=(1, 2) if number % 2 else (2, 1),
            labeler=labelers[number % len(labelers)],
        )
        for number in range(count)
    ]


def store_of(place: Path, found: list[Ranking]) -> str:
    with Store(place) as store:
        store.add_rankings(found, "first")
    return str(place)


def command(model: Path, store: str, out: Path, *more: str) -> list[str]:
    settings = ("threads=1", "reward.batch_size=8", "reward.learning_rate=0.01", "reward.epochs=3")
    options = [part for setting in settings for part in ("--set", setting)]
    given = ["--rankings", store, "--out", str(out), "--folds", "3"]
    return ["evaluate", "labeler-folds", str(model), *given, *options, *more]


def test_each_model_learns_from_others_and_is_tested_on_the_group(
    tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    out = tmp_path / "folds"
    store = store_of(tmp_path / "t.db", rankings())
    assert dispatch(command(tiny_base, store, out), debug=True) == 0
    shown = capsys.readouterr().out
    written = json.loads((out / "accuracy.json").read_text())
    groups, figures = written["groups"], written["figures"]
    assert sorted(name for group in groups for name in group) == list(LABELERS)
    assert figures["unseen"]["n"] == 20
    assert figures["seen"]["n"] == 2 * 20
    assert figures["unseen"]["value"] == figures["seen"]["value"] == 1.0
    assert [each["n"] for each in figures["by_fold"]] == [4 * len(group) for group in groups]
    assert f"unseen: {', '.join(groups[0])}" in shown
    yes, no = load_reward_model(out / "fold-3")(["Say 9."] * 2, ["Yes.", "No."]).tolist()
    assert yes > no
    assert not list(out.glob("*.training/*.pt"))


def test_after_ctrl_c_it_goes_on_and_what_is_finished_is_not_done_again(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path / "t.db", rankings())
    assert dispatch(command(tiny_base, store, tmp_path / "undisturbed"), debug=True) == 0
    steps: list[tuple[str, int]] = []
    step = Monitor.step

    def interrupted_once(monitor: Monitor, done: int, *given: Any) -> None:
        steps.append((monitor.stage, done))
        if steps.count(("fold-2", 4)) == 1 and steps[-1] == ("fold-2", 4):
            monitor.interrupt()
        step(monitor, done, *given)

    monkeypatch.setattr(Monitor, "step", interrupted_once)
    out = tmp_path / "folds"
    assert dispatch(command(tiny_base, store, out), debug=True) == 130
    assert not (out / "accuracy.json").exists()
    assert dispatch(command(tiny_base, store, out), debug=True) == 0
    assert len(steps) == len(set(steps))
    assert {stage for stage, _ in steps} == {"fold-1", "fold-2", "fold-3"}
    for fold in ("fold-1", "fold-2", "fold-3"):
        weights = [place / fold / "model.safetensors" for place in (out, tmp_path / "undisturbed")]
        assert weights[0].read_bytes() == weights[1].read_bytes()
    told = (out / "accuracy.json").read_text()
    assert told == (tmp_path / "undisturbed" / "accuracy.json").read_text()

    every = len(steps)
    assert dispatch(command(tiny_base, store, out), debug=True) == 0
    assert len(steps) == every
    assert (out / "accuracy.json").read_text() == told
    store_of(tmp_path / "t.db", [rankings()[0].model_copy(update={"labeler": "ben"})])
    assert dispatch(command(tiny_base, store, out), debug=True) == 0
    assert len(steps) > every


def test_what_cannot_be_divided_is_refused_in_one_line(
    tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refusal(found: list[Ranking]) -> str:
        place = tmp_path / f"{len(list(tmp_path.iterdir()))}.db"
        assert dispatch(command(tiny_base, store_of(place, found), tmp_path / "out"), debug=False) == 2
        told = capsys.readouterr().err
        assert told.count("\n") == 1
        return told

    assert "--folds: 2 labelers cannot be divided into 3 groups; ask for 2" in refusal(
        rankings(labelers=("ann", "ben"))
    )
    assert "have more labelers rank" in refusal(rankings(labelers=("ann", None)))
    assert "no ranking names its labeler" in refusal(rankings(labelers=(None,)))
    tied = [
        each.model_copy(update={"ranks": (1, 1)}) if each.prompt.split == Split.valid else each
        for each in rankings()
    ]
    assert "no ranking of the valid split, by a labeler who is named, prefers anything" in refusal(tied)
    assert not (tmp_path / "out").exists()


def test_held_out_judgments_are_not_learned_from(tiny_base: Path, tmp_path: Path) -> None:
    place = tmp_path / "t.db"
    store_of(place, rankings())
    with Store(place) as store:
        evaluated = [each.model_copy(update={"labeler": "judy"}) for each in rankings()]
        store.add_rankings(evaluated, "second", Purpose.evaluation)
    assert dispatch(command(tiny_base, str(place), tmp_path / "folds"), debug=True) == 0
    groups = json.loads((tmp_path / "folds" / "accuracy.json").read_text())["groups"]
    assert sorted(name for group in groups for name in group) == list(LABELERS)


def test_too_few_labelers_are_refused_before_a_run_works(tiny: Callable[..., Recipe], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="6 labelers cannot be divided into 7 groups; ask for 6"):
        run(tiny("evaluation.labeler_folds=7"), tmp_path / "run")
    assert not (tmp_path / "run").exists()
