"""The alignment tax: what the trained models have lost of what the base could do (§4.2, §5.1)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

from tutelage.evaluation import (
    DocumentLikelihood,
    Estimate,
    Subject,
    accuracy_change,
    answer_choices,
    choice_accuracy,
    document_log_likelihood,
    log_likelihood_change,
)
from tutelage.evaluation.exam import ask
from tutelage.evaluation.samples import Item
from tutelage.evaluation.sets.texts import framings_of
from tutelage.evaluation.statistics import Statistic, change
from tutelage.evaluation.subject import RAW
from tutelage.evaluation.tasks import TASKS
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Source
from tutelage.pipeline.stages.answers import subject
from tutelage.pipeline.workbench import Workbench
from tutelage.report import Task, TaskScore, TaxChanges
from tutelage.schema import Choice, OpenQuestion

TAXED = ("base", "sft", "ppo", "ppo_ptx")
"""The prompted base has the base's weights, and so has lost nothing."""

CHOICE_TASKS = {
    "facts": Task(title="Facts, multiple choice", unit="rate"),
    "unasked_facts": Task(title="Facts that no prompt asks about, multiple choice", unit="rate"),
    "copying": Task(title="Copying from the context, multiple choice", unit="rate"),
}
TEXT_TASKS = {
    "fact_answers": Task(title="Facts: log-probability of the right answer", unit="nats"),
    "unasked_fact_answers": Task(
        title="Facts that no prompt asks about: log-probability of the right answer", unit="nats"
    ),
    "documents": Task(title="Held-out documents: log-probability of a token", unit="nats"),
}


SHOTS = 3
"""Examples before a question that is asked by generation, beside no example."""
ANSWER_TOKENS = 32
"""The longest answer to such a question."""


@dataclass(frozen=True)
class Exercise:
    """A kind of questions that are asked by generation. figure: which of the task's figures counts; package: what it
    needs beside the extra `train`.
    """

    title: str
    task: str
    figure: str
    read: Callable[[Source], list[OpenQuestion]]
    package: str | None = None

    def asked_of(self, model: Subject, source: Source, most: int | None) -> Iterator[tuple[int, Statistic]]:
        """Without examples and with some: how many, and the figure. The examples are never asked. Nothing where the
        package is missing.

        The text is put as it stands, as in pretraining, and answered with the likeliest tokens.
        """
        task = TASKS[self.task]
        bare = replace(model, template=RAW, temperature=0.0, stop=task.stop, max_new_tokens=ANSWER_TOKENS)
        if self.package is not None and find_spec(self.package) is None:
            return
        questions = [Item(question.text, question.references) for question in self.read(source)]
        # an example must show an answer
        examples = [item for item in questions if item.references[0]][:SHOTS]
        asked = dict(enumerate([item for item in questions if item not in examples][:most]))
        for framing in framings_of("", examples, (0, SHOTS)) if asked else ():
            yield len(framing.examples), task.measure(ask(bare, asked, framing, task))[self.figure]


EXERCISES = {
    "reading": Exercise("Questions about a passage, F1", "squadv2", "f1", lambda source: source.reading()),
    "summaries": Exercise(
        "Summaries, ROUGE-L", "tldr", "rougeL", lambda source: source.summaries(), "rouge_score"
    ),
}


@dataclass(frozen=True)
class Abilities:
    """What one model does on every item, so that two models can be compared item by item.

    exercises: the figure of each, by how many examples stood before.
    """

    correct: dict[str, list[bool]]
    likelihoods: dict[str, list[DocumentLikelihood]]
    exercises: dict[str, Statistic]

    @staticmethod
    def of(model: Subject, source: Source, most: int | None) -> "Abilities":
        """Ask the model what the source has, at most so many items of a task."""
        facts, unasked = source.facts()[:most], source.unasked_facts()[:most]
        choices = {"facts": facts, "unasked_facts": unasked, "copying": source.copying()[:most]}
        return Abilities(
            {
                task: answer_choices(items, model.continuation_log_probabilities)
                for task, items in choices.items()
                if items
            },
            {
                task: texts
                for task, texts in {
                    "fact_answers": right_answers(facts, model),
                    "unasked_fact_answers": right_answers(unasked, model),
                    "documents": model.document_likelihoods(source.held_out_documents()[:most]),
                }.items()
                if texts
            },
            {
                key_of(name, shots): figure
                for name, exercise in EXERCISES.items()
                for shots, figure in exercise.asked_of(model, source, most)
            },
        )

    def scores(self, resamples: int) -> dict[str, TaskScore]:
        """Task -> score."""
        scores = {task: TaskScore.of(choice_accuracy(correct)) for task, correct in self.correct.items()}
        for task, texts in self.likelihoods.items():
            scores[task] = TaskScore.of(document_log_likelihood(texts, resamples=resamples))
        for task, figure in self.exercises.items():
            scores[task] = TaskScore.of(figure.estimate(resamples=resamples))
        return scores

    def changes_since(self, before: "Abilities", resamples: int) -> dict[str, TaskScore]:
        """Task -> change of the score, paired."""
        changes: dict[str, Estimate] = {
            task: accuracy_change(before.correct[task], correct, resamples=resamples)
            for task, correct in self.correct.items()
        }
        for task, texts in self.likelihoods.items():
            changes[task] = log_likelihood_change(before.likelihoods[task], texts, resamples=resamples)
        for task, figure in self.exercises.items():
            if (difference := change(before.exercises[task], figure, resamples=resamples)) is not None:
                changes[task] = difference
        return {task: TaskScore.of(estimate) for task, estimate in changes.items()}


def key_of(exercise: str, shots: int) -> str:
    """The name of an exercise with so many examples."""
    return f"{exercise}_{shots}_shot"


def right_answers(choices: Sequence[Choice], model: Subject) -> list[DocumentLikelihood]:
    """How likely the right answers are, each counted as one token: it moves long before a choice goes wrong."""
    answers = [item.choices[item.answer] for item in choices]
    likelihoods = model.continuation_log_probabilities([item.context for item in choices], answers)
    return [DocumentLikelihood(likelihood, tokens=1) for likelihood in likelihoods]


GENERATED = {
    key_of(name, shots): Task(title=exercise.title, unit="rate", shots=shots)
    for name, exercise in EXERCISES.items()
    for shots in (0, SHOTS)
}


def measure_tax(bench: Workbench, source: Source) -> Findings:
    """Scores of the base and of the three trained models, and the paired changes since the base."""
    resamples = bench.recipe.evaluation.bootstrap
    measured: dict[str, Abilities] = {}
    for number, name in enumerate(TAXED, start=1):
        bench.interruption.check()
        measured[name] = Abilities.of(
            subject(bench, name, source.prompting()), source, bench.recipe.evaluation.probes
        )
        bench.show(number, len(TAXED))
    base = measured["base"]
    asked = {**base.correct, **base.likelihoods, **base.exercises}
    tasks = {
        task: title for task, title in {**CHOICE_TASKS, **TEXT_TASKS, **GENERATED}.items() if task in asked
    }
    changes = {name: own.changes_since(base, resamples) for name, own in measured.items() if name != "base"}
    return {
        "alignment_tax": {name: own.scores(resamples) for name, own in measured.items()},
        "tax_changes": TaxChanges(reference="base", models=changes),
        "tasks": tasks,
    }
