"""Opening the database: an SQLite file by its path, or PostgreSQL by its URL."""

import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, NoSuchModuleError

from tutelage.schema import InputError
from tutelage.store import migration

# both know "insert, unless it is there", each by its own class
_INSERTS: dict[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


PATIENCE = 30
"""Seconds that one waits for another who writes into the same SQLite file."""


def open_engine(url_or_path: str | os.PathLike[str]) -> Engine:
    """The database at a path or URL, with the tables made, or brought to today's form, where that is needed.

    Raises:
        InputError: not a database, not one of this program's, or one that cannot be reached.
    """
    url, place = _url(url_or_path)
    try:
        engine = create_engine(url)
    except (ArgumentError, NoSuchModuleError) as error:
        remedy = "give a path or postgresql+psycopg://…"
        raise InputError(f"not a database URL: {error}", place, remedy) from error
    except ModuleNotFoundError as error:
        raise InputError(
            f"the driver {error.name!r} is not installed", place, f"pip install {error.name}"
        ) from error
    if engine.dialect.name not in _INSERTS:
        raise InputError(f"{engine.dialect.name} is not supported", place, "use SQLite or PostgreSQL")
    event.listen(engine, "handle_error", _explain)
    if engine.dialect.name == "sqlite":
        _make_transactions_whole(engine)
    try:
        with for_reading(engine).begin() as connection:
            has_tables = migration.is_present(connection, place)
        if not has_tables:
            with engine.begin() as connection:
                migration.upgrade(connection, place)
            if engine.dialect.name == "sqlite":
                _read_beside_a_writer(engine)
    except DatabaseError as error:
        raise InputError(f"cannot be opened as a database: {error.orig}", place) from error
    return engine


def for_reading(engine: Engine) -> Engine:
    """The same database for transactions that only read.

    SQLite's then wait for no writer. PostgreSQL's are none: where each statement sees what is committed anyhow, to
    begin and to commit is two journeys more.
    """
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine.execution_options(reading=True)


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows that break no unique constraint; pass over the others."""
    if rows:
        connection.execute(_INSERTS[connection.dialect.name](table).on_conflict_do_nothing(), rows)


def _url(url_or_path: str | os.PathLike[str]) -> tuple[str, str]:
    """The URL, and how to name the database in a message: without a password."""
    text = os.fspath(url_or_path)
    if "://" in text:
        return text, text.split("://")[0] + "://…"
    path = Path(text)
    if path.is_dir():
        raise InputError("a folder, not a database", text, "give the file, e.g. runs/NAME/tutelage.db")
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{path}", text


def _explain(context: ExceptionContext) -> None:
    """Say in words what PostgreSQL cannot keep: the character NUL, or a name that is too long."""
    if isinstance(context.sqlalchemy_exception, DataError):
        raise InputError(f"the database refuses it: {context.original_exception}".strip())


def _read_beside_a_writer(engine: Engine) -> None:
    """Have SQLite write ahead, so that readers and a writer do not wait for each other; the file remembers it.

    For this the file must be nobody else's for a moment, for which SQLite itself does not wait.
    """
    connection = engine.raw_connection()
    last = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            if time.monotonic() > last:
                raise
            time.sleep(0.01)
    connection.close()


def _make_transactions_whole(engine: Engine) -> None:
    """Take the transaction away from Python's driver, which begins one at the first write only.

    A transaction that reads and then writes could then fail with "database is locked" beside another writer,
    where BEGIN IMMEDIATE waits for it.
    """

    @event.listens_for(engine, "connect")
    def _leave_transactions_to_us(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
