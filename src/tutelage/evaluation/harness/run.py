"""A subject through tasks of the harness."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lm_eval.evaluator import evaluate

from tutelage.evaluation.harness.figures import HarnessMetric, HarnessResult, group_metrics, task_metrics
from tutelage.evaluation.harness.model import HarnessModel, Progress
from tutelage.evaluation.harness.silence import quiet, seeded
from tutelage.evaluation.harness.tasks import load_tasks
from tutelage.evaluation.subject import Subject
from tutelage.schema import InputError


def run_harness(
    subject: Subject,
    tasks: Sequence[str],
    *,
    shots: int | None,
    limit: int | None,
    include_path: str | None = None,
    seed: int = 0,
    chat: bool = False,
    progress: Progress | None = None,
) -> dict[str, HarnessResult]:
    """What the subject gets in each task, by name; of a group in each of its tasks, and in the group as a whole.

    shots: examples before each question, None for the task's own number, which stays 0 where the task says so; limit:
    documents of each task, None for all; include_path: a folder with YAML files of further tasks; seed: of the
    examples and of tasks that sample; chat: put questions in the subject's template, examples as earlier turns, instead
    of as plain text. progress: the harness's own display is off, and standard output closed while it runs: a display
    must hold its stream itself (`Console(file=sys.stdout)`).

    Raises InputError for a task that is unknown or cannot be loaded, for one that asks about images or runs what
    models write, and for numbers that make no sense.
    """
    if not tasks:
        raise InputError("no tasks are named", remedy="name some, e.g. hellaswag")
    if limit is not None and limit < 1:
        raise InputError(f"a limit of {limit} documents", remedy="give a number from 1 up")
    if shots is not None and shots < 0:
        raise InputError(f"{shots} shots", remedy="give a number from 0 up")
    with quiet(), seeded(seed):
        loaded, groups = load_tasks(tasks, include_path, shots, seed)
        found = evaluate(
            HarnessModel(replace(subject, seed=seed), progress),
            {"tasks": loaded, "groups": groups},
            limit=limit,
            bootstrap_iters=0,
            apply_chat_template=chat,
            fewshot_as_multiturn=chat,
        )
    results = {name: _result(name, found, task_metrics(name, task, found)) for name, task in loaded.items()}
    for name, group in groups.items():
        if metrics := group_metrics(group, found, results):
            results[name] = _result(name, found, metrics)
    return results


def _result(name: str, found: Mapping[str, Any], metrics: dict[str, HarnessMetric]) -> HarnessResult:
    return HarnessResult(name, int(found["results"][name]["sample_len"]), found["n-shot"].get(name), metrics)
