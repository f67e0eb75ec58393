"""The monitor: a log that survives interruptions, checkpoints that are due, and stopping when asked."""

import json

import pytest
import torch

from tutelage.schema import InputError
from tutelage.training import Interrupted, Monitor, SilentMonitor


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def no_state():
    raise AssertionError("no checkpoint was due")


@pytest.fixture
def log(tmp_path):
    return tmp_path / "metrics.jsonl"


def test_each_step_is_a_line_of_the_log(tmp_path, log):
    monitor = Monitor("sft", tmp_path, log, seconds=1e9)
    monitor.step(1, 3, {"loss": 2.5}, no_state)
    monitor.step(2, 3, {"loss": torch.tensor(1.5)}, no_state)
    assert lines(log) == [
        {"stage": "sft", "step": 1, "loss": 2.5},
        {"stage": "sft", "step": 2, "loss": 1.5},
    ]


def test_resume_gives_the_last_checkpoint_and_cuts_the_log_back_to_it(tmp_path, log):
    Monitor("base", tmp_path, log).step(1, 1, {"loss": 9.0}, dict)
    due, not_due = Monitor("sft", tmp_path, log, seconds=0), Monitor("sft", tmp_path, log, seconds=1e9)
    due.step(1, 5, {"loss": 3.0}, lambda: {"weights": torch.arange(3)})
    not_due.step(2, 5, {"loss": 2.0}, no_state)
    with log.open("a") as file:
        file.write('{"stage": "sft", "ste')  # the machine lost power here
    state = Monitor("sft", tmp_path, log).resume()
    assert state is not None
    assert torch.equal(state["weights"], torch.arange(3))
    assert [(line["stage"], line["step"]) for line in lines(log)] == [("base", 1), ("sft", 1)]


def test_without_a_checkpoint_the_stage_begins_anew_and_so_does_its_log(tmp_path, log):
    Monitor("base", tmp_path, log).step(1, 1, {}, dict)
    monitor = Monitor("sft", tmp_path, log, seconds=1e9)
    monitor.step(1, 5, {}, no_state)
    assert monitor.resume() is None
    assert [line["stage"] for line in lines(log)] == ["base"]


def test_a_checkpoint_of_other_inputs_is_not_resumed(tmp_path, log):
    Monitor("sft", tmp_path, log, seconds=0, identity="old").step(1, 5, {}, dict)
    assert Monitor("sft", tmp_path, log, identity="new").resume() is None
    assert Monitor("sft", tmp_path, log, identity="old").resume() == {}


@pytest.mark.parametrize(
    "breakage", ["truncated", "garbage", "empty", "of something else", "without its step"]
)
def test_a_broken_checkpoint_is_named_and_left_to_the_user(tmp_path, log, breakage):
    monitor = Monitor("sft", tmp_path, log, seconds=0)
    monitor.step(1, 5, {"loss": 3.0}, lambda: {"weights": torch.arange(3)})
    whole = monitor.checkpoint.file.read_bytes()
    if breakage == "of something else":
        torch.save([1, 2], monitor.checkpoint.file)
    elif breakage == "without its step":
        torch.save({"identity": "", "state": {}}, monitor.checkpoint.file)
    else:
        monitor.checkpoint.file.write_bytes(
            {"truncated": whole[:500], "garbage": b"x" * 500, "empty": b""}[breakage]
        )
    broken, logged = monitor.checkpoint.file.read_bytes(), log.read_text()
    with pytest.raises(InputError, match=r"sft\.pt: the checkpoint cannot be read; delete it"):
        Monitor("sft", tmp_path, log).resume()
    assert (monitor.checkpoint.file.read_bytes(), log.read_text()) == (broken, logged)


def test_the_last_step_is_always_kept(tmp_path, log):
    Monitor("sft", tmp_path, log, seconds=1e9).step(5, 5, {}, lambda: {"step": 5})
    assert Monitor("sft", tmp_path, log).resume() == {"step": 5}


def test_an_interruption_keeps_the_step_first(tmp_path, log):
    monitor = Monitor("sft", tmp_path, log, seconds=1e9)
    monitor.interrupt()
    with pytest.raises(Interrupted):
        monitor.step(2, 5, {}, lambda: {"step": 2})
    assert Monitor("sft", tmp_path, log).resume() == {"step": 2}


def test_a_cleared_checkpoint_is_gone(tmp_path, log):
    monitor = Monitor("sft", tmp_path, log, seconds=0)
    monitor.step(1, 5, {}, dict)
    monitor.clear()
    assert Monitor("sft", tmp_path, log).resume() is None


def test_the_display_sees_every_step(tmp_path, log):
    class Display:
        def __init__(self):
            self.seen = []

        def update(self, done, total, metrics):
            self.seen.append((done, total, dict(metrics)))

    display = Display()
    monitor = Monitor("sft", tmp_path, log, display, seconds=1e9)
    monitor.step(1, 3, {"loss": 1.0}, no_state)
    assert display.seen == [(1, 3, {"loss": 1.0})]


def test_the_silent_monitor_writes_nothing_but_can_be_interrupted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monitor = SilentMonitor()
    monitor.step(1, 1, {"loss": 1.0}, no_state)
    assert monitor.resume() is None
    monitor.interrupt()
    with pytest.raises(Interrupted):
        monitor.step(1, 2, {}, no_state)
    assert list(tmp_path.iterdir()) == []
