"""`tutelage data`: records between files and the store."""

from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from tutelage.data import (
    Reading,
    Unusable,
    argilla,
    demonstrations_in,
    label_studio,
    prompts_in,
    rankings_in,
    read_prompts,
    read_ratings,
)
from tutelage.data.dataset import Records, imitated, write_dataset
from tutelage.data.files import write_demonstrations
from tutelage.data.reading import COLUMNS
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

PORTION = 10_000
"""Records of a file that are in memory at once."""

SQLITE = b"SQLite format 3\0"
"""What every database of SQLite begins with, whatever its file is called."""

FILES_IN = "JSON Lines, CSV, Parquet, or OWNER/NAME of the hub; of another tool a JSON array or JSON Lines."
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
    columns: Annotated[
        str | None,
        typer.Option(help="Our columns and their names in the files.", metavar="prompt=question,chosen=best"),
    ] = None,
    skip_unusable: Annotated[
        bool, typer.Option("--skip-unusable", help="Leave out rows that cannot be used, and say how many.")
    ] = False,
    streaming: Annotated[
        bool,
        typer.Option("--streaming", help="Read data sets of the hub over the network, and keep nothing."),
    ] = False,
) -> None:
    """Put records from files into the store; what it has already is passed over."""
    require_rankings(records, form)
    unusable = Unusable()
    reading = Reading(columns_of(columns), streaming, unusable if skip_unusable else None)
    with Store(place_of(store)) as database:
        for name in files:
            remark = ""
            match records:
                case Records.prompts:
                    count = put(
                        name, partial(prompts_in, name, reading), partial(database.add_prompts, batch=batch)
                    )
                case Records.demonstrations:
                    add = partial(database.add_demonstrations, batch=batch, purpose=purpose)
                    count = put(name, partial(demonstrations_in, name, reading), add)
                case Records.rankings:
                    add = partial(database.add_rankings, batch=batch, purpose=purpose)
                    if form is Format.tutelage:
                        count = put(name, partial(rankings_in, name, reading), add)
                    else:
                        rankings, remark = rankings_from(name, form)
                        add(rankings)
                        count = len(rankings)
                case Records.ratings:
                    add = partial(database.add_ratings, batch=batch, purpose=purpose)
                    count = put(name, partial(read_ratings, name, reading), add)
            print(f"{name}: {count} {records}{remark}")
    if unusable.told is not None:
        print(unusable.told)


def put(name: str, read: Callable[[], Iterable[R]], add: Callable[[list[R]], None]) -> int:
    """Read a file twice, to refuse it before any of it is in the store, and to put it there in portions.

    Returns how many records it has. Raises InputError where that is none.
    """
    count = sum(1 for _ in read())
    if not count:
        filled([], name)
    records = iter(read())
    while portion := list(islice(records, PORTION)):
        add(portion)
    return count


def columns_of(text: str | None) -> dict[str, str]:
    """Our columns and their names in a file, from prompt=question,chosen=best. Raises InputError for anything else."""
    found: dict[str, str] = {}
    for pair in (text or "").split(",") if text else []:
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        if not (equals and theirs):
            raise InputError(f"{pair!r} names no column", "--columns", "write prompt=question,chosen=best")
        if ours not in COLUMNS:
            raise InputError(f"{ours!r} is no column of ours", "--columns", suggestion(ours, COLUMNS))
        found[ours] = theirs
    return found


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
    completions_of: Annotated[
        str | None,
        typer.Option(
            help="As demonstrations what this model wrote, such as sft_best_of_8, instead of what people did.",
            metavar="MODEL",
        ),
    ] = None,
) -> None:
    """Write records of the store to a file."""
    require_rankings(records, form)
    if completions_of is not None and records is not Records.demonstrations:
        raise InputError(
            f"{records} are no completions", "--completions-of", "export demonstrations, or leave it out"
        )
    remark = ""
    with open_existing(store) as database:
        view = database if at is None else database.at(at)
        if completions_of is not None:
            found = imitated(view, completions_of, batch, split)
            write_demonstrations(file, found.demonstrations)
            count = len(found.demonstrations)
            remark = f" ({found.left_out} cut or empty completions left out)" if found.left_out else ""
        elif form is Format.tutelage:
            count = write_dataset(file, view, records, purpose, batch, split)
        else:
            rankings = view.rankings(split=split, batch=batch, purpose=purpose)
            TOOLS[form].write_rankings(file, rankings)
            count = len(rankings)
    print(f"{file}: {count} {records}{remark}")


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
    """The rankings of another tool's file, and what is to be said of answers that were passed over."""
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
    if (Path(place) / "recipe.yaml").is_file() and not is_store(place):
        raise InputError(
            "this run has no store yet", where=place, remedy="name a file, a store or another run"
        )
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
