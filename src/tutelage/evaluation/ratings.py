"""Ratings of all models' outputs (§3.6, Table 3): who gives them, and whose output each is of."""

import random
from collections.abc import Mapping, Sequence
from typing import Protocol

from tutelage.data.seeds import derive
from tutelage.schema import SAME_OUTPUT, Prompt, Rating


class Rater(Protocol):
    """The part of a labeler that rating needs."""

    def rate(self, prompt: Prompt, completion: str) -> Rating: ...


def rate_outputs(
    prompts: Sequence[Prompt],
    outputs: Mapping[str, Sequence[str]],
    raters: Sequence[Rater],
    *,
    seed: int,
    group: str,
) -> list[Rating]:
    """Each prompt is given to one of a group's raters, drawn by seed, who rates all models' outputs unnamed.

    outputs: model -> one completion a prompt, in the order of `prompts`.
    """
    ratings = []
    for row, prompt in enumerate(prompts):
        rater = random.Random(derive(seed, "rating", group, prompt.id)).choice(raters)
        for model, texts in outputs.items():
            ratings.append(rater.rate(prompt, texts[row]).model_copy(update={"source": model}))
    return ratings


def rated_apart(ratings: Sequence[Rating]) -> list[Rating]:
    """A rating for each source: an output that several models gave, `a = b`, is that of each; of none, of nobody."""
    return [
        rating.model_copy(update={"source": source})
        for rating in ratings
        if rating.source is not None
        for source in rating.source.split(SAME_OUTPUT)
    ]
