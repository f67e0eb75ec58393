"""Weights & Biases. WANDB_ENTITY, WANDB_MODE, WANDB_BASE_URL and all its other variables hold.

A run has one step of its own, which only grows, while each stage counts from 1: stages have their steps as metrics,
`sft/step`, and these are the axes of their curves.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import wandb

from tutelage.schema import InputError
from tutelage.tracking.tracker import Point, Subject


def require_login(where: str) -> None:
    """Raises InputError where there is no key and one is needed: wandb would ask in the middle of the work."""
    if wandb.setup().settings.mode in ("offline", "disabled"):
        return
    if not wandb.login(prompt=False, verify=False):
        raise InputError("wandb has no key", where, "log in with `wandb login`, or set WANDB_MODE=offline")


class WeightsAndBiases:
    """A run there, or in files for `wandb sync`."""

    def __init__(self, subject: Subject, earlier: str | None) -> None:
        folder = Path(os.environ.get("WANDB_DIR") or subject.folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(
            project=subject.project or os.environ.get("WANDB_PROJECT") or "tutelage",
            name=subject.name,
            id=earlier,
            resume="allow",
            dir=folder,
            config=dict(subject.config),
            reinit="create_new",
            # the terminal is the run's own, and its lines are not sent anywhere
            settings=wandb.Settings(silent=True, console="off"),
        )
        self.run = self._run.id
        self.address = f"wandb sync {Path(self._run.dir).parent}" if self._run.offline else str(self._run.url)
        self._known: set[str] = set()

    @staticmethod
    def place() -> Sequence[str | None]:
        """The server, the entity and the project."""
        return [os.environ.get(f"WANDB_{name}") for name in ("BASE_URL", "ENTITY", "PROJECT")]

    def rewind(self, stage: str, step: int) -> bool:
        """What was logged stays."""
        return False

    def log(self, points: Sequence[Point]) -> None:
        """wandb sends it from a process of its own."""
        for point in points:
            step = f"{point.stage}/step"
            if point.stage not in self._known:
                self._known.add(point.stage)
                self._run.define_metric(step, hidden=True)
                self._run.define_metric(f"{point.stage}/*", step_metric=step)
            self._run.log({**point.named, step: point.step})

    def summarize(self, figures: Mapping[str, float]) -> None:
        """The run's summary."""
        self._run.summary.update(dict(figures))

    def close(self) -> None:
        """Wait until all is sent, or in the file."""
        self._run.finish()
