"""What the harness found, as figures with the values of the documents that make them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from lm_eval.api.metrics import bits_per_byte, mean


class Document(NamedTuple):
    """One item of a task, the same for every model."""

    task: str
    number: int


@dataclass(frozen=True)
class HarnessMetric:
    """One figure of a task or a group of tasks.

    value: the harness's own aggregate. higher_is_better: None where it does not say.

    values: by document, where their mean, weighted by `weights` where there are any, is `value`; None where the
    figure is no mean over documents (a perplexity, BLEU, F1 of a class), so that only the aggregate is known.
    """

    value: float
    higher_is_better: bool | None
    values: Mapping[Document, float] | None = None
    weights: Mapping[Document, float] | None = None


@dataclass(frozen=True)
class HarnessResult:
    """What one model got in a task, or in a group of tasks.

    documents: how many were asked. shots: examples before each question; None where a group's tasks differ.
    metrics: by the harness's name, `acc`, or `exact_match,strict-match` where a task reads answers in several ways.
    """

    task: str
    documents: int
    shots: int | None
    metrics: Mapping[str, HarnessMetric]


def task_metrics(name: str, task: Any, found: Mapping[str, Any]) -> dict[str, HarnessMetric]:
    """Each figure of a task, with the values of its documents where they make it."""
    items: dict[tuple[str, str], dict[Document, Any]] = {}
    for sample in found["samples"][name]:
        for metric in sample["metrics"]:
            of_metric = items.setdefault((metric, sample["filter"]), {})
            of_metric[Document(name, int(sample["doc_id"]))] = sample[metric]
    figures = {}
    for (metric, reading), by_document in items.items():
        value = found["results"][name][f"{metric},{reading}"]
        if not _is_known(value):
            continue
        values, weights = _values(task.aggregation().get(metric, mean), by_document)
        figures[_metric_name(metric, reading)] = _checked(
            HarnessMetric(float(value), found["higher_is_better"][name].get(metric), values, weights)
        )
    return figures


def _values(
    aggregate: Callable[[Sequence[Any]], Any], items: Mapping[Document, Any]
) -> tuple[dict[Document, float] | None, dict[Document, float] | None]:
    """Values and weights of the documents whose mean the aggregate is; None where it is no mean."""
    if aggregate is bits_per_byte:
        weights = {document: float(size) for document, (_, size) in items.items() if size}
        return {
            document: -items[document][0] / (size * math.log(2)) for document, size in weights.items()
        }, weights
    if not all(map(_is_number, items.values())) or not averages(aggregate):
        return None, None
    # the harness has a mean that passes over what is not a number
    return {document: float(item) for document, item in items.items() if math.isfinite(item)}, None


def averages(aggregate: Callable[[Sequence[float]], Any]) -> bool:
    """Whether the function is a plain mean, tried on three numbers: tasks have aggregates of their own writing."""
    try:
        return math.isclose(aggregate([0.0, 1.0, 3.0]), 4 / 3)
    except Exception:  # it takes something else than numbers
        return False


def group_metrics(
    group: Any, found: Mapping[str, Any], results: Mapping[str, HarnessResult]
) -> dict[str, HarnessMetric]:
    """Each figure of a group: a mean over the documents of its tasks, or over its tasks whatever their size."""
    figures = {}
    for wanted in group.aggregate_metric_list or ():
        for key, value in found["results"][group.name].items():
            metric, _, reading = key.partition(",")
            if metric != wanted.metric or not reading or not _is_known(value):
                continue
            name = _metric_name(metric, reading)
            members = [results[task.task_name] for task in group.get_all_tasks()]
            parts = [member.metrics[name] for member in members if name in member.metrics]
            values: dict[Document, float] | None = {}
            weights: dict[Document, float] = {}
            for part in parts:
                if values is None or part.values is None or part.weights is not None:
                    values = None
                    continue
                values |= part.values
                weights |= dict.fromkeys(part.values, 1 / len(part.values))
            by_size = wanted.weight_by_size
            higher = found["higher_is_better"].get(group.name, {}).get(metric)
            figures[name] = _checked(
                HarnessMetric(float(value), higher, values, None if by_size or values is None else weights)
            )
    return figures


def _checked(metric: HarnessMetric) -> HarnessMetric:
    """The metric, without values where they do not make up its value after all."""
    if not metric.values:
        return replace(metric, values=None, weights=None)
    weights = [1.0] * len(metric.values) if metric.weights is None else list(metric.weights.values())
    made = np.average(list(metric.values.values()), weights=weights)
    close = math.isclose(made, metric.value, rel_tol=1e-6, abs_tol=1e-9)
    return metric if close else replace(metric, values=None, weights=None)


def _metric_name(metric: str, reading: str) -> str:
    return metric if reading == "none" else f"{metric},{reading}"


def _is_known(figure: object) -> bool:
    """Whether the harness has this figure; of what cannot be told it has a text, or no number."""
    return _is_number(figure) and math.isfinite(figure)  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, Real | np.bool_)
