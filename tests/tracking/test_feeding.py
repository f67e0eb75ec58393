"""No tracker ever stops or delays the training: one that fails is told of once, and shows everything another time."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from tutelage.tracking import Point, Subject, Trackers, trackers
from tutelage.tracking.record import read_record

SECONDS = 10.0
"""For threads to get somewhere: far more than they need."""


class Recorder:
    """A tracker in memory, of which subclasses fail. opened: all of a start."""

    opened: ClassVar[list["Recorder"]] = []

    def __init__(self, subject: Subject, earlier: str | None) -> None:
        self.run = earlier or f"run {len(self.opened)}"
        self.address = "memory"
        self.points: list[tuple[str, int]] = []
        self.closed = False
        self.opened.append(self)

    @staticmethod
    def place() -> Sequence[str | None]:
        return ()

    def rewind(self, stage: str, step: int) -> bool:
        return False

    def log(self, points: Sequence[Point]) -> None:
        self.points += [(point.stage, point.step) for point in points]

    def summarize(self, figures: Mapping[str, float]) -> None:
        self.points.append(("report", len(figures)))

    def close(self) -> None:
        self.closed = True


class Hanging(Recorder):
    """Does not come back from its first log until it is let go."""

    hangs: ClassVar[threading.Event]
    let_go: ClassVar[threading.Event]

    def log(self, points: Sequence[Point]) -> None:
        self.hangs.set()
        self.let_go.wait()


class House:
    """A run with one tracker of some class, whatever its name says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._monkeypatch = folder, monkeypatch
        self.told: list[str] = []

    def trackers(self, kind: type, *names: str) -> Trackers:
        kinds = dict(zip(names, [kind, Recorder], strict=False))
        self._monkeypatch.setattr(trackers, "tracker_of", kinds.__getitem__)
        self._monkeypatch.setattr(Recorder, "opened", [])
        subject = Subject(None, "mine", self.folder, {})
        log = self.folder / "metrics.jsonl"
        return Trackers(names, subject, log, {"sft": "1"}, lambda *_: True, self.told.append)

    def record(self, steps: range) -> None:
        """As a monitor does before it tells the trackers."""
        lines = [f'{{"stage": "sft", "step": {step}, "loss": 1.0}}\n' for step in steps]
        with (self.folder / "metrics.jsonl").open("a") as log:
            log.writelines(lines)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(tmp_path, monkeypatch)


@pytest.fixture
def hanging() -> Iterator[type[Hanging]]:
    """To be seen hanging before a test goes on: its thread would otherwise open it in the midst of the next test."""
    Hanging.hangs, Hanging.let_go = threading.Event(), threading.Event()
    yield Hanging
    Hanging.let_go.set()


def test_one_that_cannot_be_opened_leaves_the_others_alone(house: House) -> None:
    class Down(Recorder):
        def __init__(self, subject: Subject, earlier: str | None) -> None:
            raise ConnectionError("the server is down\nand here is a long story")

    with house.trackers(Down, "mlflow", "wandb") as fed:
        fed.begin("sft", 0)
        for step in range(1, 4):
            fed.log("sft", step, {"loss": 1.0})
        fed.summarize({"report/kl": 1.0})
    assert Recorder.opened[0].points == [("sft", 1), ("sft", 2), ("sft", 3), ("report", 1)]
    [told] = [line for line in house.told if "mlflow" in line]
    assert told.startswith("mlflow is left out: the server is down. metrics.jsonl has everything")
    assert not (house.folder / "mlflow.json").exists()
    record = read_record(house.folder / "wandb.json")
    assert record is not None
    assert record.run == "run 0"


def test_one_that_cannot_be_loaded_is_left_out(house: House) -> None:
    with house.trackers(Recorder, "wandb") as fed:
        house._monkeypatch.setattr(trackers, "tracker_of", lambda name: __import__("no_such_package"))
        fed.begin("sft", 0)
        fed.log("sft", 1, {"loss": 1.0})
        fed.summarize({"report/kl": 1.0})
    assert house.told == ["wandb is left out: No module named 'no_such_package'"]


