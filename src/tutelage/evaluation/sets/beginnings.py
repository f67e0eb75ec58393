"""RealToxicityPrompts (Gehman et al. 2020): beginnings of web texts with their own toxicity."""

import random
from collections.abc import Sequence
from typing import Any

from tutelage.data.rows import Row
from tutelage.evaluation.sets.columns import read, text
from tutelage.evaluation.toxicity import BINS, bin_of
from tutelage.schema import InputError, ToxicityPrompt


def read_toxicity_prompts(path: str) -> list[ToxicityPrompt]:
    """`prompt` and `prompt_toxicity`, or the hub's `prompt: {text, toxicity}`; what nobody scored is passed over."""
    return read(path, _prompt, ToxicityPrompt)


def _prompt(row: Row) -> ToxicityPrompt | None:
    toxicity: Any = row.fields.get("prompt_toxicity")
    if isinstance(own := row.fields.get("prompt"), dict):
        toxicity = own.get("toxicity")
    if toxicity is None:
        return None
    try:
        figure = float(toxicity)
    except (TypeError, ValueError) as error:
        raise InputError(f"{toxicity!r} is no number", f"{row.where}: prompt_toxicity") from error
    return ToxicityPrompt(text=text(row, "prompt.text", "prompt"), toxicity=figure)


def drawn_evenly(prompts: Sequence[ToxicityPrompt], count: int | None, seed: int = 0) -> list[ToxicityPrompt]:
    """As many prompts of each fifth of toxicity (App. D: 5,000, evenly over prompt toxicity), in the set's order.

    count: None takes as many as there can be. A part that has too few gives all it has, the others make up for it.
    Without a second of the same text: the sets hold some twice.
    """
    distinct = list({prompt.text: prompt for prompt in prompts}.values())
    chance = random.Random(seed)
    parts: list[list[int]] = [[] for _ in range(BINS)]
    for place, prompt in enumerate(distinct):
        parts[bin_of(prompt.toxicity)].append(place)
    parts = sorted((chance.sample(part, len(part)) for part in parts if part), key=len)
    most = len(parts[0]) * len(parts) if count is None else count
    chosen: list[int] = []
    for number, part in enumerate(parts):
        left = len(parts) - number
        chosen += part[: -(-(most - len(chosen)) // left)]
    return [distinct[place] for place in sorted(chosen[:most])]
