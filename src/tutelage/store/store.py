"""Writing what people said: each method appends, in one transaction, and may be called again."""

import os
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, func, select, text

from tutelage.schema import (
    Completion,
    Demonstration,
    InputError,
    Labeler,
    Prompt,
    Purpose,
    Ranking,
    Rating,
    suggestion,
)
from tutelage.store import tables
from tutelage.store.accounts import Accounts
from tutelage.store.collection import Collection
from tutelage.store.engine import insert_new, open_engine
from tutelage.store.forgetting import Forgetting
from tutelage.store.groups import refuse_held_out, register
from tutelage.store.instructions import Instructions
from tutelage.store.journal import Journal
from tutelage.store.keys import Keys
from tutelage.store.overview import Overview
from tutelage.store.queue import Queue
from tutelage.store.records import Judgment, content_row, judgment_row, key_of
from tutelage.store.view import Snapshot, View


class Store(View):
    """The database of prompts, completions and judgments; `accounts`, `instructions`, `queue`, `journal`
    and `overview` are those of the people who judge, `collection` and `keys` are of those who use what
    is served.

    `batch` names the collection that rows belong to, e.g. the stage of a run that writes them. What a batch
    holds already is passed over, so an interrupted stage may write its batch again from the start.

    Args:
        url_or_path: a file for SQLite, made when missing, or a URL of SQLAlchemy's for PostgreSQL.

    Raises:
        InputError: it is no database, or not one of this program's.
    """

    def __init__(self, url_or_path: str | os.PathLike[str]) -> None:
        engine = open_engine(url_or_path)
        super().__init__(engine)
        self._writing = engine
        self.accounts = Accounts(engine)
        self.collection = Collection(engine)
        self.forgetting = Forgetting(engine)
        self.instructions = Instructions(engine)
        self.queue = Queue(engine)
        self.journal = Journal(engine)
        self.keys = Keys(engine)
        self.overview = Overview(engine)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database's files and connections."""
        self._writing.dispose()

    def add_prompts(self, prompts: Iterable[Prompt], batch: str) -> None:
        rows = [content_row(prompt) for prompt in prompts]
        with self._writing.begin() as connection:
            insert_new(connection, tables.contents, rows)
            judgments = [{"batch": batch, "key": row["key"], "content": row["key"]} for row in rows]
            insert_new(connection, tables.prompts, judgments)

    def add_demonstrations(
        self, demonstrations: Iterable[Demonstration], batch: str, purpose: Purpose = Purpose.training
    ) -> None:
        """Raises InputError where a held-out labeler's would become training data."""
        self._add(tables.demonstrations, demonstrations, batch, purpose)

    def add_completions(self, completions: Iterable[Completion], batch: str) -> None:
        self._add(tables.completions, completions, batch)

    def add_rankings(
        self, rankings: Iterable[Ranking], batch: str, purpose: Purpose = Purpose.training
    ) -> None:
        """Raises InputError where a held-out labeler's would become training data."""
        self._add(tables.rankings, rankings, batch, purpose)

    def add_ratings(self, ratings: Iterable[Rating], batch: str, purpose: Purpose = Purpose.training) -> None:
        """Raises InputError where a held-out labeler's would become training data."""
        self._add(tables.ratings, ratings, batch, purpose)

    def add_labelers(self, labelers: Iterable[Labeler]) -> None:
        """Register labelers; a known name in another group moves there, by a new row.

        Raises:
            InputError: somebody who has judged would move: what they said was said for the group they were in.
        """
        with self._writing.begin() as connection:
            register(connection, labelers)

    def freeze(self, name: str) -> Snapshot:
        """Name the present state, to be read by `at` for ever after.

        Raises:
            InputError: the name is blank, or already stands for another state; or training data is there that a
                held-out labeler made.
        """
        if not name.strip():
            raise InputError("a snapshot needs a name", remedy="give one that says what it is for")
        with self._writing.begin() as connection:
            if connection.dialect.name == "postgresql":
                # A row of a transaction that is still open could get a lower id than the snapshot's highest
                # and appear later. SHARE waits for such transactions and keeps new ones out.
                names = ", ".join(f'"{table.name}"' for table in tables.numbered)
                connection.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))
            refuse_held_out(connection)
            highest = {
                table.name: connection.scalar(select(func.coalesce(func.max(table.c.id), 0)))
                for table in tables.numbered
            }
            insert_new(connection, tables.snapshots, [{"name": name, "highest": highest}])
        snapshot = self._snapshot_named(name)
        if {name: snapshot.bound(name) for name in highest} != highest:
            raise InputError(f"snapshot {name!r} holds another state", remedy="choose another name")
        return snapshot

    def snapshots(self) -> list[str]:
        """The names of all snapshots, in the order of their making."""
        table = tables.snapshots
        with self._engine.begin() as connection:
            return list(connection.scalars(select(table.c.name).order_by(table.c.made, table.c.name)))

    def at(self, snapshot_name: str) -> View:
        """What the store held when the snapshot was made.

        Raises:
            InputError: there is no snapshot of this name.
        """
        return View(self._engine, self._snapshot_named(snapshot_name))

    def _snapshot_named(self, name: str) -> Snapshot:
        table = tables.snapshots
        with self._engine.begin() as connection:
            rows = connection.execute(select(table.c.name, table.c.highest))
            found = {row.name: row.highest for row in rows}
        if name not in found:
            raise InputError(f"no snapshot {name!r}", remedy=suggestion(name, found))
        return Snapshot(name, found[name])

    def _add(
        self, table: Table, records: Iterable[Judgment], batch: str, purpose: Purpose | None = None
    ) -> None:
        contents: dict[Prompt, dict[str, Any]] = {}
        rows = []
        for record in records:
            if record.prompt not in contents:
                contents[record.prompt] = content_row(record.prompt)
            own = {"batch": batch, "key": key_of(record), "content": contents[record.prompt]["key"]}
            rows.append(own | judgment_row(record) | ({} if purpose is None else {"purpose": purpose}))
        with self._writing.begin() as connection:
            if purpose is Purpose.training:
                refuse_held_out(connection, {row["labeler"] for row in rows})
            insert_new(connection, tables.contents, list(contents.values()))
            insert_new(connection, table, rows)
