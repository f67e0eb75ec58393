"""What every trainer is given: a log of metrics, a display, checkpoints, and a way to be interrupted.

A trainer asks once for the last checkpoint (`resume`) and reports every finished step (`step`); when to write
to disk, what to show and when to stop is decided here, so that the trainers' loops hold only the method.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from tutelage.distributed import any_of, leads
from tutelage.schema import InputError
from tutelage.store import write_atomically
from tutelage.tracking import Trackers
from tutelage.training.checkpoint import Checkpoint, State


class Interrupted(Exception):  # noqa: N818, for it is not an error
    """The stage was asked to stop and has stopped, with its checkpoint written."""


class Display(Protocol):
    """Whatever shows a stage's progress."""

    def update(self, done: int, total: int, metrics: Mapping[str, float]) -> None: ...


class Monitor:
    """Logs, shows and checkpoints one stage.

    stage: its name, in the log's lines and the checkpoint's file name
    folder: where its checkpoint lies
    metrics: the log, one JSON object a line; several stages may share it
    identity: what this stage is computed from (a hash); a checkpoint made under another identity is not
    resumed
    seconds: the least time between two checkpoints
    trackers: where else metrics go
    """

    def __init__(
        self,
        stage: str,
        folder: Path,
        metrics: Path,
        display: Display | None = None,
        seconds: float = 30.0,
        identity: str = "",
        trackers: Trackers | None = None,
    ) -> None:
        self.stage = stage
        self.checkpoint = Checkpoint(folder, stage)
        self.metrics = metrics
        self.display = display
        self.seconds = seconds
        self.identity = identity
        self.trackers = trackers
        self._last_write = time.monotonic()
        self._interrupt_requested = False

    def interrupt(self) -> None:
        """Ask the stage to stop after its current step; safe to call from a signal handler."""
        self._interrupt_requested = True

    def resume(self) -> State | None:
        """The state of the last checkpoint, or None where there is none; the log is cut back to that step.

        Raises InputError when the checkpoint cannot be read: to begin anew is the user's decision.
        """
        written = self._read()
        step = written["step"] if written else 0
        self._cut_log(step)
        if self.trackers is not None:
            self.trackers.begin(self.stage, step)
        return written["state"] if written else None

    def step(self, done: int, total: int, metrics: Mapping[str, float], state: Callable[[], State]) -> None:
        """Report that `done` of `total` steps are finished.

        `state` is called only when a checkpoint is due. Raises Interrupted when the stage was asked to stop.
        """
        if leads():
            self._log(done, {name: float(value) for name, value in metrics.items()})
        if self.display is not None:
            self.display.update(done, total, metrics)
        interrupted = any_of(self._interrupt_requested)
        due = any_of(time.monotonic() - self._last_write >= self.seconds)
        if due or interrupted or done == total:
            self._write(done, state())
        if interrupted:
            raise Interrupted(f"{self.stage} stopped after step {done} of {total}")

    def clear(self) -> None:
        """Remove the checkpoint, once the stage's result is safely stored."""
        self.checkpoint.clear()

    def _read(self) -> State | None:
        try:
            written = self.checkpoint.read()
            if written is None:
                return None
            identity, _, _ = written["identity"], written["step"], written["state"]
        except Exception as error:  # what torch raises for a broken file is not documented
            raise InputError(
                "the checkpoint cannot be read",
                where=str(self.checkpoint),
                remedy="delete it: the stage begins anew, and what was finished before it is kept",
            ) from error
        return written if identity == self.identity else None

    def _write(self, done: int, state: State) -> None:
        self.checkpoint.write({"identity": self.identity, "step": done, "state": state})
        self._last_write = time.monotonic()

    def _log(self, done: int, metrics: Mapping[str, float]) -> None:
        line = {"stage": self.stage, "step": done} | dict(metrics)
        self.metrics.parent.mkdir(parents=True, exist_ok=True)
        with self.metrics.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        if self.trackers is not None:
            self.trackers.log(self.stage, done, metrics)

    def _cut_log(self, step: int) -> None:
        """Drop this stage's lines after `step`: those steps will be done, and logged, again."""
        if not (leads() and self.metrics.exists()):
            return
        kept = [
            line for line in self.metrics.read_text(encoding="utf-8").splitlines() if self._stays(line, step)
        ]
        write_atomically(self.metrics, "".join(line + "\n" for line in kept))

    def _stays(self, line: str, step: int) -> bool:
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:  # a line torn by a crash in the middle of writing it
            return False
        return bool(entry.get("stage") != self.stage or entry["step"] <= step)


class SilentMonitor(Monitor):
    """Keeps nothing and shows nothing: for library use and short trials."""

    def __init__(self) -> None:
        super().__init__("silent", Path(), Path())

    def resume(self) -> State | None:
        return None

    def step(self, done: int, total: int, metrics: Mapping[str, float], state: Callable[[], State]) -> None:
        if self._interrupt_requested:
            raise Interrupted(f"stopped after step {done} of {total}; no checkpoint was kept")
