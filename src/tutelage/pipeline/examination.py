"""Models put through tasks one after the other; what they say can be kept in a file, from which the work goes on."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console

from tutelage.data import derive, template_for
from tutelage.evaluation.exam import ask
from tutelage.evaluation.framing import Framing
from tutelage.evaluation.samples import Item, Sample, Task, read_samples, row_of
from tutelage.evaluation.scores import Scores
from tutelage.evaluation.statistics import Statistic, ratio
from tutelage.evaluation.subject import RAW, Subject
from tutelage.models import load_policy, load_tokenizer
from tutelage.models.policy import require_language_model
from tutelage.pipeline.device import choose_device
from tutelage.pipeline.display import Display, silence_transformers
from tutelage.pipeline.interruption import Interruption
from tutelage.pipeline.sampling import ROWS_AT_ONCE
from tutelage.schema import InputError

if TYPE_CHECKING:
    from tutelage.evaluation.harness import Document, HarnessResult


@dataclass(frozen=True)
class Asking:
    """How models are asked. raw: texts as they stand, without the models' templates; count: answers to each item."""

    temperature: float
    max_new_tokens: int
    raw: bool = False
    count: int = 1
    seed: int = 0


class Kept:
    """Samples kept in a file as they come. It has the task's columns and can be scored by itself; beside them stands
    how each sample was asked for, so that nothing is mixed up.
    """

    def __init__(self, path: str | None, task: Task, asking: Asking) -> None:
        """path: None keeps nothing. What is there already is read.

        Raises:
            InputError: the name is of another format, or the file holds what was asked for otherwise.
        """
        if path is not None and not path.endswith(".jsonl"):
            raise InputError("samples are kept as JSON Lines", path, "choose a name that ends in .jsonl")
        self.path, self.task = path, task
        self.made = {
            "temperature": asking.temperature,
            "max_new_tokens": asking.max_new_tokens,
            "seed": asking.seed,
            "raw": asking.raw,
        }
        self._samples: list[Sample] = []
        if path is not None and os.path.exists(path):
            drop_torn_line(path)
            if os.path.getsize(path):
                self._samples = read_samples(path, task, stop=False, made=self.made)

    def of(self, model: str, framing: str) -> list[Sample]:
        """Those of a model under a framing."""
        return [each for each in self._samples if (each.model, each.prompt_type) == (model, framing)]

    def add(self, samples: Sequence[Sample]) -> None:
        """Keep these, too."""
        self._samples.extend(samples)
        if self.path is not None:
            lines = (json.dumps(row_of(each, self.task) | self.made, ensure_ascii=False) for each in samples)
            with open(self.path, "a", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
                file.flush()
                os.fsync(file.fileno())


def drop_torn_line(path: str) -> None:
    """Without the last line where a crash cut it off."""
    with open(path, "r+b") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)


def subjects(folders: Mapping[str, str], asking: Asking, stop: Sequence[str] = ()) -> Iterator[Subject]:
    """The models one by one, each loaded when it is its turn. folders: name -> folder, or name on the hub.

    Raises:
        InputError: one of them is no language model; told before the first is loaded.
    """
    silence_transformers()
    for folder in folders.values():
        require_language_model(folder)
    device = choose_device("auto")
    for name, folder in folders.items():
        tokenizer = load_tokenizer(folder)
        yield Subject(
            name,
            load_policy(folder, device=device),
            tokenizer,
            RAW if asking.raw else template_for(tokenizer),
            stop=tuple(stop),
            max_new_tokens=asking.max_new_tokens,
            temperature=asking.temperature,
            seed=derive(asking.seed, "exam", name),
        )


