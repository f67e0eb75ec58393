"""What step 3 is rewarded by: the run's reward model, or a sum of it and others, each measured by itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tutelage.cli.main import dispatch
from tutelage.models import load_policy, load_tokenizer, reward_model_from, save_model
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.mini_source import MiniSource
from tutelage.pipeline.order import stages_of
from tutelage.pipeline.preflight import preflight
from tutelage.recipe import PPORecipe, Recipe, load_recipe
from tutelage.schema import InputError

SETTINGS = [
    "threads=1",
    "precision=fp32",
    "data.max_prompt_tokens=40",
    "data.max_completion_tokens=12",
    "base.row_tokens=32",
    "ppo.ptx_coefficient=0",
    "ppo.batch_size=8",
    "ppo.minibatches=2",
    "ppo.episodes=16",
]

BREVITY = "def brevity(prompts, completions):\n    return [-len(text) for text in completions]\n"


def save_reward_model(folder: Path, tiny_base: Path, seed: int) -> str:
    model = reward_model_from(load_policy(tiny_base))
    torch.manual_seed(seed)
    torch.nn.init.normal_(model.score.weight)
    save_model(model, load_tokenizer(tiny_base), folder)
    return str(folder)


@pytest.fixture
def train(tiny_base: Path, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Trains a policy on settings; returns the log."""
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("".join(f'{{"prompt": "Say bear {n}.", "split": "train"}}\n' for n in range(8)))
    reward = save_reward_model(tmp_path / "own", tiny_base, 1)

    def train(name: str, *settings: str) -> list[dict[str, Any]]:
        out = tmp_path / name
        given = ["--model", str(tiny_base), "--reward", reward, "--prompts", str(prompts)]
        options = [part for setting in (*SETTINGS, *settings) for part in ("--set", setting)]
        assert dispatch(["train", "ppo", *given, "--out", str(out), *options], debug=True) == 0
        log = (tmp_path / f"{name}.training" / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line) for line in log]

    return train


def test_a_sum_of_rewards_is_weighed_and_each_is_logged(
    train: Callable[..., list[dict[str, Any]]], tiny_base: Path, tmp_path: Path
) -> None:
    (tmp_path / "rewards.py").write_text(BREVITY)
    other = save_reward_model(tmp_path / "other", tiny_base, 2)
    mixed = [
        {"model": "reward", "weight": 0.5},
        {"function": f"{tmp_path}/rewards.py:brevity", "weight": 0.1},
        {"model": other, "weight": -2, "name": "second"},
    ]
    line = train("mixed", f"ppo.rewards={json.dumps(mixed)}")[0]
    terms = 0.5 * line["score_of_reward"] + 0.1 * line["score_of_brevity"] - 2 * line["score_of_second"]
    assert line["score"] == pytest.approx(terms, rel=1e-4)
    assert line["score_of_brevity"] < -1
    assert line["score_of_second"] != pytest.approx(line["score_of_reward"], abs=1e-3)


def test_without_a_word_the_runs_reward_model_is_all(train: Callable[..., list[dict[str, Any]]]) -> None:
    plain, named = train("plain"), train("named", "ppo.rewards=[{model: reward}]")
    assert plain == named
    assert not [name for name in plain[0] if name.startswith("score_of_")]


def test_a_function_that_fails_ends_the_stage_in_one_line(
    train: Callable[..., Any], tmp_path: Path, tiny_base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rewards.py").write_text("def f(prompts, completions):\n    return [0.0]\n")
    given = ["--model", str(tiny_base), "--reward", str(tmp_path / "own")]
    given += ["--prompts", str(tmp_path / "prompts.jsonl"), "--out", str(tmp_path / "p")]
    settings = [*SETTINGS, f"ppo.rewards=[{{function: {tmp_path}/rewards.py:f}}]"]
    options = [part for setting in settings for part in ("--set", setting)]
    assert dispatch(["train", "ppo", *given, *options], debug=False) == 1
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert told.endswith("rewards.py:f gave 1 scores for 8 completions")

    options[-1] = options[-1].replace(":f", ":g")
    assert dispatch(["train", "ppo", *given, *options], debug=False) == 2
    told = capsys.readouterr().err
    assert "ppo.rewards.0.function" in told
    assert told.count("\n") == 1


def test_a_function_that_was_rewritten_makes_the_stage_stale(
    tiny: Callable[..., Recipe], world: MiniSource, tmp_path: Path
) -> None:
    path = tmp_path / "rewards.py"
    path.write_text(BREVITY)
    recipe = tiny(f"ppo.rewards=[{{function: {path}:brevity}}, {{model: reward}}]")

    def settings(name: str) -> Any:
        stages = {stage.name: stage for stage in stages_of(recipe, world, RunFolder(tmp_path / "run"))}
        return stages[name].settings

    before = [settings(name) for name in ("reward", "ppo", "ppo_ptx")]
    path.write_text(BREVITY.replace("-len", "-2 * len"))
    after = [settings(name) for name in ("reward", "ppo", "ppo_ptx")]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, False]


