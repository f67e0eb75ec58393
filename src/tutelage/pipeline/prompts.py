"""The prompts of a run: the world's or the files', and those that later rounds were given of served models."""

import random
from collections.abc import Iterable, Sequence

from tutelage.data import derive
from tutelage.pipeline.workbench import Workbench
from tutelage.recipe.rounds import of_round
from tutelage.schema import Prompt, Split

COLLECTION = "collection"
"""The stage that takes a round's collected prompts; that of an earlier round has the round's number."""


def collections(names: Iterable[str]) -> list[str]:
    """The stages that took collected prompts, among these, in their order."""
    return [name for name in names if of_round(name)[0] == COLLECTION]


def training_prompts(bench: Workbench) -> list[Prompt]:
    """All of the train split, each text once."""
    stages = ["data", *collections(bench.identities)]
    found = bench.store.prompts(split=Split.train, batch=[bench.batch(stage) for stage in stages])
    return distinct(found)


def test_prompts(bench: Workbench) -> list[Prompt]:
    """Prompts of users nobody trained on: the test split, or the validation split where there is none.

    Of the source's prompts as many as the recipe asks for, and of the collected ones, which come after them, too.
    """
    recipe = bench.recipe
    return distinct(
        prompt
        for stages, purpose in ((["data"], "evaluation"), (collections(bench.identities), "collected"))
        for prompt in draw(held_out(bench, stages), recipe.evaluation.prompts, recipe.seed, purpose)
    )


def held_out(bench: Workbench, stages: Sequence[str]) -> list[Prompt]:
    """The test prompts of these stages, or their validation prompts where they have no other."""
    batch = [bench.batch(stage) for stage in stages]
    return bench.store.prompts(split=Split.test, batch=batch) or bench.store.prompts(
        split=Split.valid, batch=batch
    )


def collected_texts(bench: Workbench) -> set[str]:
    """The texts that came from served models alone, in this round or an earlier one."""
    batch = [bench.batch(stage) for stage in collections(bench.identities)]
    own = {prompt.text for prompt in bench.store.prompts(batch=bench.batch("data"))}
    return {prompt.text for prompt in bench.store.prompts(batch=batch)} - own


def distinct(prompts: Iterable[Prompt]) -> list[Prompt]:
    """The first prompt of each text."""
    found: dict[str, Prompt] = {}
    for prompt in prompts:
        found.setdefault(prompt.text, prompt)
    return list(found.values())


def draw(prompts: Sequence[Prompt], count: int | None, seed: int, purpose: str) -> list[Prompt]:
    """`count` of the prompts at random (all when None), always the same for a seed and a purpose."""
    shuffled = list(prompts)
    random.Random(derive(seed, "draw", purpose)).shuffle(shuffled)
    return shuffled if count is None else shuffled[:count]