def examine(
    folders: Mapping[str, str],
    items: Sequence[Item],
    framings: Sequence[Framing],
    task: Task,
    asking: Asking,
    kept: Kept,
    console: Console,
) -> list[Sample]:
    """What each model says to each item under each framing.

    Raises Interrupted when Ctrl-C was pressed; what is kept is not asked again.
    """
    found: list[Sample] = []
    interruption = Interruption()
    step = max(1, ROWS_AT_ONCE // asking.count)
    with interruption.from_keyboard(), Display(console) as display:
        for subject in subjects(folders, asking, task.stop):
            stage = display.begin(subject.name)
            for number, framing in enumerate(framings):
                known = Counter(sample.prompt for sample in kept.of(subject.name, framing.name))
                for start in range(0, len(items), step):
                    interruption.check()
                    part = {
                        place: items[place]
                        for place in range(start, min(start + step, len(items)))
                        if known[items[place].text] < asking.count
                    }
                    if part:
                        kept.add(without_known(ask(subject, part, framing, task, asking.count), known))
                    done = number * len(items) + min(start + step, len(items))
                    stage.update(done, len(items) * len(framings), {})
                found += own_samples(subject, framing, items, kept, asking.count, display)
    return found


def without_known(samples: Sequence[Sample], known: Mapping[str, int]) -> list[Sample]:
    """The samples of each prompt after the first so many, which a crash left in the file."""
    seen: Counter[str] = Counter()
    fresh = []
    for sample in samples:
        if seen[sample.prompt] >= known[sample.prompt]:
            fresh.append(sample)
        seen[sample.prompt] += 1
    return fresh


def consider(
    folders: Mapping[str, str],
    framings: Sequence[Framing],
    asking: Asking,
    measure: Callable[[Subject, Framing], Mapping[str, Statistic]],
    console: Console,
) -> list[Scores]:
    """Figures of each model under each framing of what it holds likely, nothing sampled; n: the items of the first."""
    found = []
    interruption = Interruption()
    with interruption.from_keyboard(), Display(console) as display:
        for subject in subjects(folders, asking):
            stage = display.begin(subject.name)
            for number, framing in enumerate(framings, start=1):
                interruption.check()
                statistics = measure(subject, framing)
                items = len(next(iter(statistics.values())).rows)
                found.append(Scores(subject.name, framing.name, items, statistics))
                stage.update(number, len(framings), {})
    return found


def own_samples(
    subject: Subject,
    framing: Framing,
    items: Sequence[Item],
    kept: Kept,
    count: int,
    display: Display,
) -> list[Sample]:
    """A model's samples under a framing, of these items alone and `count` of each; told how many items got none.

    Raises:
        InputError: there is none.
    """
    texts = {item.text for item in items}
    taken: Counter[str] = Counter()
    samples = []
    for each in kept.of(subject.name, framing.name):
        if each.prompt in texts and taken[each.prompt] < count:
            taken[each.prompt] += 1
            samples.append(each)
    left_out = len(texts) - len(taken)
    if not samples:
        raise InputError("no item leaves room for an answer in the model's context", subject.name)
    if left_out:
        display.say(f"  {subject.name}, {framing.name}: {left_out} items are too long, and left out")
    return samples


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
    from tutelage.evaluation.harness import run_harness

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


def scores_of(model: str, shots: int, result: "HarnessResult") -> Scores:
    """The harness's figures as ours."""
    statistics = {}
    for name, metric in result.metrics.items():
        if metric.values is None:
            statistic = Statistic.mean([metric.value], ["all documents"])
        else:
            statistic = statistic_of(metric.values, metric.weights)
        statistics[f"{result.task} {name}"] = statistic
    return Scores(model, f"{shots}-shot", result.documents, statistics)


def statistic_of(values: "Mapping[Document, float]", weights: "Mapping[Document, float] | None") -> Statistic:
    """A mean over documents; one of values from 0 to 1 that all count alike is a rate."""
    documents, numbers = list(values), np.array([*values.values()])
    if weights is not None:
        shares = np.array([weights[document] for document in documents])
        return Statistic(documents, np.stack([numbers * shares, shares], axis=1), ratio)
    if numbers.min() >= 0 and numbers.max() <= 1:
        return Statistic.rate(numbers, documents)
    return Statistic.mean(numbers, documents)
