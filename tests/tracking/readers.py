"""What trackers show, read back by their own libraries from what they keep without any network."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Series = dict[str, list[tuple[int, float]]]


@dataclass(frozen=True)
class Seen:
    """A run: name -> [(step, value)] of its metrics, its figures, and the text of its recipe."""

    series: Series
    figures: dict[str, float]
    recipe: str


def parted(metrics: Series, recipe: str) -> Seen:
    """Figures are of a single step, and their names say that they are the report's."""
    figures = {name: points for name, points in metrics.items() if name.startswith("report/")}
    assert all(len(points) == 1 for points in figures.values())
    series = {name: points for name, points in metrics.items() if name not in figures}
    return Seen(series, {name: points[0][1] for name, points in figures.items()}, recipe)


def tensorboard(folder: Path, project: str) -> list[Seen]:
    """By TensorBoard's own accumulator, which drops what was purged."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    metrics: Series = {}
    recipe = ""
    for stage in sorted((folder / "tensorboard").iterdir()):
        events = EventAccumulator(str(stage))
        events.Reload()
        for name in events.Tags()["scalars"]:
            metrics[name] = [(point.step, point.value) for point in events.Scalars(name)]
        for name in events.Tags()["tensors"]:
            recipe = events.Tensors(name)[-1].tensor_proto.string_val[0].decode()
    return [parted(metrics, recipe)]


def wandb(folder: Path, project: str) -> list[Seen]:
    """By the records of its offline files; those of one run are one run, as `wandb sync` makes them."""
    runs: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.glob("wandb/offline-run-*/*.wandb")):
        runs[path.stem].append(path)
    return [wandb_run(paths) for paths in sorted(runs.values(), key=lambda paths: paths[0].parent.name)]


def wandb_run(paths: list[Path]) -> Seen:
    from wandb.proto.wandb_internal_pb2 import Record

    series, figures, config = defaultdict(list), {}, {}
    axes = {}
    for path in paths:
        for data in blocks(path.read_bytes()):
            record = Record()
            record.ParseFromString(data)
            kind = record.WhichOneof("record_type")
            if kind == "run":
                config |= {item.key: json.loads(item.value_json) for item in record.run.config.update}
            elif kind == "metric" and record.metric.step_metric:
                axes[record.metric.glob_name] = record.metric.step_metric
            elif kind == "history":
                items = record.history.item
                row = {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in items}
                for name, value in row.items():
                    axis = axes.get(f"{name.split('/')[0]}/*")
                    if axis in row and name != axis:
                        series[name].append((row[axis], value))
            elif kind == "summary":
                for item in record.summary.update:
                    name = "/".join(item.nested_key) or item.key
                    if name.startswith("report/"):
                        figures[name] = json.loads(item.value_json)
    return Seen(dict(series), figures, json.dumps(config))


def blocks(content: bytes) -> Iterator[bytes]:
    """The records of a log in LevelDB's format: blocks of 32 KiB; a record's head is checksum, length and kind."""
    whole, size, place = b"", 32768, 7
    while place + 7 <= len(content):
        left = size - place % size
        if left < 7:
            place += left
            continue
        length, kind = int.from_bytes(content[place + 4 : place + 6], "little"), content[place + 6]
        whole += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # full, or the last part
            yield whole
            whole = b""


def mlflow(folder: Path, project: str) -> list[Seen]:
    """By its client."""
    from mlflow import MlflowClient

    client, found = MlflowClient(), []
    experiment = client.get_experiment_by_name(project)
    assert experiment is not None
    for run in client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"]):
        assert run.info.status == "FINISHED"
        metrics = {
            name: [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, name)]
            for name in run.data.metrics
        }
        found.append(parted(metrics, json.dumps(run.data.params)))
    return found


def trackio(folder: Path, project: str) -> list[Seen]:
    """By its API, from its database."""
    from trackio import Api
    from trackio.sqlite_storage import SQLiteStorage

    found = []
    for run in Api().runs(project):
        metrics: Series = defaultdict(list)
        for row in SQLiteStorage.get_logs(project, run.name):
            for name, value in row.items():
                if "/" in name:
                    metrics[name].append((row["step"], value))
        found.append(parted(dict(metrics), json.dumps(run.config)))
    return found


READERS = {"tensorboard": tensorboard, "wandb": wandb, "mlflow": mlflow, "trackio": trackio}
