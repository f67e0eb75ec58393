"""A dataset out of the store: records of one sort and purpose, without what was withdrawn, as a file."""

import os
from dataclasses import dataclass
from enum import StrEnum

from tutelage.data.files import write_demonstrations, write_prompts, write_rankings, write_ratings
from tutelage.schema import Demonstration, InputError, Purpose, Split, suggestion
from tutelage.store import View


@dataclass(frozen=True)
class Imitated:
    """A model's completions as demonstrations."""

    demonstrations: list[Demonstration]
    left_out: int
    """Completions that were cut at the longest length, which would teach not to end, or that say nothing."""


class Records(StrEnum):
    """What a file holds."""

    prompts = "prompts"
    demonstrations = "demonstrations"
    rankings = "rankings"
    ratings = "ratings"


def imitated(view: View, source: str, batch: str | None = None, split: Split | None = None) -> Imitated:
    """What a model wrote, as demonstrations to learn from.

    Raises InputError where there is nothing of a model of that name.
    """
    completions = view.completions(batch=batch, split=split, source=source)
    whole = [each for each in completions if each.text.strip() and each.finish_reason != "length"]
    if not completions:
        known = sorted({each.source for each in view.completions(batch=batch, split=split)})
        remedy = suggestion(source, known) if known else "sample some first"
        raise InputError(f"there are no completions of {source!r}", remedy=remedy)
    if not whole:
        raise InputError(f"all completions of {source!r} are cut or empty", remedy="sample longer ones")
    demonstrations = [Demonstration(prompt=each.prompt, completion=each.text) for each in whole]
    return Imitated(demonstrations, len(completions) - len(whole))


def write_dataset(
    path: str | os.PathLike[str],
    view: View,
    records: Records,
    purpose: Purpose,
    batch: str | None = None,
    split: Split | None = None,
) -> int:
    """Write a file of one sort of records, in the format that its name's ending says; returns how many.

    Prompts say no purpose. Raises InputError for an ending of no known format.
    """
    match records:
        case Records.prompts:
            prompts = view.prompts(split=split, batch=batch)
            write_prompts(path, prompts)
            return len(prompts)
        case Records.demonstrations:
            demonstrations = view.demonstrations(split=split, batch=batch, purpose=purpose)
            write_demonstrations(path, demonstrations)
            return len(demonstrations)
        case Records.rankings:
            rankings = view.rankings(split=split, batch=batch, purpose=purpose)
            write_rankings(path, rankings)
            return len(rankings)
        case Records.ratings:
            ratings = view.ratings(split=split, batch=batch, purpose=purpose)
            write_ratings(path, ratings)
            return len(ratings)
