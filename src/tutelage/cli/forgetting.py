"""`tutelage data forget`: takes out everything that a user asked, and all that was made of it."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tutelage.cli.data import StoreOption, open_existing
from tutelage.cli.learned import models_that_learned
from tutelage.cli.remains import Remains, database_files, nobody_else, take_out
from tutelage.cli.wanted import LONG, SHORTEST, Wanted
from tutelage.store import Forgotten, Key, Store
from tutelage.store.forgetting import UnknownUserError


def forget(
    user: Annotated[str, typer.Argument(help="The user's id, or the name of a key of theirs.")],
    store: StoreOption = "tutelage.db",
    is_id: Annotated[
        bool, typer.Option("--id", help="USER is an id, though another user's key may have it for a name.")
    ] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Have their keys open nothing any more.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is deleted.")] = False,
) -> None:
    """Delete all that a user asked and what was made of it, from the database and the run's files, byte for byte.

    What cannot be taken out is listed: models that learned from it, frozen datasets, files of other kinds. Where a
    server hinders the overwriting of bytes, stop it and give the command again.
    """
    console = Console()
    run = Path(store) if Path(store).is_dir() else None
    with open_existing(store) as database:
        theirs = known(console, database, user, is_id)
        if theirs is None:
            return
        console.print(rows_of(database.forgetting.survey(theirs)))
        if not yes and not typer.confirm(f"Delete all of this of {theirs}?"):
            return
        with nullcontext() if run is None else nobody_else(run):
            erase(console, database, theirs, revoke, run)


def known(console: Console, database: Store, user: str, is_id: bool) -> str | None:
    """The user of this name; None for nobody whose bytes were left, and are overwritten now.

    Raises InputError for anybody else who is unknown, and for a name that is of two.
    """
    try:
        return database.forgetting.user_of(user, is_id)
    except UnknownUserError:
        if not database.forgetting.is_to_compact():
            raise
    database.forgetting.compact()
    tell(console, f"Nobody is known as {user}; the bytes of what was deleted before are overwritten now.")
    return None


def erase(console: Console, database: Store, user: str, revoke: bool, run: Path | None) -> None:
    """The rows, what the run's files hold of them, and their bytes last of all.

    Raises RunError where a server hinders that; all that could be found has been told by then.
    """
    forgotten = database.forgetting.forget(user, revoke)
    say(console, forgotten, [] if run is None else models_that_learned(run, forgotten.held))
    say_keys(console, [key for key in database.keys.all() if key.user == user])
    if run is not None:
        say_files(console, run, take_out(run, forgotten.texts), forgotten.texts)
    database.forgetting.compact()
    tell(console, "The bytes of the rows are overwritten in the database.")
    if run is not None and any(Wanted(forgotten.texts).count(path) for path in database_files(run)):
        tell(console, "The database holds some of their words still: others asked the same, or more with it.")


def rows_of(found: Forgotten) -> Table:
    """How many rows of each table are a user's."""
    table = Table("what", "rows", title=f"Of {found.user}", title_justify="left")
    for name, count in found.rows.items():
        if count:
            table.add_row(name, str(count))
    return table


def say(console: Console, forgotten: Forgotten, models: Sequence[str]) -> None:
    """What was deleted, and what nobody can delete."""
    lines = [f"{sum(forgotten.rows.values())} rows of {forgotten.user} are deleted."]
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
        tell(console, line)


def say_keys(console: Console, keys: Sequence[Key]) -> None:
    """The user's keys, whose rows stay so that a revoked one stays revoked."""
    if keys:
        names = ", ".join(key.name for key in keys)
        tell(console, f"Keys of theirs, kept with their name and the user's id: {names}.")
    if opening := ", ".join(key.name for key in keys if not key.revoked):
        tell(console, f"What is asked with {opening} from now on may be collected again; --revoke ends that.")


def say_files(console: Console, run: Path, remains: Sequence[Remains], texts: Collection[str]) -> None:
    """The files of the run that held some of it."""
    short = sum(len(text) < LONG for text in texts)
    if short:
        tell(
            console,
            f"{short} texts of fewer than {LONG} characters were looked for as whole prompts, and, from {SHORTEST} "
            "characters, as whole lines, cells and quoted values, not within other texts, models or checkpoints.",
        )
    if not remains:
        tell(console, "No other file of the run holds any of it.")
        return
    table = Table("file", "texts", "done", "left to you")
    for each in remains:
        table.add_row(str(each.path.relative_to(run)), str(each.texts), each.done or "", each.to_do or "")
    console.print(table)


def tell(console: Console, line: str) -> None:
    """Say it as it stands, in one line."""
    console.print(line, highlight=False, markup=False, emoji=False, soft_wrap=True)
