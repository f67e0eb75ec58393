"""MLflow, at MLFLOW_TRACKING_URI, or where MLflow keeps runs without it."""

import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlflow import MlflowClient, get_tracking_uri
from mlflow.entities import Metric, Param

from tutelage.tracking.tracker import Point, Subject

METRICS_A_CALL = 1000
PARAMETERS_A_CALL = 100
LONGEST_VALUE = 6000
"""What MLflow takes: of both in one call, and characters of a parameter."""


class MLflow:
    """A run of an experiment. Its parameters are the recipe that it began with: MLflow does not let them change."""

    def __init__(self, subject: Subject, earlier: str | None) -> None:
        self._client = MlflowClient()
        if earlier is None:
            name = subject.project or os.environ.get("MLFLOW_EXPERIMENT_NAME") or "tutelage"
            found = self._client.get_experiment_by_name(name)
            experiment = self._client.create_experiment(name) if found is None else found.experiment_id
            self.run = str(self._client.create_run(experiment, run_name=subject.name).info.run_id)
            parameters = [Param(name, value) for name, value in flat(subject.config)]
            for part in parts(parameters, PARAMETERS_A_CALL):
                self._client.log_batch(self.run, params=part)
        else:
            self.run = earlier
            self._client.update_run(self.run, status="RUNNING")
        self.address = f"run {self.run} in {without_password(get_tracking_uri())}"

    @staticmethod
    def place() -> Sequence[str | None]:
        """The server or database, and the experiment."""
        return [get_tracking_uri(), os.environ.get("MLFLOW_EXPERIMENT_NAME")]

    def rewind(self, stage: str, step: int) -> bool:
        """What was logged stays."""
        return False

    def log(self, points: Sequence[Point]) -> None:
        """Many steps in one call."""
        now = milliseconds()
        metrics = [
            Metric(allowed(name), value, now, point.step)
            for point in points
            for name, value in point.named.items()
        ]
        for part in parts(metrics, METRICS_A_CALL):
            self._client.log_batch(self.run, metrics=part)

    def summarize(self, figures: Mapping[str, float]) -> None:
        """As metrics of a single step."""
        now = milliseconds()
        metrics = [Metric(allowed(name), value, now, 0) for name, value in figures.items()]
        for part in parts(metrics, METRICS_A_CALL):
            self._client.log_batch(self.run, metrics=part)

    def close(self) -> None:
        """Tell that nothing more comes for now."""
        self._client.set_terminated(self.run)


def milliseconds() -> int:
    """The time as MLflow counts it."""
    return int(time.time() * 1000)


def allowed(name: str) -> str:
    """A metric's name in the characters that MLflow takes."""
    return re.sub(r"[^\w\-. :/]", "_", name, flags=re.ASCII)


def flat(config: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Dotted names of all fields, and their values as text; lists as JSON."""
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{above}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield allowed(f"{above}{name}"), text[:LONGEST_VALUE]


def parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The items, so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def without_password(address: str) -> str:
    """An address as it may be shown."""
    return re.sub(r"//[^/@]*@", "//", address)