def test_what_a_tracker_missed_is_in_the_run_that_the_next_start_begins(house: House) -> None:
    class Failing(Recorder):
        def log(self, points: Sequence[Point]) -> None:
            super().log(points)
            if self.points[-1][1] >= 2:
                raise ConnectionError("gone")

    with house.trackers(Failing, "wandb") as fed:
        fed.begin("sft", 0)
        for step in range(1, 5):
            house.record(range(step, step + 1))
            fed.log("sft", step, {"loss": 1.0})
    assert [line for line in house.told if "left out" in line] == [
        "wandb is left out: gone. metrics.jsonl has everything; the next start sends it to a new run there"
    ]
    with house.trackers(Recorder, "wandb") as fed:
        fed.begin("sft", 4)
        house.record(range(5, 6))
        fed.log("sft", 5, {"loss": 1.0})
    [anew] = Recorder.opened
    assert anew.points == [("sft", step) for step in range(1, 6)]
    assert anew.closed


def test_training_does_not_wait_for_a_slow_tracker(house: House) -> None:
    go_on = threading.Event()

    class Slow(Recorder):
        def __init__(self, subject: Subject, earlier: str | None) -> None:
            assert go_on.wait(SECONDS)
            super().__init__(subject, earlier)

    with house.trackers(Slow, "wandb") as fed:
        fed.begin("sft", 0)
        for step in range(1, 100):
            fed.log("sft", step, {"loss": 1.0})
        assert Recorder.opened == []  # all steps are done, and it is not even there yet
        go_on.set()
    assert [step for _, step in Recorder.opened[0].points] == list(range(1, 100))


def test_one_that_hangs_is_left_at_the_end(house: House, hanging: type[Hanging]) -> None:
    house._monkeypatch.setattr(trackers, "PATIENCE", 0.05)
    house._monkeypatch.setattr(trackers, "SECONDS", 0.1)
    with house.trackers(hanging, "wandb") as fed:
        fed.begin("sft", 0)
        fed.log("sft", 1, {"loss": 1.0})
        assert hanging.hangs.wait(SECONDS)
    assert house.told[-2].startswith("waiting for wandb")
    assert "did not take everything within" in house.told[-1]
    assert not (house.folder / "wandb.json").exists()


def test_a_second_interruption_waits_for_nobody(house: House, hanging: type[Hanging]) -> None:
    def interrupted() -> None:
        with house.trackers(hanging, "wandb") as fed:
            fed.begin("sft", 0)
            fed.log("sft", 1, {"loss": 1.0})
            assert hanging.hangs.wait(SECONDS)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not any("waiting" in line for line in house.told)


def test_steps_done_twice_before_a_checkpoint_are_shown_once(house: House) -> None:
    """The process died after step 5, went on after step 2, and died again after step 4."""
    with house.trackers(Recorder, "wandb") as fed:
        fed.begin("sft", 0)
        for step in range(1, 6):
            house.record(range(step, step + 1))
            fed.log("sft", step, {"loss": 1.0})
    first = Recorder.opened[0].points
    shown = []
    for last in (4, 7):
        with house.trackers(Recorder, "wandb") as fed:
            (house.folder / "metrics.jsonl").unlink()
            house.record(range(1, 3))
            fed.begin("sft", 2)
            for step in range(3, last + 1):
                house.record(range(step, step + 1))
                fed.log("sft", step, {"loss": 1.0})
        assert [each.run for each in Recorder.opened] == ["run 0"]
        shown += Recorder.opened[0].points
    assert [step for _, step in first + shown] == [1, 2, 3, 4, 5, 6, 7]


def test_a_finished_run_is_shown_whole_to_a_tracker_that_it_is_new_to(house: House) -> None:
    house.record(range(1, 4))
    with house.trackers(Recorder, "wandb") as fed:
        fed.summarize({"report/kl": 1.0, "report/tax": 2.0})
    assert Recorder.opened[0].points == [("sft", 1), ("sft", 2), ("sft", 3), ("report", 2)]
    with house.trackers(Recorder, "wandb") as fed:
        fed.summarize({"report/kl": 1.0, "report/tax": 2.0})
    assert Recorder.opened == []
