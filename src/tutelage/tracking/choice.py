"""Which trackers are used, and that they can be, before any long work."""

from collections.abc import Sequence
from importlib.util import find_spec

from tutelage.schema import demand
from tutelage.tracking.tracker import Tracker

NAMES = ("tensorboard", "wandb", "mlflow", "trackio")
"""Each is also the package it needs, and the extra that brings it."""

FIELD = "tracking.trackers"


def trackers_to_use(names: Sequence[str] | None) -> Sequence[str]:
    """The trackers named; where the recipe says nothing, TensorBoard if it is installed: it writes files, no more."""
    if names is not None:
        return names
    return ("tensorboard",) if find_spec("tensorboard") is not None else ()


def require_trackers(names: Sequence[str]) -> None:
    """Raises InputError where a package is missing, or where a tracker would ask who the user is."""
    for name in names:
        demand(name, name, FIELD)
    if "wandb" in names:
        from tutelage.tracking.wandb import require_login

        require_login(FIELD)


def tracker_of(name: str) -> type[Tracker]:
    """The tracker of this name; its package is loaded with it."""
    match name:
        case "tensorboard":
            from tutelage.tracking.tensorboard import TensorBoard

            return TensorBoard
        case "wandb":
            from tutelage.tracking.wandb import WeightsAndBiases

            return WeightsAndBiases
        case "mlflow":
            from tutelage.tracking.mlflow import MLflow

            return MLflow
        case "trackio":
            from tutelage.tracking.trackio import Trackio

            return Trackio
        case _:
            raise ValueError(name)
