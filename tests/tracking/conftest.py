"""Trackers that keep everything on this machine."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _without_network(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Set once and for the whole process: wandb and trackio read their environment when they are first used."""
    folder = tmp_path_factory.mktemp("trackers")
    patch = pytest.MonkeyPatch()
    patch.setenv("WANDB_MODE", "offline")
    patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
    patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    patch.setenv("TRACKIO_DIR", str(folder / "trackio"))
    yield
    patch.undo()
