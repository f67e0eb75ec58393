"""Models put through tasks of lm-evaluation-harness, one after the other; its figures as ours."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from rich.console import Console

from tutelage.evaluation.harness import Document, HarnessResult, run_harness
from tutelage.evaluation.scores import Scores
from tutelage.evaluation.statistics import Statistic, ratio
from tutelage.pipeline.display import Display
from tutelage.pipeline.examination import subjects
from tutelage.pipeline.interruption import Interruption
from tutelage.pipeline.kept_samples import Asking


def examine_by_harness(
    folders: Mapping[str, str],
    tasks: Sequence[str],
    shots: Sequence[int],
    limit: int | None,
    include_path: str | None,
    asking: Asking,
    console: Console,
) -> list[Scores]:
    """What each model gets in tasks of lm-evaluation-harness, with each number of examples.

    include_path: a folder of further tasks. Of figures that are no mean over documents no interval is known.
    """
    found = []
    interruption = Interruption()
    with interruption.from_keyboard(), Display(console) as display:
        for subject in subjects(folders, asking):
            stage = display.begin(subject.name)
            for number in shots:
                interruption.check()
                results = run_harness(
                    subject,
                    tasks,
                    shots=number,
                    limit=limit,
                    include_path=include_path,
                    seed=asking.seed,
                    chat=not asking.raw,
                    progress=partial(stage.update, metrics={}),
                )
                found += [scores_of(subject.name, number, result) for result in results.values()]
    return found


def scores_of(model: str, shots: int, result: HarnessResult) -> Scores:
    """The harness's figures as ours."""
    statistics = {}
    for name, metric in result.metrics.items():
        if metric.values is None:  # one row, so that no interval is made up
            statistic = Statistic.mean([metric.value], ["all documents"])
        else:
            statistic = statistic_of(metric.values, metric.weights)
        statistics[f"{result.task} {name}"] = statistic
    return Scores(model, f"{shots}-shot", result.documents, statistics)


def statistic_of(values: Mapping[Document, float], weights: Mapping[Document, float] | None) -> Statistic:
    """A mean over documents; one of values from 0 to 1 that all count alike is a rate."""
    documents, numbers = list(values), np.array([*values.values()])
    if weights is not None:
        shares = np.array([weights[document] for document in documents])
        return Statistic(documents, np.stack([numbers * shares, shares], axis=1), ratio)
    if numbers.min() >= 0 and numbers.max() <= 1:
        return Statistic.rate(numbers, documents)
    return Statistic.mean(numbers, documents)
