"""Each tracker in its mode without a network: what it shows is what the log has, however often the run was stopped."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import pytest
from tests.tracking.readers import READERS, Seen

from tutelage.recipe import TrackingRecipe
from tutelage.schema import InputError, packages
from tutelage.tracking import NAMES, Subject, Trackers, choice, require_trackers, trackers_to_use
from tutelage.training import Monitor

RECIPE = {"name": "tiny", "ppo": {"clip": 0.25, "initialization": None}, "rankings": {"sources": [1, 2]}}
FIGURES = {"report/preference/heldout_labelers/ppo_ptx/win_rate": 0.625, "report/kl/ppo/mean": 3.5}
STARTS = {"sft": "1", "reward": "2", "ppo_ptx": "3"}


class Run:
    """A run's folder, and one start of a command after another in it."""

    def __init__(self, folder: Path, names: tuple[str, ...], project: str) -> None:
        self.folder, self.names, self.project = folder, names, project
        self.told: list[str] = []
        self.begun: dict[str, str] = {}

    @contextmanager
    def start(self, identities: dict[str, str]) -> Iterator[Trackers]:
        subject = Subject(self.project, "mine", self.folder / "tracking", RECIPE)
        log = self.folder / "metrics.jsonl"
        if self.begun and {"tensorboard", "wandb"} & set(self.names):
            time.sleep(1)  # they name their files by the second, and no two commands start in one

        def begun(stage: str, identity: str) -> bool:
            return self.begun.get(stage) == identity

        with Trackers(self.names, subject, log, identities, begun, self.told.append) as trackers:
            self.trackers, self.identities = trackers, identities
            yield trackers

    def stage(self, name: str, steps: range, kept: int = 0) -> None:
        """Do these steps of a stage, with a checkpoint after the step `kept`; where one is, go on after it."""
        whole = name.split(".")[0]
        self.begun[whole] = identity = self.identities[whole]
        monitor = Monitor(
            name,
            self.folder,
            self.folder / "metrics.jsonl",
            seconds=1e9,
            identity=identity,
            trackers=self.trackers,
        )
        monitor.resume()
        for step in steps:
            monitor.seconds = 0 if step == kept else 1e9
            monitor.step(step, 100, {"loss": self.loss(name, step), "kl": 2.0 * step}, dict)

    def loss(self, name: str, step: int) -> float:
        """Exact in 32 bits."""
        return step / 4 + int(self.identities[name.split(".")[0]])

    @property
    def opened(self) -> int:
        """How often the user was told where to look."""
        return sum(told.startswith(f"{name}: ") for told in self.told for name in self.names)

    def logged(self) -> dict[str, list[tuple[int, float]]]:
        """What the log has, under the trackers' names."""
        series: dict[str, list[tuple[int, float]]] = {}
        for line in (self.folder / "metrics.jsonl").read_text().splitlines():
            entry = json.loads(line)
            stage, step = entry.pop("stage"), entry.pop("step")
            for name, value in entry.items():
                series.setdefault(f"{stage}/{name}", []).append((step, value))
        return series


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(request.param)
    return str(request.param)


def test_a_run_is_shown_as_it_is_logged(name: str, tmp_path: Path) -> None:
    run = Run(tmp_path, (name,), f"whole {name}")

    def seen() -> list[Seen]:
        return READERS[name](tmp_path / "tracking", run.project)

    with run.start(STARTS) as trackers:
        run.stage("sft", range(1, 6), kept=3)  # and killed after the fifth step
    with run.start(STARTS) as trackers:
        run.stage("sft", range(4, 8))
        run.stage("reward.fold_1", range(1, 3))
        run.stage("ppo_ptx", range(1, 4), kept=2)
        trackers.summarize(FIGURES)
    [shown] = seen()
    assert shown.series == run.logged()
    assert [step for step, _ in shown.series["sft/loss"]] == list(range(1, 8))
    assert shown.figures == pytest.approx(FIGURES)
    assert "0.25" in shown.recipe
    assert run.opened == 2

    with run.start(STARTS) as trackers:  # nothing is new: nothing is opened
        trackers.summarize(FIGURES)
    assert run.opened == 2
    assert seen() == [shown]

    with run.start(STARTS | {"ppo_ptx": "4"}) as trackers:
        run.stage("ppo_ptx", range(1, 3))
        trackers.summarize(FIGURES)
    *before, anew = seen()
    assert before == ([] if name == "tensorboard" else [shown])
    assert anew.series == run.logged()
    assert anew.series["ppo_ptx/loss"] == [(1, 4.25), (2, 4.5)]
    assert anew.figures == pytest.approx(FIGURES)


def test_every_tracker_that_a_recipe_can_name_is_one() -> None:
    [named] = [
        part
        for part in get_args(TrackingRecipe.model_fields["trackers"].annotation)
        if part is not type(None)
    ]
    assert get_args(get_args(named)[0]) == NAMES == tuple(READERS)


def test_a_tracker_that_is_not_installed_is_refused_by_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    with pytest.raises(InputError) as error:
        require_trackers(["mlflow"])
    assert str(error.value) == "tracking.trackers: this needs mlflow; pip install 'tutelage[mlflow]'"


def test_tensorboard_is_the_default_only_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: object())
    assert trackers_to_use(None) == ("tensorboard",)
    assert trackers_to_use(["wandb"]) == ["wandb"]
    assert trackers_to_use([]) == []
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    assert trackers_to_use(None) == ()


def test_wandb_without_a_key_is_refused_before_any_work(tmp_path: Path) -> None:
    """In a process of its own, for wandb reads its environment at its first use."""
    pytest.importorskip("wandb")
    program = """if True:
        import os, wandb
        from tutelage.schema import InputError
        from tutelage.tracking import require_trackers
        for given in ({}, {"WANDB_API_KEY": "k" * 40}, {"WANDB_MODE": "offline"}):
            os.environ.update(given)
            try:
                require_trackers(["wandb"])
                print("well")
            except InputError as error:
                print(error)
            os.environ.pop("WANDB_API_KEY", None)
            wandb.teardown()
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    environment |= {"HOME": str(tmp_path), "NETRC": str(tmp_path / "netrc")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "tracking.trackers: wandb has no key; log in with `wandb login`, or set WANDB_MODE=offline",
        "well",
        "well",
    ]
