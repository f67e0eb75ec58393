"""`tutelage data forget`: takes out everything that a user asked, and all that was made of it."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tutelage.cli.data import StoreOption, open_existing
from tutelage.cli.remains import SHORTEST, Remains, models_that_learned, nobody_else, take_out
from tutelage.store import Forgotten, Store


def forget(
    user: Annotated[str, typer.Argument(help="The user's id, or the name of a key of theirs.")],
    store: StoreOption = "tutelage.db",
    revoke: Annotated[bool, typer.Option("--revoke", help="Have their keys open nothing any more.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is deleted.")] = False,
) -> None:
    """Delete all that a user asked and what was made of it, from the database and the run's files, byte for byte.

    What cannot be taken out is listed: models that learned from it, frozen datasets, files of other kinds.
    """
    console = Console()
    run = Path(store) if Path(store).is_dir() else None
    with open_existing(store) as database:
        theirs = database.forgetting.user_of(user)
        found = database.forgetting.survey(theirs)
        console.print(rows_of(found))
        if not yes and not typer.confirm(f"Delete all of this of {theirs}?"):
            return
        if run is None:
            say(console, erase(database, theirs, revoke), [])
            return
        with nobody_else(run):
            forgotten = erase(database, theirs, revoke)
            say(console, forgotten, models_that_learned(run, forgotten.held))
            say_files(console, run, take_out(run, forgotten.texts), forgotten.texts)


def erase(database: Store, user: str, revoke: bool) -> Forgotten:
    """The rows, then their bytes."""
    forgotten = database.forgetting.forget(user, revoke)
    database.forgetting.compact()
    return forgotten


def rows_of(found: Forgotten) -> Table:
    """How many rows of each table are a user's."""
    table = Table("what", "rows", title=f"Of {found.user}", title_justify="left")
    for name, count in found.rows.items():
        if count:
            table.add_row(name, str(count))
    return table


def say(console: Console, forgotten: Forgotten, models: Sequence[str]) -> None:
    """What was deleted, and what nobody can delete."""
    lines = [
        f"{sum(forgotten.rows.values())} rows of {forgotten.user} are deleted, and their bytes overwritten."
    ]
    if forgotten.elsewhere:
        lines.append(f"{forgotten.elsewhere} prompts of the same words are other people's, and stay.")
    if forgotten.snapshots:
        lines.append(
            f"Frozen datasets that held some of it, and do so no more: {', '.join(forgotten.snapshots)}. "
            "What was exported from them before lies where you put it."
        )
    if models:
        lines.append(
            f"Models that may have learned from it: {', '.join(models)}. Weights cannot be searched: "
            "delete them, or train them again."
        )
    for line in lines:
        console.print(line, highlight=False, markup=False, emoji=False, soft_wrap=True)


def say_files(console: Console, run: Path, remains: Sequence[Remains], texts: Collection[str]) -> None:
    """The files of the run that held some of it."""
    short = sum(len(text) < SHORTEST for text in texts)
    if short:
        console.print(
            f"{short} texts of fewer than {SHORTEST} characters were not looked for in files.",
            highlight=False,
        )
    if not remains:
        console.print("No other file of the run holds any of it.", highlight=False)
        return
    table = Table("file", "texts", "done", "left to you")
    for each in remains:
        table.add_row(str(each.path.relative_to(run)), str(each.texts), each.done or "", each.to_do or "")
    console.print(table)
