"""Forgetting a user: all rows that hold what they asked, or were made of it, are deleted, and their bytes with them.

The one change that is no addition: everywhere else a correction is a new row.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
    text,
    union,
    update,
)

from tutelage.schema import InputError, Purpose, RunError, Split, nearest
from tutelage.store import tables
from tutelage.store.engine import for_reading

_MADE_OF_PROMPTS = (
    tables.prompts,
    tables.demonstrations,
    tables.completions,
    tables.rankings,
    tables.ratings,
)
_ORDER = (
    tables.grades,
    *_MADE_OF_PROMPTS,
    tables.submissions,
    tables.assignments,
    tables.tasks,
    tables.contents,
    tables.collected,
    tables.feedback,
)
"""In which rows are deleted: what refers to another goes before it."""
_AT_ONCE = 500
"""Ids in one statement; databases take some thousands."""
_TO_COMPACT = 1
"""SQLite's `user_version` from the deletion of rows until their bytes are gone; 0 otherwise."""

_Doomed = Mapping[str, Collection[Any]]
"""Table -> keys of the rows that go."""


@dataclass(frozen=True)
class Held:
    """That a batch had rows of a user's in a table. training: some of the train split, for training."""

    table: str
    batch: str
    training: bool


@dataclass(frozen=True)
class Forgotten:
    """What there is, or was, of a user.

    rows: table -> how many. texts: what they asked, as it came in and as it was prepared. held: which batches have some
    of it. snapshots: which frozen states do. elsewhere: prompts of the same words that others asked; they stay.
    """

    user: str
    rows: Mapping[str, int]
    texts: tuple[str, ...]
    held: tuple[Held, ...]
    snapshots: tuple[str, ...]
    elsewhere: int


class UnknownUserError(InputError):
    """Nobody is known by a name."""


