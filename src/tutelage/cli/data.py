"""`tutelage data`: records between files and the store."""

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from tutelage.data import (
    argilla,
    label_studio,
    read_demonstrations,
    read_prompts,
    read_rankings,
    read_ratings,
)
from tutelage.data.dataset import Records, write_dataset
from tutelage.schema import InputError, Prompt, Purpose, Ranking, Record, Split, suggestion
from tutelage.store import Store

R = TypeVar("R", bound=Record)

app = typer.Typer(help="Records between files and the store.", no_args_is_help=True, rich_markup_mode=None)


class Format(StrEnum):
    """In whose form a file holds it."""

    tutelage = "tutelage"
    argilla = "argilla"
    label_studio = "label-studio"


TOOLS = {Format.argilla: argilla, Format.label_studio: label_studio}

RecordsArgument = Annotated[Records, typer.Argument(help="What the file holds.")]
PurposeOption = Annotated[
    Purpose, typer.Option(help="What the judgments are for; only those for training are trained on.")
]
StoreOption = Annotated[
    str, typer.Option("--store", help="The database: a file, a run's folder, or a URL.", metavar="STORE")
]

SQLITE = b"SQLite format 3\0"
"""What every database of SQLite begins with, whatever its file is called."""

FILES_IN = "JSON Lines, also .gz, or Parquet; of another tool a JSON array (.json) or JSON Lines."
FILES_OUT = "Its ending says how: .jsonl, .jsonl.gz or .parquet; for another tool .json or .jsonl."
FormatOption = Annotated[
    Format, typer.Option("--format", help="Whose form: rankings may be another labeling tool's.")
]


@app.command("import")
def import_records(
    records: RecordsArgument,
    files: Annotated[list[str], typer.Argument(help=FILES_IN, metavar="FILE...")],
    store: StoreOption = "tutelage.db",
    form: FormatOption = Format.tutelage,
    batch: Annotated[str, typer.Option(help="Name for what is collected now.")] = "import",
    purpose: PurposeOption = Purpose.training,
) -> None:
    """Put records from files into the store; what it has already is passed over."""
    require_rankings(records, form)
    with Store(place_of(store)) as database:
        for name in files:
            remark = ""
            match records:
                case Records.prompts:
                    prompts = filled(read_prompts(name), name)
                    database.add_prompts(prompts, batch)
                    count = len(prompts)
                case Records.demonstrations:
                    demonstrations = filled(read_demonstrations(name), name)
                    database.add_demonstrations(demonstrations, batch, purpose)
                    count = len(demonstrations)
                case Records.rankings:
                    rankings, remark = rankings_from(name, form)
                    database.add_rankings(rankings, batch, purpose)
                    count = len(rankings)
                case Records.ratings:
                    ratings = filled(read_ratings(name), name)
                    database.add_ratings(ratings, batch, purpose)
                    count = len(ratings)
            print(f"{name}: {count} {records}{remark}")


@app.command("export")
def export_records(
    records: RecordsArgument,
    file: Annotated[Path, typer.Argument(help=FILES_OUT)],
    store: StoreOption = "tutelage.db",
    form: FormatOption = Format.tutelage,
    batch: Annotated[str | None, typer.Option(help="Only what was collected under this name.")] = None,
    split: Annotated[Split | None, typer.Option(help="Only records of prompts of this split.")] = None,
    purpose: PurposeOption = Purpose.training,
    at: Annotated[
        str | None, typer.Option(help="What a snapshot holds, instead of all.", metavar="SNAPSHOT")
    ] = None,
) -> None:
    """Write records of the store to a file."""
    require_rankings(records, form)
    with open_existing(store) as database:
        view = database if at is None else database.at(at)
        if form is Format.tutelage:
            count = write_dataset(file, view, records, purpose, batch, split)
        else:
            rankings = view.rankings(split=split, batch=batch, purpose=purpose)
            TOOLS[form].write_rankings(file, rankings)
            count = len(rankings)
    print(f"{file}: {count} {records}")


@app.command("stats")
def stats(store: StoreOption = "tutelage.db") -> None:
    """How much of everything the store holds, by batch and split."""
    with open_existing(store) as database:
        counts: Counter[tuple[str, str, str]] = Counter()
        for count in database.stats():
            counts[count.table, count.batch, count.split or "none"] += count.count
    table = Table("records", "batch", "split", "count")
    for (records, batch, split), total in counts.items():
        table.add_row(records, batch, split, str(total))
    Console().print(table)


@app.command("freeze")
def freeze(
    name: Annotated[str, typer.Argument(help="The snapshot's name.")], store: StoreOption = "tutelage.db"
) -> None:
    """Name the store's present state; `export --at NAME` gives it for ever after."""
    with open_existing(store) as database:
        snapshot = database.freeze(name)
    print(f"{snapshot.name}: {sum(snapshot.highest.values())} rows")


def require_rankings(records: Records, form: Format) -> None:
    """Raises InputError where another tool's form is asked for anything else."""
    if form is not Format.tutelage and records is not Records.rankings:
        raise InputError(
            f"{records} have no such form", where=f"--format {form}", remedy="only rankings are exchanged"
        )


def rankings_from(name: str, form: Format) -> tuple[list[Ranking], str]:
    """The rankings of a file, and what is to be said of answers that were passed over."""
    if form is Format.tutelage:
        return filled(read_rankings(name), name), ""
    found = TOOLS[form].read_rankings(name)
    if not found.passed_over:
        return filled(found.rankings, name), ""
    if not found.rankings:
        raise InputError(
            f"all {found.passed_over} answers are unfinished or taken back",
            where=name,
            remedy="have them submitted, then export again",
        )
    return found.rankings, f" ({found.passed_over} unfinished answers passed over)"


def filled(read: list[R], name: str) -> list[R]:
    """What was read from a file. Raises InputError when that is nothing."""
    if not read:
        raise InputError("the file holds no records", where=name, remedy="leave it out, or name another")
    return read


def place_of(store: str) -> str:
    """The database behind what the user named: a run's folder stands for the database in it."""
    return str(Path(store) / "tutelage.db") if Path(store).is_dir() else store


def require_folder(place: str) -> None:
    """Raises InputError where a database would need a new folder: more likely it was misspelt."""
    folder = Path(place).parent
    if "://" not in place and not folder.is_dir():
        raise InputError("no such folder", str(folder), "make it, or name another store with --store")


def open_existing(store: str) -> Store:
    """A store to read from. Raises InputError instead of making a new, empty one."""
    place = place_of(store)
    if "://" not in place and not Path(place).is_file():
        raise InputError(
            "no such store", where=place, remedy="name one with --store, or import records first"
        )
    return Store(place)


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
