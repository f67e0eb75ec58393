"""A dataset out of the store: records of one sort and purpose, without what was withdrawn, as a file."""

import os
from enum import StrEnum

from tutelage.data.files import write_demonstrations, write_prompts, write_rankings, write_ratings
from tutelage.schema import Purpose, Split
from tutelage.store import View


class Records(StrEnum):
    """What a file holds."""

    prompts = "prompts"
    demonstrations = "demonstrations"
    rankings = "rankings"
    ratings = "ratings"


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
