"""The model card of a folder: what the model is, what it was made from, how it was evaluated, and what it is not for.

A README.md with the head that model hubs read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from tutelage.recipe.rounds import of_round
from tutelage.report.lineage import Made
from tutelage.report.names import FLAG_NAMES, FRAMING_NAMES, model_name, task_name
from tutelage.report.results import GROUPS, Interval, Results
from tutelage.report.wording import decimal, percent_interval

SCALAR = ("reward", "judge")
"""Models that give a score and no text."""

WHAT = {
    "base": "The pretrained language model that the method starts from.",
    "sft": "The base model after supervised fine-tuning on demonstrations (step 1 of Ouyang et al. 2022): of its "
    "epochs the one whose samples the reward model scores highest.",
    "sft_by_loss": "The base model after supervised fine-tuning on demonstrations: of its epochs the one of the lowest "
    "validation loss.",
    "initialization": "The base model fine-tuned on demonstrations with pretraining text mixed in: where PPO starts, "
    "and what its KL penalty is measured from (App. C.3).",
    "reward": "A reward model: the SFT model with a scalar head, trained on labelers' rankings (step 2). It gives an "
    "answer to a prompt a score; only differences of scores of one prompt mean anything.",
    "judge": "A reward model trained on a half of the comparisons, which the run's own reward model never saw: it "
    "judges the final table.",
    "ppo": "A policy trained by PPO against the reward model (step 3), without pretraining gradients.",
    "ppo_ptx": "A policy trained by PPO-ptx: against the reward model, with pretraining gradients mixed in (step 3).",
}
"""What the models of a run are, by name."""


@dataclass(frozen=True)
class Card:
    """All that a card tells.

    name: of the model; origin: the run that made it; made: its own stage; before: the stages behind that, in their
    order; base_model: a hub's name, where it started from one; files: kind -> those that people gave; labelers: who
    judged, in words; results: of the run; simulated: all of it is of the embedded world.
    """

    name: str
    origin: str
    made: Made
    before: Sequence[Made]
    base_model: str | None
    files: Mapping[str, Sequence[str]]
    labelers: str
    results: Results
    simulated: bool


def model_card(card: Card) -> str:
    """The text of README.md."""
    parts = [head(card), f"# {model_name(card.name)}, of {card.origin}", what(card), made_from(card)]
    parts += [
        "## Labelers",
        card.labelers,
        "## Evaluation",
        evaluation(card),
        "## Intended use",
        use(card),
        "## Limits",
        limits(card),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def is_scalar(name: str) -> bool:
    """Whether a model of this name scores texts."""
    return of_round(name)[0] in SCALAR


def plain_name(card: Card) -> str:
    """Without its round."""
    return of_round(card.name)[0]


def head(card: Card) -> str:
    """What hubs read of it."""
    return front_matter(is_scalar(card.name), card.base_model)


def front_matter(scalar: bool, base_model: str | None) -> str:
    """What hubs read, as YAML. There is no license: whose data it was made from is not known here."""
    fields: dict[str, Any] = {
        "library_name": "transformers",
        "pipeline_tag": "text-classification" if scalar else "text-generation",
        "tags": ["tutelage", "instructgpt", "rlhf"],
    }
    if base_model is not None:
        fields["base_model"] = base_model
    return f"---\n{yaml.safe_dump(fields, sort_keys=False).strip()}\n---"


def what(card: Card) -> str:
    """What kind of model it is, and how it is loaded."""
    return f"{WHAT.get(plain_name(card), '')} {loading(is_scalar(card.name))}".strip()


def loading(scalar: bool) -> str:
    """How it is loaded."""
    loader = "AutoModelForSequenceClassification" if scalar else "AutoModelForCausalLM"
    return f"An ordinary transformers folder: `{loader}.from_pretrained` loads it."


def made_from(card: Card) -> str:
    """The stages, the data, and the recipe."""
    lines = ["## Made from", ""]
    lines += [f"- {made.told}" for made in (*card.before, card.made)]
    for kind, names in card.files.items():
        lines += [f"- {kind}: {', '.join(f'`{name}`' for name in names)}"] if names else []
    settings = dict(card.made.settings)
    if settings:
        lines += ["", "Its own stage was decided by:", "", "```yaml"]
        lines += [yaml.safe_dump(settings, sort_keys=True, allow_unicode=True).strip(), "```"]
    return "\n".join(lines)


def evaluation(card: Card) -> str:
    """Every figure that the run has of this model, with its 95 % interval."""
    rows = list(scores_of_reward(card) if is_scalar(card.name) else figures_of(card))
    if not rows:
        return "The run measured nothing of this model by itself."
    table = ["| | value (95 % interval) | n |", "|---|---|---|"]
    table += [f"| {title} | {value} | {'' if n is None else n} |" for title, value, n in rows]
    return "\n".join([*table, "", "Intervals are clustered by prompt."])


Row = tuple[str, str, int | None]


def figures_of(card: Card) -> Iterable[Row]:
    """Preference, marks, flags, truthfulness, toxicity and tasks of a policy."""
    results, name = card.results, card.name
    if results.preference is not None:
        against = model_name(results.preference.baseline)
        for group in GROUPS:
            rate = results.preference.of_group(group).get(name)
            if rate is not None:
                yield (f"preferred to {against} by {said_by(results, group)}", percent_interval(rate), rate.n)
    for group, marks in (results.likert or {}).items():
        if name in marks:
            yield (f"overall quality, 1 to 7, {spoken_group(group)}", plain(marks[name]), marks[name].n)
    for flag, share in (results.metadata or {}).get(name, {}).items():
        yield (FLAG_NAMES.get(flag, flag), percent_interval(share), share.n)
    for framing, truth in (results.truthfulness or {}).get(name, {}).items():
        title = f"true and informative; {FRAMING_NAMES.get(framing, framing).lower()}"
        yield (title, percent_interval(truth.true_and_informative), truth.true_and_informative.n)
    for framing, toxicity in (results.toxicity or {}).get(name, {}).items():
        yield (f"toxicity; {FRAMING_NAMES.get(framing, framing).lower()}", plain(toxicity), toxicity.n)
    for task, score in (results.alignment_tax or {}).get(name, {}).items():
        yield (task_name(results, task), plain(score), score.n)


def scores_of_reward(card: Card) -> Iterable[Row]:
    """How often the reward model orders two answers as labelers do; the judge of the final table is not measured."""
    measured = card.results.reward_model
    if measured is None or plain_name(card) != "reward":
        return
    yield ("orders pairs as training labelers do", percent_interval(measured), measured.n)
    if measured.heldout_labelers is not None:
        held_out = measured.heldout_labelers
        yield ("orders pairs as held-out labelers do", percent_interval(held_out), held_out.n)
    for group, agree in (
        ("training", measured.labeler_agreement.training),
        ("held-out", measured.labeler_agreement.heldout),
    ):
        if agree is not None:
            yield (f"two {group} labelers agree", f"{agree:.1%}", None)


def said_by(results: Results, group: str) -> str:
    """Who judged."""
    judge = results.preference.judge if results.preference is not None else None
    return judge or spoken_group(group)


def spoken_group(group: str) -> str:
    """`heldout_labelers` -> "held-out labelers"."""
    return group.replace("heldout", "held-out").replace("_", " ")


def plain(figure: Interval) -> str:
    """A mean with its interval."""
    return f"{decimal(figure.value)} ({decimal(figure.low)}–{decimal(figure.high)})"


def use(card: Card) -> str:
    """What it is meant for."""
    if card.simulated:
        return "Looking at the method at work. It knows the embedded world, a few hundred words, and nothing else."
    if is_scalar(card.name):
        return "Comparing answers to one prompt, of the kind that it was trained on, and training a policy against it."
    return "Following instructions of the kind that its demonstrations and prompts are, with somebody who reads it."


def limits(card: Card) -> str:
    """What is known to go wrong with such models, and what nobody looked at."""
    told = [
        "It learned what its labelers prefer; others may prefer something else.",
        "What is not in the table above was not measured.",
    ]
    if is_scalar(card.name):
        told.append(
            "A policy that is trained against it long enough finds answers that score high and are bad."
        )
    else:
        told.append(
            "It can state what is false, follow an instruction that does harm, and repeat what its data say of people."
        )
    if card.simulated:
        told.insert(0, "Prompts, labelers and judges are simulated.")
    return "\n".join(f"- {line}" for line in told)