def test_how_an_endpoint_is_asked_makes_no_policy_stale(
    tiny: Callable[..., Recipe], world: MiniSource, tmp_path: Path
) -> None:
    def settings(more: str) -> list[Any]:
        recipe = tiny(f"ppo.rewards=[{{endpoint: http://localhost/, {more}}}]")
        stages = {stage.name: stage for stage in stages_of(recipe, world, RunFolder(tmp_path / "run"))}
        return [recipe.deciding(), stages["ppo"].settings, stages["ppo_ptx"].settings]

    asked = "batch_size: 8, timeout: 5, tries: 2, api_key_variable: KEY, name: mine"
    assert settings("weight: 2") == settings(f"weight: 2, {asked}")
    for one, other in zip(settings("weight: 2"), settings("weight: 3"), strict=True):
        assert one != other


@pytest.mark.parametrize(
    ("rewards", "told"),
    [
        ("[{weight: 1}]", r"ppo\.rewards\.0: a reward is one of model, function and endpoint"),
        ("[{model: reward, function: a:b}]", "a reward is one of model, function and endpoint"),
        ("[{model: reward, tries: 2}]", "tries is for endpoints only"),
        (
            "[{endpoint: 'http://host/', timeout: 1e20}]",
            "timeout: input should be less than or equal to 86400",
        ),
        ("[{model: a/b}, {model: c/b}]", "two rewards are called 'b'"),
        ("[{function: brevity}]", r"ppo\.rewards\.0\.function"),
        ("[{endpoint: localhost}]", r"ppo\.rewards\.0\.endpoint"),
        ("[{modle: reward}]", r"did you mean 'model'\?"),
        ("[]", r"ppo\.rewards"),
    ],
)
def test_a_recipe_that_means_no_reward_is_refused(rewards: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        load_recipe("paper", [f"ppo.rewards={rewards}"])


def test_rewards_are_called_after_what_they_are() -> None:
    given = [
        {"model": "reward"},
        {"model": "OWNER/NAME@main"},
        {"function": "a/b.py:brevity"},
        {"endpoint": "https://scores.example:8000/v1?key=1"},
        {"model": "runs/x/models/reward/", "name": "old"},
    ]
    called = [each.called for each in PPORecipe(rewards=given).rewards or ()]
    assert called == ["reward", "NAME", "brevity", "scores.example", "old"]


@pytest.mark.parametrize(
    ("reward", "told"),
    [
        ("{function: none.py:f}", r"ppo\.rewards\.0\.function: no such file none\.py"),
        ("{model: ./nothing}", "nothing: no such model folder"),
        ("{endpoint: 'http://localhost/', api_key_variable: NO_SUCH_KEY}", "NO_SUCH_KEY is not set"),
    ],
)
def test_a_reward_that_is_not_there_is_told_before_any_work(
    tiny: Callable[..., Recipe], world: MiniSource, reward: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        preflight(tiny(f"ppo.rewards=[{reward}]"), world)


def test_a_model_that_sees_too_little_is_told_before_any_work(
    tiny: Callable[..., Recipe], world: MiniSource, tiny_base: Path, tmp_path: Path
) -> None:
    other = save_reward_model(tmp_path / "other", tiny_base, 2)
    with pytest.raises(InputError, match=r"ppo\.rewards\.0\.model: .* sees 384 tokens, .* may have 400"):
        preflight(tiny(f"ppo.rewards=[{{model: {other}}}]", "data.max_completion_tokens=220"), world)
