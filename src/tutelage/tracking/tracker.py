"""What a tracker is: whatever else a run's metrics are shown in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Point:
    """The metrics of one finished step of a stage."""

    stage: str
    step: int
    metrics: Mapping[str, float]

    @property
    def named(self) -> dict[str, float]:
        """The metrics under names that no other stage has: `ppo_ptx/kl`."""
        return {f"{self.stage}/{name}": value for name, value in self.metrics.items()}


@dataclass(frozen=True)
class Subject:
    """A run as its trackers are told of it.

    project: what it is shown under; None = what the tracker's own environment variable says, else `tutelage`
    folder: where whatever a tracker keeps on disk belongs
    config: the resolved recipe
    """

    project: str | None
    name: str
    folder: Path
    config: Mapping[str, Any]


class Tracker(Protocol):
    """One open run in one tracker. Any method may raise anything: the training does not hear of it.

    run: by which the same run is found another time
    address: where the user looks, in words or as a URL
    """

    run: str
    address: str

    def __init__(self, subject: Subject, earlier: str | None) -> None:
        """Open the run called `earlier`, or a new one."""

    @staticmethod
    def place() -> Sequence[str | None]:
        """Where runs are kept, as the environment has it: in another place the earlier run is not found."""

    def rewind(self, stage: str, step: int) -> bool:
        """A stage goes on after a step: take back what it logged beyond. False where that cannot be done."""

    def log(self, points: Sequence[Point]) -> None:
        """Show these steps."""

    def summarize(self, figures: Mapping[str, float]) -> None:
        """Show the figures of the report."""

    def close(self) -> None:
        """Send what is left."""
