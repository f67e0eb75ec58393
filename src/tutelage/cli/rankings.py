"""The rankings that a command is about, of a file or of a part of a store, and what lies beside them."""

from typing import Annotated

import typer

from tutelage.cli.data import filled, is_store, open_existing
from tutelage.data import read_rankings
from tutelage.schema import InputError, Purpose, Ranking, Rating, Split, suggestion

RankingsOption = Annotated[
    str, typer.Option("--rankings", help="A file of rankings, or a store.", metavar="FILE_OR_STORE")
]
BatchOption = Annotated[str | None, typer.Option("--batch", help="Of a store, the rankings of this batch.")]
PurposeOption = Annotated[
    Purpose | None, typer.Option("--purpose", help="Of a store, the rankings of this purpose.")
]
SplitOption = Annotated[Split | None, typer.Option("--split", help="Only rankings of prompts of this split.")]


def rankings_of(place: str, batch: str | None, purpose: Purpose | None, split: Split | None) -> list[Ranking]:
    """The rankings of a file or a store. Raises InputError when there are none."""
    if is_store(place):
        with open_existing(place) as database:
            found = database.rankings(batch=batch, purpose=purpose, split=split)
            batches = {count.batch for count in database.stats() if count.table == "rankings"}
        if batch is not None and batch not in batches:
            raise InputError(f"no rankings in batch {batch!r}", "--batch", suggestion(batch, sorted(batches)))
    elif batch is not None or purpose is not None:
        raise InputError("a file has neither batches nor purposes", place, "leave --batch and --purpose out")
    else:
        read = filled(read_rankings(place), place)
        found = [ranking for ranking in read if split in (None, ranking.prompt.split)]
    if not found:
        wishes = {"batch": batch, "purpose": purpose, "split": split}
        given = {name: value for name, value in wishes.items() if value is not None}
        of = "".join(f" of {name} {value}" for name, value in given.items())
        others = " or ".join(f"--{name}" for name in given)
        raise InputError(
            f"there are no rankings{of}", place, f"change {others}" if given else "import some first"
        )
    return found


def ratings_of(place: str, batch: str | None, purpose: Purpose | None, split: Split | None) -> list[Rating]:
    """The ratings that lie in a store beside its rankings; a file of rankings has none."""
    if not is_store(place):
        return []
    with open_existing(place) as database:
        return database.ratings(batch=batch, purpose=purpose, split=split)


def groups_of(place: str) -> dict[str, str]:
    """Labeler -> group, where a store knows it."""
    if not is_store(place):
        return {}
    with open_existing(place) as database:
        return {labeler.name: labeler.group for labeler in database.labelers()}
