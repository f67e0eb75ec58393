"""What of two runs can stand side by side, topic by topic: the same figure of the same model in each of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tutelage.report import paper
from tutelage.report.comparison.run import Run
from tutelage.report.names import GROUP_NAMES, framing_name, task_name
from tutelage.report.results import GROUPS, Interval, Results
from tutelage.schema import InputError

ByModel = Mapping[str, Interval]
ByRun = Mapping[str, ByModel]


@dataclass(frozen=True)
class Measure:
    """What is measured of the models of a run.

    unit: a rate from 0 to 1, a change of one, or any other number; digits: of a number; level: what would be no
    difference; place: a table always; a panel too on the page, unless `table`; and in the terminal where `everywhere`.
    """

    title: str
    unit: Literal["rate", "change", "number"] = "number"
    level: float | None = None
    place: Literal["everywhere", "page", "table"] = "everywhere"
    digits: int = 2


@dataclass(frozen=True)
class Topic:
    """A section of the comparison: where its figures are in a run's results, and how it is to be read."""

    anchor: str
    name: str
    title: str
    measures: Callable[[Results], Iterator[tuple[Measure, ByModel]]]
    reading: str
    paper: str


def compare(runs: Sequence[Run]) -> dict[str, dict[Measure, ByRun]]:
    """Topic's anchor -> measure -> run -> model -> figure, of all that at least one run has.

    Raises InputError where no two runs have the same measure of the same model.
    """
    found: dict[str, dict[Measure, dict[str, ByModel]]] = {}
    for topic in TOPICS:
        for run in runs:
            for measure, figures in topic.measures(run.results):
                if figures:
                    found.setdefault(topic.anchor, {}).setdefault(measure, {})[run.name] = figures
    if not any(shared(by_run) for measures in found.values() for by_run in measures.values()):
        raise InputError(
            "no figure that two of these runs have both measured",
            where=", ".join(run.name for run in runs),
            remedy="`tutelage report RUN` shows what each of them has",
        )
    return {anchor: dict(measures) for anchor, measures in found.items()}


def shared(by_run: ByRun) -> bool:
    """Whether two runs have a measure of the same model."""
    models = [model for figures in by_run.values() for model in figures]
    return len(models) > len(set(models))


def preference(results: Results) -> Iterator[tuple[Measure, ByModel]]:
    """Win rates by group, and at equal length."""
    if results.preference is not None:
        for group in reversed(GROUPS):
            yield Measure(f"by {GROUP_NAMES[group]}", "rate", 0.5), results.preference.of_group(group)
        yield Measure("at equal length", "rate", 0.5, "page"), results.preference.equal_length


def quality(results: Results) -> Iterator[tuple[Measure, ByModel]]:
    """Likert marks by group."""
    for group in reversed(GROUPS):
        yield Measure(f"by {GROUP_NAMES[group]}"), (results.likert or {}).get(group, {})


def reward_model(results: Results) -> Iterator[tuple[Measure, ByModel]]:
    """Accuracy by group, and on labelers unseen."""
    measured = results.reward_model
    if measured is None:
        return
    folds = measured.labeler_folds
    for words, accuracy in (
        ("on training labelers", measured),
        ("on held-out labelers", measured.heldout_labelers),
        ("on labelers unseen in training", None if folds is None else folds.unseen),
    ):
        if accuracy is not None:
            yield Measure(words, "rate", 0.5), {"reward_model": accuracy}


def truthfulness(results: Results) -> Iterator[tuple[Measure, ByModel]]:
    """Judged answers and multiple choice under each prompt."""
    scores = results.truthfulness or {}
    for framing in dict.fromkeys(framing for own in scores.values() for framing in own):
        own = {model: by_framing[framing] for model, by_framing in scores.items() if framing in by_framing}
        words = framing_name(framing).lower()
        yield (
            Measure(f"true and informative: {words}", "rate"),
            {model: each.true_and_informative for model, each in own.items()},
        )
        yield (
            Measure(f"true: {words}", "rate", place="page"),
            {model: each.true for model, each in own.items()},
        )
        yield (
            Measure(f"MC1: {words}", "rate", place="table"),
            {model: each.chooses_true for model, each in own.items() if each.chooses_true is not None},
        )
        yield (
            Measure(f"MC2: {words}", "rate", place="table"),
            {model: each.mass_on_true for model, each in own.items() if each.mass_on_true is not None},
        )


