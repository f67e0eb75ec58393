"""Trackio: a database of its own, in TRACKIO_DIR, or on a Space (TRACKIO_SPACE_ID) or server (TRACKIO_SERVER_URL).

A run is found again by its name, so each gets one that no other has.
"""

import os
from collections.abc import Mapping, Sequence
from uuid import uuid4

import trackio

from tutelage.tracking.tracker import Point, Subject


class Trackio:
    """A run of a project."""

    def __init__(self, subject: Subject, earlier: str | None) -> None:
        self.run = earlier or f"{subject.name}-{uuid4().hex[:8]}"
        project = subject.project or "tutelage"
        self._run = trackio.init(
            project, name=self.run, resume="allow", config=dict(subject.config), embed=False
        )
        self.address = f'run {self.run}; trackio show --project "{project}"'

    @staticmethod
    def place() -> Sequence[str | None]:
        """The folder, Space or server."""
        return [os.environ.get(f"TRACKIO_{name}") for name in ("DIR", "SPACE_ID", "SERVER_URL")]

    def rewind(self, stage: str, step: int) -> bool:
        """What was logged stays."""
        return False

    def log(self, points: Sequence[Point]) -> None:
        """Trackio writes or sends it from a thread of its own."""
        for point in points:
            self._run.log(point.named, step=point.step)

    def summarize(self, figures: Mapping[str, float]) -> None:
        """As metrics of a single step."""
        self._run.log(dict(figures), step=0)

    def close(self) -> None:
        """Wait until all is written or sent, half a minute at most."""
        self._run.finish()
