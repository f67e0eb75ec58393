"""The next round of a finished run: new prompts and a new policy, and of the rounds before nothing is made again."""

import json
import os
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tutelage.cli.main import dispatch
from tutelage.cli.models import folders_of
from tutelage.pipeline import continue_run, next_round, order, run
from tutelage.pipeline.display import Display, StageDisplay
from tutelage.pipeline.mini_source import MiniSource
from tutelage.recipe import Recipe, load_recipe
from tutelage.report import Results, terminal_table
from tutelage.report.findings import new_against_old_finding, warnings
from tutelage.schema import InputError, Prompt, Split
from tutelage.store import Store
from tutelage.training import Monitor

Tiny = Callable[..., Recipe]
QUICK = ["ppo.episodes=32", "evaluation.prompts=8"]
ONCE = {"base", "data", "sft", "labelers", "sft_choice", "initialization"}
STRANGE = "What is it like to be a bat"


@pytest.fixture(autouse=True)
def short(plain_page: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no round has otherwise than a run of one is measured elsewhere; here it only takes time."""
    for name in ("measure_tax", "measure_probes", "measure_divergence"):
        monkeypatch.setattr(order, name, nothing)


def nothing(*_: object, **__: object) -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rounds")


@pytest.fixture
def first(tiny: Tiny, places: Path) -> Path:
    """A finished run of one round, made once."""
    return run(tiny(*QUICK), places / "first")


@pytest.fixture
def second(first: Path, places: Path, world: MiniSource) -> Path:
    """The same, with a second round; made once."""
    folder = places / "second"
    if not folder.exists():
        shutil.copytree(first, folder)
        collect(folder, asked(world, 0))
        continue_run(folder)
    return folder


@pytest.fixture
def finished(first: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first, tmp_path / "run"))


def asked(world: MiniSource, part: int) -> list[Prompt]:
    """What users could ask: prompts of the world, and others; of each split six, in each part others."""
    found = []
    for split in Split:
        own = [prompt.text for prompt in world.prompts() if prompt.split == split][4 * part :][:4]
        texts = [*own, *(f"{STRANGE}, the {part}{number}th time, {split}?" for number in range(2))]
        found += [
            Prompt(text=text, user=f"{split} {part} {n % 2}", split=split) for n, text in enumerate(texts)
        ]
    return found


def collect(folder: Path, prompts: list[Prompt]) -> None:
    """As `tutelage data prepare` does in the end."""
    with Store(folder / "tutelage.db") as store:
        store.add_prompts(prompts, "collected")


def stages(folder: Path) -> dict[str, Any]:
    ledger: dict[str, Any] = json.loads((folder / "stages.json").read_text())
    return ledger


def weights(folder: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in sorted(folder.glob("models/*/model.safetensors"))}


def batch(folder: Path, stage: str) -> str:
    return f"{stage}/{stages(folder)[stage]['identity'][:16]}"


def test_the_round_before_has_its_number_and_is_as_it_was(first: Path, second: Path) -> None:
    before, after = weights(first), weights(second)
    for name in ("base", "sft_by_loss", "sft", "initialization"):
        assert after[name] == before[name]
    for name in ("reward", "ppo", "ppo_ptx"):
        assert after[f"{name}_1"] == before[name] != after[name]
    made, known = stages(first), stages(second)
    for name, entry in made.items():
        kept = known[name if name in ONCE else f"{name}_1"]
        assert {key: kept[key] for key in ("identity", "seconds", "findings")} == {
            key: entry[key] for key in ("identity", "seconds", "findings")
        }
    for kept_file, plain in (
        ("report_1.json", "report.json"),
        ("report_1.html", "report.html"),
        ("recipe_1.yaml", "recipe.yaml"),
    ):
        assert (second / kept_file).read_bytes() == (first / plain).read_bytes()
    lines = [json.loads(line) for line in (second / "metrics.jsonl").read_text().splitlines()]
    of_first = [json.loads(line) for line in (first / "metrics.jsonl").read_text().splitlines()]
    assert [line | {"stage": "ppo"} for line in lines if line["stage"] == "ppo_1"] == [
        line for line in of_first if line["stage"] == "ppo"
    ]
    assert sum(line["stage"] == "ppo" for line in lines) == 2
    assert not (second / "next-round.yaml").exists()


def test_the_round_is_made_from_the_collected_prompts_and_the_newest_policy(
    first: Path, second: Path, world: MiniSource
) -> None:
    recipe = load_recipe(second / "recipe.yaml")
    assert (recipe.rounds, recipe.collected_from) == (2, 2)
    found, given = stages(second), asked(world, 0)
    assert found["collection"]["findings"]["prompts"] == {"train": 6, "valid": 6, "test": 6}
    assert found["collection"]["findings"]["strange"] == 6
    with Store(second / "tutelage.db") as store:
        rankings = store.rankings(batch=batch(second, "rankings"))
        written = store.completions(batch=batch(second, "rankings"))
    texts = {prompt.text for prompt in given if prompt.split != Split.test}
    assert {ranking.prompt.text for ranking in rankings} <= texts
    assert {each.source for each in written} >= {"policy", "sft", "demonstration"}
    assert not any(each.source == "demonstration" and STRANGE in each.prompt.text for each in written)
    # the reward model learns from the rankings of both rounds, and PPO from the prompts of both
    before = stages(first)
    assert found["reward"]["findings"]["rankings"] > before["reward"]["findings"]["rankings"]
    assert found["ppo"]["findings"]["prompts"] == before["ppo"]["findings"]["prompts"] + 2


def test_the_report_says_whether_the_new_policy_is_preferred_to_the_old_one(second: Path) -> None:
    results = Results.load(second)
    found = results.new_against_old
    assert found is not None
    assert (found.round, found.model, found.earlier) == (2, "ppo_ptx", "ppo_ptx_1")
    # 8 prompts of the run and the collected ones, of which some are the same, by 4 held-out and 6 training labelers
    prompts = stages(second)["answers"]["findings"]["prompts"]
    assert 8 + 2 <= prompts <= 8 + 6
    assert found.heldout_labelers is not None
    assert found.heldout_labelers.n == 4 * prompts
    assert found.training_labelers is not None
    assert found.training_labelers.n == 6 * prompts
    assert set(found.by_origin) == {"own", "collected"}
    assert found.by_origin["collected"].n == 4 * 2
    assert results.preference is not None
    against = results.preference.head_to_head["ppo_ptx"]["ppo_ptx_1"]
    assert against.win_rate == pytest.approx(found.heldout_labelers.win_rate)
    said = new_against_old_finding(results)
    assert said.startswith("Held-out labelers prefer")
    assert "PPO-ptx, round 1" in said
    assert "95 % interval" in said
    assert any(
        "6 collected prompts are not of the embedded world" in warning for warning in warnings(results)
    )
    terminal_table(results)
    # what users asked stands on no page that is shown around
    assert STRANGE not in (second / "report.json").read_text()
    assert {"reward_1", "ppo_ptx_1", "ppo_ptx"} <= set(results.curves)


def test_a_third_round_takes_what_was_collected_since(
    second: Path, tmp_path: Path, world: MiniSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(second, tmp_path / "third"))
    before = weights(folder)
    collect(folder, asked(world, 1))
    begun: list[str] = []
    begin = Display.begin

    def noting(display: Display, title: str) -> StageDisplay:
        if title.startswith("Rankings"):  # once the round has begun, what comes in waits
            collect(folder, asked(world, 2))
        begun.append(title)
        return begin(display, title)

    monkeypatch.setattr(Display, "begin", noting)
    continue_run(folder, ["ppo.kl_coefficient=0.5"])
    found = stages(folder)
    assert found["collection"]["findings"]["prompts"] == {"train": 6, "valid": 6, "test": 6}
    assert begun[:4] == [
        "Collected prompts, round 3",
        "Rankings, round 3",
        "Reward model, round 3",
        "Best of 2",
    ]
    after = weights(folder)
    assert after["ppo_ptx_2"] == before["ppo_ptx"]
    assert after["ppo_ptx_1"] == before["ppo_ptx_1"]
    assert found["ppo"]["findings"]["prompts"] == found["ppo_2"]["findings"]["prompts"] + 2
    results = Results.load(folder)
    assert results.new_against_old is not None
    assert results.new_against_old.earlier == "ppo_ptx_2"
    assert load_recipe(folder / "recipe_2.yaml").ppo.kl_coefficient != 0.5
    # finished: what came in meanwhile is for the fourth
    continue_run(folder, until="collection")
    assert load_recipe(folder / "recipe.yaml").rounds == 4
    assert stages(folder)["collection"]["findings"]["prompts"] == {"train": 6, "valid": 6, "test": 6}


class Killed(BaseException):
    """What nothing catches."""


def test_killed_at_any_moment_of_its_beginning_the_same_command_goes_on(
    first: Path, second: Path, tmp_path: Path, world: MiniSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Death before what is written, from the snapshot on; each time in a fresh copy."""
    left = {"steps": 0}

    def mortal(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            left["steps"] -= 1
            if left["steps"] == 0:
                raise Killed
            return function(*given, **named)

        return call

    monkeypatch.setattr(os, "replace", mortal(os.replace))
    monkeypatch.setattr(Store, "freeze", mortal(Store.freeze))
    expected = {
        name: told(entry) for name, entry in stages(second).items() if name[-2:] == "_1" or name in ONCE
    }
    kept = {name: own for name, own in weights(second).items() if name not in ("reward", "ppo", "ppo_ptx")}
    # of the snapshot, ten files and folders, and one when the round has begun
    for moment in (1, 2, 5, 8, 11, 12):
        folder = Path(shutil.copytree(first, tmp_path / str(moment)))
        collect(folder, asked(world, 0))
        left["steps"] = moment
        with pytest.raises(Killed):
            continue_run(folder, until="collection")
        continue_run(folder, until="collection")
        found = stages(folder)
        assert {name: told(found[name]) for name in expected} == expected
        assert {name: own for name, own in weights(folder).items() if name in kept} == kept
        assert load_recipe(folder / "recipe.yaml") == load_recipe(second / "recipe.yaml")
        assert found["collection"]["findings"] == stages(second)["collection"]["findings"]


def told(entry: dict[str, Any]) -> dict[str, Any]:
    """What the ledger says of a stage, without what the clock says."""
    return {key: entry[key] for key in ("identity", "made_as", "findings")}


def test_a_round_that_was_stopped_goes_on_and_no_other_begins(
    finished: Path, second: Path, world: MiniSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(finished, asked(world, 0))
    continue_run(finished, until="rankings")
    step = Monitor.step
    monkeypatch.setattr(
        Monitor, "step", lambda monitor, *given: die() if monitor.stage == "ppo" else step(monitor, *given)
    )
    with pytest.raises(Killed):
        continue_run(finished)
    monkeypatch.setattr(Monitor, "step", step)
    with pytest.raises(InputError, match="would undo"):
        run(load_recipe(finished / "recipe_1.yaml"), finished)
    continue_run(finished, until="ppo")
    assert load_recipe(finished / "recipe.yaml").rounds == 2
    assert weights(finished)["ppo"] == weights(second)["ppo"]
    with pytest.raises(InputError, match="since round 2 began, no prompts"):
        continue_run(second)


def die() -> None:
    raise Killed


def test_without_prompts_nothing_begins_and_it_is_said_what_to_do(
    finished: Path, world: MiniSource, capsys: pytest.CaptureFixture[str]
) -> None:
    before = stages(finished)
    assert dispatch(["run", "--continue", str(finished)], debug=False) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"tutelage serve {finished} --collect" in told
    assert f"tutelage data prepare --store {finished}" in told
    collect(finished, [prompt for prompt in asked(world, 0) if prompt.split == Split.train])
    with pytest.raises(InputError, match="none that can be used is of the valid split"):
        continue_run(finished)
    assert stages(finished) == before
    assert load_recipe(finished / "recipe.yaml").rounds == 1


def test_prompts_that_are_too_long_or_on_another_side_are_left_out(finished: Path, world: MiniSource) -> None:
    held_out = next(prompt for prompt in world.prompts() if prompt.split == Split.test)
    users = {split: Prompt(text=f"Say {split}.", user=f"{split}", split=split) for split in Split}
    moved = Prompt(text=held_out.text, user="train", split=Split.train)
    long = Prompt(text="bear " * 300, user="train", split=Split.train)
    collect(finished, [*users.values(), moved, long])
    continue_run(finished, until="collection")
    found = stages(finished)["collection"]["findings"]
    assert found["prompts"] == {"train": 1, "valid": 1, "test": 1}
    assert (found["too_long"], found["other_side"]) == (1, 1)
    # while there is no new policy, the run's best is the old one
    assert list(folders_of(finished, None)) == ["ppo_ptx_1"]


def test_what_earlier_rounds_were_made_from_cannot_be_changed(
    finished: Path, world: MiniSource, capsys: pytest.CaptureFixture[str]
) -> None:
    collect(finished, asked(world, 0))
    for override in ("sft.epochs=3", "seed=5", "rounds=3", "ppo.initialization=null"):
        with pytest.raises(InputError, match=f"--set {override.partition('=')[0].partition('.')[0]}"):
            continue_run(finished, [override])
    assert load_recipe(finished / "recipe.yaml").rounds == 1
    for other in (["mini2"], ["--out", "x"], ["--from-scratch"]):
        assert dispatch(["run", *other, "--continue", str(finished)], debug=False) == 2
    assert dispatch(["run", "--labelers", "people"], debug=False) == 2
    assert "--continue" in capsys.readouterr().err


def test_a_run_that_is_not_finished_is_not_continued(tiny: Tiny, tmp_path: Path) -> None:
    run(tiny(*QUICK), tmp_path / "run", until="data")
    with pytest.raises(InputError, match="the run is not finished"):
        continue_run(tmp_path / "run")
    with pytest.raises(InputError, match="no run's folder"):
        continue_run(tmp_path)
    with pytest.raises(InputError, match="not on record"):
        run(tiny(*QUICK, "rounds=2", "collected_from=2"), tmp_path / "other")


def test_the_newest_policy_is_among_the_sources(tiny: Tiny) -> None:
    recipe = tiny("rankings.sources=[{model: sft, weight: 3}, {model: demonstration}]")
    made = next_round.with_policy(recipe, import_module("rich.console").Console())
    assert [(each.model, each.weight) for each in made.rankings.sources][2] == ("policy", 4.0)
    assert next_round.with_policy(made, import_module("rich.console").Console()) == made
