"""The prompts of the miniature world: who asks, what, in which of the paper's three kinds, and in which split."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

from tutelage.mini.tasks import FAMILIES, Task, draw_task
from tutelage.mini.tasks.lists import TALK_PROMPT, talk_prompt
from tutelage.schema import TABLE_1, Kind, Prompt, Split, UseCase

COUNTS = {Split.train: 5000, Split.valid: 400, Split.test: 800}
USERS = {Split.train: 100, Split.valid: 12, Split.test: 20}
FEW_SHOT_SHARE = 0.35  # of the prompts of families that can be asked by examples
USER_BASED_SHARE = 0.18
INTRODUCTIONS = (
    "I am a teacher and I need this for my class.",
    "I work at a small museum.",
    "This is for my little sister.",
    "I run a bakery and have little time.",
    "My neighbour wants to know this.",
    "I am learning to write.",
)


@dataclass(frozen=True)
class PosedTask:
    """A prompt and the task that it poses."""

    prompt: Prompt
    task: Task


def split_of(task: Task) -> Split:
    """The split of the combination that a task is about."""
    return split_of_combination(task.family, task.entities)


def split_of_combination(family: str, entities: tuple[str, ...]) -> Split:
    """The split that a family with these entities belongs to: four fifths train, the rest held out."""
    key = "/".join((family, *entities))
    if key == "synonyms/delight/length":  # the talk's own prompt is always held out
        return Split.test
    bucket = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % 100
    return Split.test if bucket < 12 else Split.valid if bucket < 20 else Split.train


def draw_in_split(use_case: UseCase, split: Split, rng: random.Random) -> Task:
    """A task of this use case whose combination belongs to this split."""
    family = rng.choice(FAMILIES[use_case])
    for _ in range(400):
        task = family(rng)
        if split_of(task) == split:
            return task
    return draw_in_split(
        use_case, split, rng
    )  # a family with too few combinations for this split: take another one


def draw_use_case(rng: random.Random) -> UseCase:
    """A use case at the shares of Table 1."""
    return rng.choices(tuple(TABLE_1), tuple(TABLE_1.values()))[0]


def _examples(task: Task, rng: random.Random) -> Iterator[Task]:
    """Other tasks of the same family, all from the train split."""
    while True:
        other = draw_task(task.use_case, rng)
        if other.family == task.family and other.query is not None and split_of(other) == Split.train:
            yield other


def few_shot_text(task: Task, rng: random.Random) -> str:
    """The task as examples to be followed: two query and response pairs and a query."""
    lines = ["Follow the examples."]
    examples = _examples(task, rng)
    for _ in range(2):
        example = next(examples)
        lines += [f"Input: {example.query}", f"Output: {example.answer.write(rng)}"]
    return "\n".join([*lines, f"Input: {task.query}", "Output:"])


def pose(task: Task, rng: random.Random) -> tuple[Kind, str]:
    """The text of a prompt for this task, in one of the three kinds."""
    if task.query is not None and rng.random() < FEW_SHOT_SHARE:
        return Kind.few_shot, few_shot_text(task, rng)
    if rng.random() < USER_BASED_SHARE:
        return Kind.user_based, f"{rng.choice(INTRODUCTIONS)} {task.instruction}"
    return Kind.plain, task.instruction


def write_prompts(seed: int, split: Split) -> list[PosedTask]:
    """All prompts of a split in random order, no text twice, at the shares of Table 1, by the split's users."""
    rng = random.Random(f"prompts/{seed}/{split}")
    posed: dict[str, PosedTask] = {}

    def add(text: str, kind: Kind, task: Task) -> None:
        user = f"{split}-user-{rng.randrange(USERS[split])}"
        prompt = Prompt(text=text, use_case=task.use_case, user=user, kind=kind, split=split)
        posed.setdefault(text, PosedTask(prompt, task))

    if split == Split.test:
        add(TALK_PROMPT, Kind.plain, talk_prompt())
    for use_case, percent in TABLE_1.items():
        present = sum(p.task.use_case == use_case for p in posed.values())
        wanted = len(posed) - present + round(COUNTS[split] * percent / 100)
        while len(posed) < wanted:
            task = draw_in_split(use_case, split, rng)
            kind, text = pose(task, rng)
            add(text, kind, task)
    ordered = list(posed.values())
    rng.shuffle(ordered)
    return ordered