class Forgetting:
    """Takes users out of a database."""

    def __init__(self, engine: Engine) -> None:
        self._reading = for_reading(engine)
        self._writing = engine

    def user_of(self, name: str, is_id: bool = False) -> str:
        """The user of this id, or whose key has this name. is_id: it is no key's name.

        Raises:
            UnknownUserError: nobody is known by it.
            InputError: it is the id of one and the name of another's key.
        """
        keys = tables.keys
        columns = (tables.collected.c.user, tables.feedback.c.user, tables.contents.c.user, keys.c.user)
        with self._reading.begin() as connection:
            users = set(connection.scalars(union(*[select(column) for column in columns]))) - {None}
            by_key = {} if is_id else dict(connection.execute(select(keys.c.name, keys.c.user)).all())
        owner = by_key.get(name)
        if name in users and owner not in (None, name):
            raise InputError(
                f"is the id of one user, and the name of a key of another, {owner!r}",
                f"user {name!r}",
                f"give --id with {name!r} for the one, or with {owner!r} for the other",
            )
        if name in users:
            return name
        if owner is not None:
            return str(owner)
        near = nearest(name, users | by_key.keys())
        remedy = f"did you mean {near!r}?" if near else "give a user's id, or the name of a key"
        raise UnknownUserError("nobody is known by it", f"user {name!r}", remedy)

    def survey(self, user: str) -> Forgotten:
        """What would be forgotten; nothing is changed."""
        with self._reading.begin() as connection:
            return _told(connection, user, _doomed(connection, user))

    def forget(self, user: str, revoke: bool = False) -> Forgotten:
        """Delete all rows of a user, in one transaction; `compact` then gets rid of their bytes.

        revoke: have their keys open nothing any more.
        """
        with self._writing.connect() as connection:
            if connection.dialect.name == "sqlite":
                # zeros over what is deleted; a setting of this connection, and not to be made within a transaction
                connection.connection.execute("PRAGMA secure_delete = ON")
            with connection.begin():
                _keep_others_out(connection)
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql(f"PRAGMA user_version = {_TO_COMPACT}")
                doomed = _doomed(connection, user)
                found = _told(connection, user, doomed)
                for table in _ORDER:
                    _delete(connection, table, doomed[table.name])
                _delete(connection, tables.withdrawals, doomed["withdrawals"])
                _bound_snapshots(connection)
                if revoke:
                    theirs = update(tables.keys).where(tables.keys.c.user == user)
                    connection.execute(theirs.values(revoked=True))
        return found

    def is_to_compact(self) -> bool:
        """Whether bytes of deleted rows may be in SQLite's files still, because `compact` was hindered."""
        if self._reading.dialect.name != "sqlite":
            return False  # PostgreSQL waits for whoever is in its way
        with self._reading.begin() as connection:
            return connection.exec_driver_sql("PRAGMA user_version").scalar() == _TO_COMPACT

    def compact(self) -> None:
        """Write the database's files anew without what was deleted, its log as well.

        Raises:
            RunError: somebody else reads in it all the time, so that the log cannot be emptied.
        """
        if self._writing.dialect.name != "sqlite":
            engine = self._writing.execution_options(isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                for table in (*_ORDER, tables.withdrawals):
                    connection.execute(text(f'VACUUM FULL "{table.name}"'))
            return
        raw = self._writing.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, *_ = cursor.fetchone() or (1,)
            if busy:
                raise sqlite3.OperationalError("its log is in use")
            cursor.execute("PRAGMA user_version = 0")
        except sqlite3.OperationalError as error:
            raise RunError(
                f"the rows are deleted, but their bytes may be in the database's files still: {error}",
                "stop whatever has the database open, such as a server, and give the same command again",
            ) from error
        finally:
            raw.close()


def _doomed(connection: Connection, user: str) -> _Doomed:
    """The rows that hold what a user asked, and those that were made of them."""
    doomed: dict[str, set[Any]] = {
        table.name: _found(connection, table.c.id, table.c.user, [user])
        for table in (tables.collected, tables.feedback)
    }
    contents = doomed["contents"] = _found(connection, tables.contents.c.key, tables.contents.c.user, [user])
    tasks = doomed["tasks"] = _found(connection, tables.tasks.c.id, tables.tasks.c.content, contents)
    sent = tables.submissions
    # what they were asked as labelers to write is in the answers, too, and in the answers' corrections
    lines = _found(connection, sent.c.id, sent.c.task, tasks)
    for table in _MADE_OF_PROMPTS:
        lines |= _found(connection, table.c.submission, table.c.content, contents) - {None}
    lines |= _found(
        connection, sent.c.id, sent.c.assignment, _found(connection, sent.c.assignment, sent.c.id, lines)
    )
    doomed["submissions"] = lines
    doomed["assignments"] = _found(connection, tables.assignments.c.id, tables.assignments.c.task, tasks)
    doomed["grades"] = _found(connection, tables.grades.c.id, tables.grades.c.submission, lines)
    taken = tables.withdrawals
    doomed["withdrawals"] = set()
    for table in _MADE_OF_PROMPTS:
        rows = _found(connection, table.c.id, table.c.content, contents)
        rows |= _found(connection, table.c.id, table.c.submission, lines)
        doomed[table.name] = rows
        doomed["withdrawals"] |= _found(
            connection, taken.c.id, taken.c.row, rows, taken.c.table == table.name
        )
    return doomed


def _told(connection: Connection, user: str, doomed: _Doomed) -> Forgotten:
    contents, collected, feedback = tables.contents, tables.collected, tables.feedback
    asked = union(
        select(contents.c.text).where(contents.c.user == user),
        select(collected.c.prompt).where(collected.c.user == user),
        select(feedback.c.prompt).where(feedback.c.user == user),
    )
    texts = sorted(connection.scalars(asked))
    others = _found(
        connection,
        contents.c.key,
        contents.c.text,
        texts,
        or_(contents.c.user.is_(None), contents.c.user != user),
    )
    snapshots = [
        row.name
        for row in connection.execute(select(tables.snapshots).order_by(tables.snapshots.c.made))
        if any(
            number <= row.highest.get(table.name, 0)
            for table in _MADE_OF_PROMPTS
            for number in doomed[table.name]
        )
    ]
    return Forgotten(
        user=user,
        rows={table.name: len(doomed[table.name]) for table in reversed(_ORDER)},
        texts=tuple(texts),
        held=_held(connection, doomed),
        snapshots=tuple(snapshots),
        elsewhere=len(others),
    )


def _held(connection: Connection, doomed: _Doomed) -> tuple[Held, ...]:
    """Which batches have rows that go."""
    contents = tables.contents
    held: dict[tuple[str, str], bool] = {}
    for table in _MADE_OF_PROMPTS:
        trains = contents.c.split == Split.train
        if "purpose" in table.c:
            trains = and_(trains, table.c.purpose == Purpose.training)
        query = select(table.c.batch, func.coalesce(trains, False).label("trains"))
        query = query.join(contents, table.c.content == contents.c.key)
        for ids in _parts(doomed[table.name]):
            for row in connection.execute(query.where(table.c.id.in_(ids)).distinct()):
                place = (table.name, row.batch)
                held[place] = held.get(place, False) or bool(row.trains)
    return tuple(Held(table, batch, training) for (table, batch), training in held.items())


def _found(
    connection: Connection, wanted: Column, column: Column, values: Collection[Any], *conditions: Any
) -> set[Any]:
    """What stands in the wanted column where another has one of these values."""
    found: set[Any] = set()
    for part in _parts(values):
        found.update(connection.scalars(select(wanted).where(column.in_(part), *conditions)))
    return found


def _delete(connection: Connection, table: Table, keys: Collection[Any]) -> None:
    """The latest first: a line of the journal refers to the one that it corrects."""
    (key,) = table.primary_key
    for part in _parts(keys):
        connection.execute(delete(table).where(key.in_(part)))


def _parts(values: Collection[Any]) -> list[Sequence[Any]]:
    ordered = sorted(values, reverse=True)
    return [ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE)]


def _bound_snapshots(connection: Connection) -> None:
    """Have snapshots end at the last row that is left: SQLite gives the ids of deleted last rows to new ones, which
    belong to no snapshot of before.
    """
    highest = {
        table.name: connection.scalar(select(func.coalesce(func.max(table.c.id), 0))) or 0
        for table in tables.numbered
    }
    snapshots = tables.snapshots
    for row in connection.execute(select(snapshots.c.name, snapshots.c.highest)).all():
        bounds = {name: min(bound, highest.get(name, bound)) for name, bound in row.highest.items()}
        connection.execute(update(snapshots).where(snapshots.c.name == row.name).values(highest=bounds))


def _keep_others_out(connection: Connection) -> None:
    """Have nobody add to what is being deleted; SQLite has one writer at a time anyhow."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in reversed(_ORDER))
        connection.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
