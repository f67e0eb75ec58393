"""The alignment tax: what the trained models have lost of what the base could do (§4.2, §5.1)."""

from collections.abc import Sequence
from dataclasses import dataclass

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
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Source
from tutelage.pipeline.stages.answers import subject
from tutelage.pipeline.workbench import Workbench
from tutelage.report import Task, TaskScore, TaxChanges
from tutelage.schema import Choice

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


@dataclass(frozen=True)
class Abilities:
    """What one model does on every item, so that two models can be compared item by item."""

    correct: dict[str, list[bool]]
    likelihoods: dict[str, list[DocumentLikelihood]]

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
        )

    def scores(self, resamples: int) -> dict[str, TaskScore]:
        """Task -> score."""
        scores = {task: TaskScore.of(choice_accuracy(correct)) for task, correct in self.correct.items()}
        for task, texts in self.likelihoods.items():
            scores[task] = TaskScore.of(document_log_likelihood(texts, resamples=resamples))
        return scores

    def changes_since(self, before: "Abilities", resamples: int) -> dict[str, TaskScore]:
        """Task -> change of the score, paired."""
        changes: dict[str, Estimate] = {
            task: accuracy_change(before.correct[task], correct, resamples=resamples)
            for task, correct in self.correct.items()
        }
        for task, texts in self.likelihoods.items():
            changes[task] = log_likelihood_change(before.likelihoods[task], texts, resamples=resamples)
        return {task: TaskScore.of(estimate) for task, estimate in changes.items()}


def right_answers(choices: Sequence[Choice], model: Subject) -> list[DocumentLikelihood]:
    """How likely the right answers are, each counted as one token: it moves long before a choice goes wrong."""
    answers = [item.choices[item.answer] for item in choices]
    likelihoods = model.continuation_log_probabilities([item.context for item in choices], answers)
    return [DocumentLikelihood(likelihood, tokens=1) for likelihood in likelihoods]


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
    asked = {**measured["base"].correct, **measured["base"].likelihoods}
    tasks = {task: title for task, title in {**CHOICE_TASKS, **TEXT_TASKS}.items() if task in asked}
    changes = {
        name: own.changes_since(measured["base"], resamples)
        for name, own in measured.items()
        if name != "base"
    }
    return {
        "alignment_tax": {name: own.scores(resamples) for name, own in measured.items()},
        "tax_changes": TaxChanges(reference="base", models=changes),
        "tasks": tasks,
    }
