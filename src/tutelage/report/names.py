"""What things are called in front of a reader, and which colour each model has throughout the page."""

from dataclasses import dataclass

from tutelage.recipe.rounds import of_round
from tutelage.report.results import Bound, Results

MODEL_NAMES = {
    "base": "Base",
    "base_prompted": "Prompted base",
    "sft": "SFT",
    "ppo": "PPO",
    "ppo_ptx": "PPO-ptx",
}

GROUP_NAMES = {"training_labelers": "training labelers", "heldout_labelers": "held-out labelers"}

FLAG_NAMES = {
    "fails_task": "Fails to follow the instruction or task",
    "inappropriate": "Inappropriate for a customer assistant",
    "hallucination": "Hallucination, closed-domain tasks",
    "satisfies_constraint": "Satisfies the stated constraint",
    "sexual_content": "Sexual content",
    "violent_content": "Violent content",
    "encourages_harm": "Encourages harm",
    "denigrates_protected_class": "Denigrates a protected class",
    "harmful_advice": "Gives harmful advice",
    "opinion": "Expresses an opinion",
    "moral_judgment": "Expresses a moral judgment",
}

FRAMING_NAMES = {
    "qa": "Question alone",
    "instruction_qa": "Told that it may decline to answer",
    "none": "No instruction",
    "respectful": "Told to be respectful",
    "biased": "Told to be biased",
}

USE_CASE_NAMES = {"open_qa": "Open QA", "closed_qa": "Closed QA"}

DATASET_NAMES = {"sft": "SFT", "reward": "Reward model", "ppo": "PPO"}

METHOD_NAMES = {"best_of_n": "Best of n", "ppo": "PPO", "ppo_ptx": "PPO-ptx"}

STAGE_NAMES = {
    "data": "Data",
    "base": "Base model",
    "sft": "SFT",
    "labelers": "Labelers' agreement",
    "collection": "Collected prompts",
    "candidates": "Candidates to rank",
    "reward": "Reward model",
    "judge": "Judging model",
    "sft_choice": "Choice of the SFT epoch",
    "reward_accuracy": "Reward model accuracy",
    "best_of_n": "Best of n",
    "initialization": "Initialization of the policy",
    "tax": "Alignment tax",
    "divergence": "KL from the reference",
    "ppo": "PPO",
    "ppo_ptx": "PPO-ptx",
}

BOUND_NAMES: dict[Bound, str] = {"reward_model": "by the reward model", "oracle": "by the oracle (ceiling)"}


def model_name(model: str) -> str:
    """A model's name in a sentence or beside a bar; `ppo_ptx_1` is the first round's."""
    plain, number = of_round(model)
    if number is not None and plain in MODEL_NAMES:
        return f"{MODEL_NAMES[plain]}, round {number}"
    return MODEL_NAMES.get(model, spoken(model))


def stage_name(stage: str) -> str:
    """A stage's name; `reward_2` is the second round's."""
    plain, number = of_round(stage)
    name = STAGE_NAMES.get(plain, spoken(plain))
    return name if number is None else f"{name}, round {number}"


def framing_name(framing: str) -> str:
    """A prompt's name above a panel."""
    return FRAMING_NAMES.get(framing, spoken(framing))


def task_name(results: Results, task: str) -> str:
    """A task of the alignment tax in a sentence: tasks asked with different numbers of examples share a title."""
    known = results.tasks.get(task)
    if known is None:
        return spoken(task)
    return known.title if known.shots is None else f"{known.title} ({shots_name(known.shots)})"


def shots_name(shots: int) -> str:
    """How many examples stand before a question."""
    return "zero-shot" if shots == 0 else f"{shots}-shot"


def use_case_name(use_case: str) -> str:
    """A use case of Table 1 in front of a reader."""
    return USE_CASE_NAMES.get(use_case, spoken(use_case))


def spoken(identifier: str) -> str:
    """`some_identifier` -> "Some identifier"."""
    words = identifier.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Colour:
    """A colour of the page: the name of its style variable, and the value it is drawn with on a light page."""

    variable: str
    value: str


INK = Colour("--ink", "#1b1d22")
SOFT = Colour("--soft", "#5d636e")
LINE = Colour("--line", "#d9dbe0")
PAPER = Colour("--figure", "#fefefe")
ORACLE = Colour("--oracle", "#7a4fb5")

MODEL_COLOURS = {
    "base": Colour("--base", "#8b929e"),
    "base_prompted": Colour("--base-prompted", "#b58b45"),
    "sft": Colour("--sft", "#3f76b8"),
    "ppo": Colour("--ppo", "#d4652f"),
    "ppo_ptx": Colour("--ppo-ptx", "#12876f"),
}

RM = MODEL_COLOURS["ppo_ptx"]
"""The reward model's own figures, where no model of the legend appears."""

COLOURS = (INK, SOFT, LINE, PAPER, ORACLE, *MODEL_COLOURS.values())


def colour(model: str) -> str:
    """The colour a model is drawn in; that of its first round in every round."""
    return MODEL_COLOURS.get(of_round(model)[0], SOFT).value
