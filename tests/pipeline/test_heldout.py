"""Held-out judges look at a policy in training, on validation prompts, against the reference."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tutelage.cli.main import dispatch
from tutelage.models import load_policy
from tutelage.pipeline import run
from tutelage.pipeline.file_source import FileSource
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.heldout import check_heldout, heldout_judges, told_of
from tutelage.pipeline.mini_source import MiniSource
from tutelage.pipeline.order import stages_of
from tutelage.recipe import PPORecipe, Recipe, load_recipe
from tutelage.schema import Group, InputError, Labeler, Prompt, Split
from tutelage.training import Verdict

FIRST = "ppo.patience=1"


def logged(folder: Path, stage: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if line["stage"] == stage]


def test_a_policy_of_the_world_stops_for_its_held_out_labelers(
    tiny: Callable[..., Recipe], tmp_path: Path
) -> None:
    folder = run(tiny(FIRST, "ppo.initialization=null"), tmp_path / "run", until="ppo")
    lines = logged(folder, "ppo")
    looks = [line["heldout_win_rate"] for line in lines if "heldout_win_rate" in line]
    assert "heldout_win_rate" not in lines[0]  # the value function alone learns
    assert all(0 <= rate <= 1 for rate in looks)
    better = [after > max(looks[:place]) for place, after in enumerate(looks[1:], start=1)]
    assert all(better[:-1])
    assert len(lines) == 6 or not better[-1]
    finding = json.loads((folder / "stages.json").read_text())["ppo"]["findings"]["stopping"]
    best = 2 + looks.index(max(looks))
    assert f"held-out judges liked it best after iteration {best} ({max(looks):.3f})" in finding


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


@pytest.fixture
def settings(tmp_path: Path, tiny_base: Path) -> list[str]:
    """A recipe on files: thirty prompts, answers, rankings, and a few pages."""
    rows = [
        {
            "prompt": f"Say bear {number}.",
            "user": f"user {number}",
            "split": {0: "valid", 1: "test"}.get(number % 5, "train"),
            "completion": "bear.",
            "completions": ["bear.", "No."],
            "ranks": [1, 2],
        }
        for number in range(30)
    ]
    both = write(tmp_path / "rows.jsonl", rows)
    pages = write(tmp_path / "pages.jsonl", [{"text": "The bear lives in the forest. " * 9}] * 4)
    limits = ["data.max_prompt_tokens=40", "data.max_completion_tokens=8", "base.row_tokens=32"]
    sizes = ["sft.epochs=1", "sft.batch_size=8", "reward.batch_size=8", "ppo.initialization=null"]
    ppo = ["ppo.episodes=32", "ppo.batch_size=16", "ppo.minibatches=2", "ppo.ptx_coefficient=0"]
    files = [f"data.demonstrations=[{both}]", f"data.comparisons=[{both}]", f"data.pretraining=[{pages}]"]
    end = ["evaluation.every=1", "evaluation.best_of=2", "threads=1", f"base.model={tiny_base}", "name=mine"]
    return [*limits, *sizes, *ppo, *files, *end, "evaluation.bootstrap=20"]


def test_with_files_the_judge_looks_that_learned_from_other_comparisons(
    settings: list[str], tmp_path: Path
) -> None:
    folder = run(load_recipe("paper", [*settings, FIRST]), tmp_path / "run", until="ppo")
    assert "heldout_win_rate" in logged(folder, "ppo")[0]
    ledger = json.loads((folder / "stages.json").read_text())
    assert "judge" in ledger["ppo"]["inputs"]
    assert "liked it best" in ledger["ppo"]["findings"]["stopping"]


class PrefersLonger:
    """A held-out labeler with a taste."""

    labeler = Labeler(name="Ada", group=Group.heldout)

    def rank(self, prompt: Prompt, completions: list[str]) -> tuple[int, ...]:
        assert prompt.split == Split.valid
        return tuple(1 + sum(len(other) > len(text) for other in completions) for text in completions)


def test_the_reference_is_judged_like_any_other_and_so_is_even(settings: list[str], tmp_path: Path) -> None:
    recipe = load_recipe("paper", [*settings, FIRST])
    folder = RunFolder(run(recipe, tmp_path / "run", until="sft_choice"))
    prompts = [prompt for prompt in FileSource(recipe.data, 0).prompts() if prompt.split == Split.valid]
    bench: Any = SimpleNamespace(
        recipe=recipe,
        store=SimpleNamespace(prompts=lambda **_: prompts),
        batch=lambda stage: stage,
        device="cpu",
    )
    judges: Any = SimpleNamespace(
        groups=lambda _: {"training_labelers": [None], "heldout_labelers": [PrefersLonger()]}
    )
    heldout = heldout_judges(bench, judges, folder.model("sft"))
    assert heldout.every == 1
    reference = load_policy(folder.model("sft"))
    assert heldout.prefer(reference) == 0.5
    with_end = load_policy(folder.model("sft"))
    with_end.lm_head.weight.data[with_end.config.eos_token_id] *= 50
    first = heldout.prefer(with_end)
    assert first != 0.5
    assert heldout.prefer(with_end) == first


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (
            Verdict(0.55, 6, 6, 0),
            "held-out judges liked it best after iteration 6 (0.550), whose weights are kept",
        ),
        (
            Verdict(0.6, 2, 4, 2),
            "stopped after iteration 4 of 6: held-out judges liked it best after iteration 2 (0.600), whose weights "
            "are kept, and no better in 2 looks since",
        ),
        (
            Verdict(0.6, 2, 3, 1),
            "stopped after iteration 3 of 6: held-out judges liked it best after iteration 2 (0.600), whose weights "
            "are kept, and no better in 1 look since",
        ),
    ],
)
def test_what_they_came_to_is_told_in_a_sentence(verdict: Verdict, told: str) -> None:
    assert told_of(verdict, PPORecipe(episodes=96, batch_size=16, minibatches=1)) == told


def test_judges_decide_the_policies_where_they_are_asked(
    tiny: Callable[..., Recipe], world: MiniSource, tmp_path: Path
) -> None:
    def of(*changes: str) -> dict[str, Any]:
        return {stage.name: stage for stage in stages_of(tiny(*changes), world, RunFolder(tmp_path))}

    assert "labelers" not in of()["ppo"].inputs
    asked = of(FIRST)
    assert "labelers" in asked["ppo"].inputs
    assert of(FIRST, "evaluation.prompts=7")["ppo"].settings != asked["ppo"].settings
    assert of("evaluation.prompts=7")["ppo"].settings == of()["ppo"].settings


def test_nobody_held_out_is_told_before_any_work(
    settings: list[str], tmp_path: Path, tiny_base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = load_recipe("paper", [*settings, FIRST])
    source = FileSource(recipe.data, 0)
    check_heldout(recipe, source)
    cast(Any, source)._prompts = [prompt for prompt in source.prompts() if prompt.split != Split.valid]
    with pytest.raises(InputError, match=r"^ppo\.patience: there are no prompts of the valid split"):
        check_heldout(recipe, source)
    source = FileSource(recipe.data, 0)
    odd = [each for each in source.rankings() if int(each.prompt.id, 16) % 2 == 0]
    cast(Any, source)._rankings = odd
    with pytest.raises(InputError, match=r"^ppo\.patience: no ranking is held out for a judge"):
        check_heldout(recipe, source)

    reward = tmp_path / "reward"
    given = ["--model", str(tiny_base), "--reward", str(reward), "--prompts", str(tmp_path / "rows.jsonl")]
    options = [part for setting in (*settings, FIRST) for part in ("--set", setting)]
    assert dispatch(["train", "ppo", *given, "--out", str(tmp_path / "out"), *options], debug=False) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ppo.patience: a stage by itself has no held-out judges")
    assert told.count("\n") == 1