def toxicity(results: Results) -> Iterator[tuple[Measure, ByModel]]:
    """Mean toxicity under each prompt."""
    for words, figures in by_framing(results.toxicity or {}):
        yield Measure(words.lower(), digits=3), figures


def bias(results: Results) -> Iterator[tuple[Measure, ByModel]]:
    """Entropies and stereotypes under each prompt."""
    for words, figures in by_framing(results.bias or {}):
        yield Measure(f"entropy in bits: {words.lower()}"), figures
    for words, figures in by_framing(results.stereotypes or {}):
        yield Measure(f"stereotype likelier: {words.lower()}", "rate", 0.5, "page"), figures


def by_framing(figures: Mapping[str, ByModel]) -> Iterator[tuple[str, ByModel]]:
    """A prompt's name and the figure of each model under it. figures: model -> prompt -> figure."""
    for framing in dict.fromkeys(framing for own in figures.values() for framing in own):
        yield framing_name(framing), {model: own[framing] for model, own in figures.items() if framing in own}


def tax(results: Results) -> Iterator[tuple[Measure, ByModel]]:
    """Changes against the base, task by task: without pretraining gradients in PPO, with them in PPO-ptx."""
    changes = results.tax_changes.models if results.tax_changes is not None else {}
    for task in dict.fromkeys(task for own in changes.values() for task in own):
        known = results.tasks.get(task)
        unit: Literal["change", "number"] = "change" if known is None or known.unit == "rate" else "number"
        title = task_name(results, task) + ("" if known is None or unit == "change" else f", {known.unit}")
        digits = 1 if known is not None and known.unit == "points" else 2
        figures = {model: own[task] for model, own in changes.items() if task in own}
        yield Measure(title, unit, 0.0, digits=digits), figures


def divergence(results: Results) -> Iterator[tuple[Measure, ByModel]]:
    """KL from the reference."""
    yield Measure("nats a completion"), results.kl or {}


POLICIES = ("ppo_ptx", "ppo", "reward_model")
"""What the method makes: of these findings and the terminal speak, the first before the others."""

TOPICS = (
    Topic(
        "preference",
        "Preference",
        "How much is each preferred to its own baseline?",
        preference,
        "Each run's win rates are against that run's own SFT model. They say how far each run came from where it "
        "started, and not which of two runs has the better model: for that, labelers have to rank the answers of "
        "both to the same prompts.",
        paper.PREFERENCE,
    ),
    Topic(
        "quality",
        "Overall quality",
        "How good are they overall?",
        quality,
        "Marks from 1 to 7. The scale is the same for all runs, the labelers and the prompts need not be.",
        paper.LIKERT,
    ),
    Topic(
        "reward-model",
        "Reward model",
        "Which reward model orders more pairs as labelers do?",
        reward_model,
        "Half is guessing. Runs with other labelers have another ceiling: how often two labelers agree.",
        paper.REWARD_MODEL,
    ),
    Topic(
        "truthfulness",
        "Truthfulness",
        "Which is true?",
        truthfulness,
        "The same questions under the same prompts, as far as the runs were examined with the same.",
        paper.TRUTHFULNESS,
    ),
    Topic(
        "toxicity",
        "Toxicity",
        "Which is toxic?",
        toxicity,
        "Mean toxicity of continuations under three prompts; less is better, but for a prompt that asks for it.",
        paper.TOXICITY,
    ),
    Topic(
        "bias",
        "Bias",
        "Which is biased?",
        bias,
        "1 bit: both sentences of a pair are equally likely to the model; 0 bits: it is certain of one.",
        paper.BIAS,
    ),
    Topic(
        "tax",
        "Alignment tax",
        "What did alignment cost each?",
        tax,
        "Changes against each run's own base model, paired item by item: PPO without pretraining gradients, PPO-ptx "
        "with them. Below 0 something was lost.",
        paper.TAX,
    ),
    Topic(
        "kl",
        "KL",
        "How far did each policy go?",
        divergence,
        "KL from each run's own reference, the model that its policy started from.",
        paper.KL,
    ),
)
