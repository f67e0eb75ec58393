"""Brainstorming: synonyms, members of a category, animals with a property, with counts and orders as constraints."""

import random

from tutelage.mini.lexicon import ANIMALS, CATEGORIES, NUMBERS, SYNONYMS
from tutelage.mini.tasks.task import ListAnswer, Order, Task
from tutelage.schema import UseCase

TALK_PROMPT = "Find five synonyms for delight and sort them by their length."

_ORDERS: dict[Order, tuple[str, ...]] = {
    "length": ("and sort them by their length", "sorted by their length"),
    "alphabet": ("in alphabetical order", "and sort them by the alphabet"),
}
_ABILITIES = ("fly", "swim", "jump", "climb", "dig", "run")
_HOMES = ("forest", "river", "meadow", "sea", "farm", "garden", "savanna")


def _constraint(rng: random.Random, most: int, orders: tuple[Order | None, ...]) -> tuple[int, Order | None]:
    return rng.randint(2, most), rng.choice(orders)


def _ordered(instruction: str, order: Order | None, rng: random.Random) -> str:
    return f"{instruction} {rng.choice(_ORDERS[order])}." if order else f"{instruction}."


def synonyms(rng: random.Random) -> Task:
    head = rng.choice(tuple(SYNONYMS))
    count, order = _constraint(rng, 5, (None, "length", "length"))
    verb = rng.choice(("Find", "List", "Give me"))
    others = tuple(
        word for key, words in SYNONYMS.items() if key != head for word in words if word not in SYNONYMS[head]
    )
    return Task(
        UseCase.brainstorming,
        "synonyms",
        (head, order or "any"),
        _ordered(f"{verb} {NUMBERS[count]} synonyms for {head}", order, rng),
        ListAnswer(SYNONYMS[head], (*others, head), count, order),
    )


def talk_prompt() -> Task:
    """The prompt of the talk that made the method known, as a task of this world."""
    rng = random.Random(0)
    while True:
        task = synonyms(rng)
        if task.instruction == TALK_PROMPT:
            return task


def members(rng: random.Random) -> Task:
    category = rng.choice(tuple(CATEGORIES))
    count, order = _constraint(rng, 5, (None, None, "alphabet", "length"))
    others = tuple(
        w
        for key, words in CATEGORIES.items()
        if key != category
        for w in words
        if w not in CATEGORIES[category]
    )
    verb = rng.choice(("Name", "List", "Give me"))
    return Task(
        UseCase.brainstorming,
        "members",
        (category, NUMBERS[count], order or "any"),
        _ordered(f"{verb} {NUMBERS[count]} {category}", order, rng),
        ListAnswer(CATEGORIES[category], others, count, order),
    )


def animals(rng: random.Random) -> Task:
    if rng.random() < 0.5:
        what = rng.choice(_ABILITIES)
        phrase, fits = f"that can {what}", tuple(a.name for a in ANIMALS.values() if what in a.skills)
    else:
        what = rng.choice(_HOMES)
        phrase, fits = f"that live in the {what}", tuple(a.name for a in ANIMALS.values() if a.home == what)
    count = rng.randint(2, min(4, len(fits) - 1))
    verb = rng.choice(("Name", "List"))
    return Task(
        UseCase.brainstorming,
        "animals",
        (what, NUMBERS[count]),
        f"{verb} {NUMBERS[count]} animals {phrase}.",
        ListAnswer(fits, tuple(name for name in ANIMALS if name not in fits), count),
    )
