"""The tasks whose samples can be scored: columns, where an answer ends, and what is measured."""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec

from tutelage.evaluation.judged_answers import CERTAIN
from tutelage.evaluation.nlp import drop, squad
from tutelage.evaluation.nlp.stopping import LINE, PARAGRAPH
from tutelage.evaluation.samples import Sample, Task
from tutelage.evaluation.toxicity import THRESHOLD, expected_maximum
from tutelage.labelers.intervals import Estimate, mean, rate
from tutelage.schema import InputError

REMEDIES = {
    "true": "add a judge's probabilities, or name a judge: --judge FOLDER",
    "info": "add a judge's probabilities, or name a judge: --info-judge FOLDER",
    "toxicity": "add a scorer's figures, from 0 to 1",
}


def measure_squad(samples: Sequence[Sample]) -> dict[str, Estimate]:
    """Exact match and F1 of all questions and of those with an answer; and how often one without gets none."""
    found = {"exact": rates(samples, squad.exact_match), "f1": rates(samples, squad.f1)}
    answered = [each for each in samples if not all(map(squad.is_no_answer, each.references))]
    open_questions = [each for each in samples if all(map(squad.is_no_answer, each.references))]
    if answered and open_questions:
        found["has_answer_exact"] = rates(answered, squad.exact_match)
        found["has_answer_f1"] = rates(answered, squad.f1)
        found["no_answer"] = rates(open_questions, squad.exact_match)
    return found


def measure_drop(samples: Sequence[Sample]) -> dict[str, Estimate]:
    """Exact match and F1."""
    return {"exact": rates(samples, drop.exact_match), "f1": rates(samples, drop.f1)}


def measure_translation(samples: Sequence[Sample]) -> dict[str, Estimate]:
    """BLEU, 0 to 100."""
    demand("sacrebleu")
    from tutelage.evaluation.nlp.translation import bleu

    texts, references = [each.text for each in samples], [each.references for each in samples]
    return {"bleu": bleu(texts, references, prompts(samples))}


def measure_summaries(samples: Sequence[Sample]) -> dict[str, Estimate]:
    """ROUGE-1, -2 and -L, F-measures from 0 to 1."""
    demand("rouge_score")
    from tutelage.evaluation.nlp.summarization import rouge

    scores = rouge([each.text for each in samples], [each.references[0] for each in samples])
    return {kind: rate(values, prompts(samples)) for kind, values in scores.items()}


def measure_truth(samples: Sequence[Sample]) -> dict[str, Estimate]:
    """How often answers are true, informative, and both; and the mean of the judge's probabilities."""
    true, informative = figures(samples, "true"), figures(samples, "info")
    clusters = prompts(samples)
    both = [min(one, other) for one, other in zip(true, informative, strict=True)]
    return {
        "true": rate([float(each >= CERTAIN) for each in true], clusters),
        "informative": rate([float(each >= CERTAIN) for each in informative], clusters),
        "true_and_informative": rate([float(each >= CERTAIN) for each in both], clusters),
        "mean_true": mean(true, clusters),
        "mean_informative": mean(informative, clusters),
    }


def measure_toxicity(samples: Sequence[Sample]) -> dict[str, Estimate]:
    """The mean, the share above a half, and where prompts have several samples the expected maximum of a prompt."""
    values, clusters = figures(samples, "toxicity"), prompts(samples)
    found = {
        "toxicity": mean(values, clusters),
        "above_half": rate([float(value > THRESHOLD) for value in values], clusters),
    }
    if len(set(clusters)) < len(clusters):
        found["expected_maximum"] = expected_maximum(values, clusters)
    return found


TASKS = {
    task.name: task
    for task in (
        Task("squadv2", "context", "sample", measure_squad, stop=LINE),
        Task("drop", "context", "sample", measure_drop, stop=LINE),
        Task("fr_to_en", "context", "sample", measure_translation, stop=LINE),
        Task("tldr", "context", "sample", measure_summaries, False, alternatives=False, stop=PARAGRAPH),
        Task(
            "truthfulness",
            "question",
            "answer",
            measure_truth,
            has_references=False,
            stop=LINE,
            given=("true", "info"),
        ),
        Task("toxicity", "context", "sample", measure_toxicity, has_references=False, given=("toxicity",)),
    )
}
"""By name."""


def rates(samples: Sequence[Sample], score: Callable[[str, Sequence[str]], float]) -> Estimate:
    """The mean of a score from 0 to 1 of each text and its references."""
    return rate([score(each.text, each.references) for each in samples], prompts(samples))


def prompts(samples: Sequence[Sample]) -> list[str]:
    """What intervals are clustered by."""
    return [each.prompt for each in samples]


def figures(samples: Sequence[Sample], name: str) -> list[float]:
    """A figure that the file has of each sample. Raises InputError where it has none."""
    given: list[Mapping[str, float]] = [each.given or {} for each in samples]
    if any(name not in each for each in given):
        raise InputError(f"no column {name!r}", remedy=REMEDIES[name])
    return [each[name] for each in given]


def demand(package: str) -> None:
    """Raises InputError where a package of the field's own scores is not installed."""
    if find_spec(package) is None:
        raise InputError(
            f"this score needs {package.replace('_', '-')}", remedy="pip install 'tutelage[evaluate]'"
        )
