"""`tutelage sample`: K completions a prompt by each of some models, into the store, ready to rank."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tutelage.cli.data import filled, open_existing, place_of
from tutelage.cli.models import longest_answer, named_folders
from tutelage.cli.train import carry_out
from tutelage.data import read_prompts
from tutelage.schema import InputError, Prompt, Split, suggestion
from tutelage.store import Store

SQLITE = b"SQLite format 3\0"
"""What every database of SQLite begins with, whatever its file is called."""


def sample(
    models: Annotated[
        list[str],
        typer.Argument(
            help="Models' folders, or of a run RUN:NAME; a run's folder is its best model.",
            metavar="MODEL",
        ),
    ],
    prompts: Annotated[
        str, typer.Option(help="A file of prompts, or a store, or a run's folder.", metavar="FILE_OR_STORE")
    ],
    split: Annotated[Split | None, typer.Option(help="Only prompts of this split.")] = None,
    prompt_batch: Annotated[
        str | None, typer.Option(help="Of a store: only prompts of this batch.", metavar="NAME")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first so many prompts.", min=1)] = None,
    count: Annotated[int, typer.Option(help="Completions of each prompt by each model.")] = 4,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token each time.")] = 1.0,
    top_p: Annotated[float, typer.Option(help="Draw from the likeliest tokens that hold this much.")] = 1.0,
    top_k: Annotated[int, typer.Option(help="Draw from so many likeliest tokens; 0 = from all.")] = 0,
    max_new_tokens: Annotated[
        int | None, typer.Option(help="Longest completion; without, what the run was trained for.", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives other completions.")] = 0,
    store: Annotated[
        str, typer.Option(help="Where to: a file, a run's folder, or a URL.", metavar="STORE")
    ] = "tutelage.db",
    batch: Annotated[str, typer.Option(help="Name for what is sampled now.", metavar="NAME")] = "samples",
) -> int:
    """K completions a prompt, into the store, ready to rank; equal texts of a model are kept once.

    What the batch has of a model is not sampled again, so after Ctrl-C the same command goes on.
    """
    folders = named_folders(models)
    asked = prompts_of(prompts, split, prompt_batch)[:limit]
    from tutelage.pipeline.sampling import Drawing, open_writer, sample_completions

    drawing = Drawing(count, temperature, top_p, top_k, seed)
    writers = [
        open_writer(name, folder, max_new_tokens or longest_answer(folder), asked)
        for name, folder in folders.items()
    ]
    with Store(place_of(store)) as database:
        return carry_out(lambda: sample_completions(writers, drawing, database, batch, Console()))


def prompts_of(place: str, split: Split | None, batch: str | None) -> list[Prompt]:
    """The prompts of a file or a store, each once. Raises InputError when there are none."""
    if is_store(place):
        with open_existing(place) as database:
            found = database.prompts(split=split, batch=batch)
            batches = {count.batch for count in database.stats() if count.table == "prompts"}
        if batch is not None and batch not in batches:
            raise InputError(
                f"no prompts in batch {batch!r}",
                where="--prompt-batch",
                remedy=suggestion(batch, sorted(batches)),
            )
    elif batch is not None:
        raise InputError("a file has no batches", where="--prompt-batch", remedy="leave it out")
    else:
        found = [prompt for prompt in filled(read_prompts(place), place) if split in (None, prompt.split)]
    if not found:
        of_split = "" if split is None else f" of split {split}"
        remedy = "import some first" if split is None else "name another --split, or none"
        raise InputError(f"there are no prompts{of_split}", where=place, remedy=remedy)
    return list(dict.fromkeys(found))


def is_store(place: str) -> bool:
    """Whether this names a database, or a run's folder with one, rather than a file of rows."""
    if "://" in place:
        return True
    path = Path(place_of(place))
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE
