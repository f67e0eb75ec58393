"""What labelers are told: documents with versions, and who has read which."""

import time
from dataclasses import dataclass

from sqlalchemy import Engine, bindparam, exists, func, select
from sqlalchemy.exc import IntegrityError

from tutelage.schema import InputError, TaskKind
from tutelage.store import tables
from tutelage.store.engine import for_reading, insert_new


@dataclass(frozen=True)
class Version:
    """One state of the instructions for a kind of work, in Markdown. A version never changes."""

    id: int
    kind: TaskKind
    version: int
    text: str
    author: str | None
    at: float


_table, _readings = tables.instructions, tables.readings
_newer = _table.alias("newer")
_TO_READ = select(_table).where(
    _table.c.kind == bindparam("kind"),
    ~exists().where(_newer.c.kind == _table.c.kind, _newer.c.version > _table.c.version),
    ~exists().where(_readings.c.instructions == _table.c.id, _readings.c.labeler == bindparam("who")),
)


class Instructions:
    """The documents of a database."""

    def __init__(self, engine: Engine) -> None:
        self._reading = for_reading(engine)
        self._writing = engine

    def publish(
        self, kind: TaskKind, text: str, author: str | None = None, now: float | None = None
    ) -> Version:
        """The next version, which labelers read before they go on.

        Raises:
            InputError: there is no text, or another's was published at the same moment.
        """
        if not text.strip():
            raise InputError("there is no text", f"instructions for {kind}", "write some")
        table = tables.instructions
        with self._writing.begin() as connection:
            last = connection.scalar(select(func.max(table.c.version)).where(table.c.kind == kind)) or 0
            at = time.time() if now is None else now
            row = {"kind": kind, "version": last + 1, "text": text, "author": author, "at": at}
            try:
                connection.execute(table.insert(), row)
            except IntegrityError as error:
                told = f"version {last + 1} was published just now"
                raise InputError(told, f"instructions for {kind}", "read it first") from error
        return self.versions(kind)[last]

    def ship(self, kind: TaskKind, text: str) -> None:
        """Version 1 of a document, unless there is one."""
        row = {"kind": kind, "version": 1, "text": text, "author": None, "at": time.time()}
        with self._writing.begin() as connection:
            insert_new(connection, tables.instructions, [row])

    def versions(self, kind: TaskKind) -> list[Version]:
        """All versions, the newest last."""
        table = tables.instructions
        query = select(table).where(table.c.kind == kind).order_by(table.c.version)
        with self._reading.begin() as connection:
            rows = connection.execute(query).mappings()
            return [Version(**{**row, "kind": TaskKind(row["kind"])}) for row in rows]

    def kind_of(self, version: int) -> TaskKind | None:
        """What the instructions of this id are for."""
        with self._reading.begin() as connection:
            kind = connection.scalar(select(_table.c.kind).where(_table.c.id == version))
        return None if kind is None else TaskKind(kind)

    def read(self, labeler: str, version: int, now: float | None = None) -> None:
        """Note that a labeler has read the instructions of this id."""
        at = time.time() if now is None else now
        row = {"labeler": labeler, "instructions": version, "at": at}
        with self._writing.begin() as connection:
            insert_new(connection, tables.readings, [row])

    def to_read(self, labeler: str, kind: TaskKind) -> Version | None:
        """The newest version, where this labeler has not read it."""
        with self._reading.begin() as connection:
            row = connection.execute(_TO_READ, {"who": labeler, "kind": kind}).mappings().first()
        return None if row is None else Version(**{**row, "kind": TaskKind(row["kind"])})
