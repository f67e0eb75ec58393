"""The harness's tasks: which there are, and making them ready with their data."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from datasets.exceptions import DatasetGenerationError, DatasetNotFoundError
from lm_eval.tasks import TaskManager

from tutelage.evaluation.harness.silence import quiet
from tutelage.schema import InputError, nearest

NETWORK = "run it once with a network, without HF_HUB_OFFLINE and HF_DATASETS_OFFLINE; the data stays on this machine"


def known_tasks(include_path: str | None = None) -> list[str]:
    """Names of tasks, groups and tags, those in a folder of YAML files among them. Takes seconds."""
    with quiet():
        names: list[str] = _every_task(_folder(include_path)).all_tasks
    return names


def load_tasks(
    names: Sequence[str], include_path: str | None, shots: int | None, seed: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The harness's tasks and groups of these names, with their data, examples and chance; each by name.

    Raises InputError for a task that is unknown, cannot be loaded or cannot be asked here.
    """
    manager = _manager(names, _folder(include_path))
    tasks: dict[str, Any] = {}
    groups: dict[str, Any] = {}
    for name in names:
        try:
            found = manager.load(name)
        except Exception as error:  # a task is code of its own: anything may go wrong in it
            raise _refusal(name, error) from error
        tasks |= found["tasks"]
        groups |= found["groups"]
    for name, task in tasks.items():
        _prepare(name, task, shots, seed)
    return tasks, groups


def _folder(include_path: str | None) -> str | None:
    if include_path is not None and not Path(include_path).is_dir():
        raise InputError("no such folder", include_path, "give one that holds the YAML files of tasks")
    return include_path


@cache
def _every_task(include_path: str | None) -> Any:
    """Reads some ten thousand files."""
    return TaskManager(include_path=include_path)


def _manager(names: Sequence[str], include_path: str | None) -> Any:
    """One that knows all the names. Raises InputError when there is none."""
    if include_path is not None:
        own = TaskManager(include_path=include_path, include_defaults=False)
        if set(names) <= set(own.all_subtasks):  # then the harness's own files need not be read
            return own
    manager = _every_task(include_path)
    for name in names:
        if name not in manager.task_index:
            near = nearest(name, manager.all_tasks)
            remedy = f"did you mean '{near}'?" if near else "`lm-eval ls tasks` lists them"
            raise InputError("the evaluation harness has no such task", f"task {name!r}", remedy)
    return manager


def _refusal(name: str, error: Exception) -> InputError:
    """Why a task cannot be loaded, in one line."""
    # that of a file that cannot be read says nothing itself
    cause = error.__cause__ if isinstance(error, DatasetGenerationError) else None
    said = (str(cause or error).strip() or type(error).__name__).splitlines()[0]
    where = f"task {name!r}"
    match error:
        case ImportError():
            return InputError(f"it needs a package: {said}", where, "install it")
        case DatasetNotFoundError():
            remedy = "where access must be asked for, ask on its page, then: hf auth login"
            return InputError(f"its data is not to be had: {said}", where, remedy)
        case DatasetGenerationError():
            return InputError(f"its data cannot be read: {said}", where, "mend the file")
        case FileNotFoundError():
            remedy = "put it there; what comes from the hub needs a network once"
            return InputError(f"what it needs is missing: {said}", where, remedy)
        case OSError():
            return InputError(f"its data is not on this machine: {said}", where, NETWORK)
        case ValueError() if said.startswith("Couldn't find cache"):
            return InputError(f"its data is not on this machine: {said}", where, NETWORK)
    return InputError(f"it cannot be loaded: {type(error).__name__}: {said}", where, "mend or leave it out")


def _prepare(name: str, task: Any, shots: int | None, seed: int) -> None:
    """Set how many examples stand before a question, and which. Raises InputError for what cannot be asked here."""
    where = f"task {name!r}"
    if getattr(task, "UNSAFE_CODE", False):
        raise InputError("it runs code that models write", where, "run it with lm-eval, in a sandbox")
    if getattr(task, "MULTIMODAL", False):
        raise InputError("it asks about images or sounds", where, "leave it out")
    usual = task.get_config("num_fewshot")
    if usual is None or (shots is not None and usual != 0):
        task.set_config(key="num_fewshot", value=shots or 0)
    task.set_fewshot_seed(seed=seed)
    wanted = task.get_config("num_fewshot")
    sampler = getattr(task, "sampler", None)
    if sampler is not None and wanted > len(sampler.df):
        raise InputError(
            f"{wanted} shots but {len(sampler.df)} examples to draw from", where, "ask for fewer"
        )
