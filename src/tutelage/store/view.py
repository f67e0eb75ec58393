"""Reading what people said: all of it, or what a snapshot holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Engine, Select, Table, exists, func, select

from tutelage.schema import (
    Completion,
    Demonstration,
    Group,
    Labeler,
    Prompt,
    Purpose,
    Ranking,
    Rating,
    Split,
    UseCase,
)
from tutelage.store import tables
from tutelage.store.engine import for_reading
from tutelage.store.records import completion_of, demonstration_of, prompt_of, ranking_of, rating_of

R = TypeVar("R")
Batches = str | Sequence[str] | None
"""Which batches to read: one, several, or None for all."""


@dataclass(frozen=True)
class Snapshot:
    """A named state of the store that never changes: the highest row id of each table at that time."""

    name: str
    highest: Mapping[str, int]

    def bound(self, table: str) -> int:
        """The highest id of a table; 0 for one that was not there yet."""
        return self.highest.get(table, 0)


@dataclass(frozen=True)
class Count:
    """How many rows of a table and a batch have prompts of this use case and split."""

    table: str
    batch: str
    use_case: UseCase | None
    split: Split | None
    count: int


class View:
    """The readable store. All lists are in the order of insertion.

    `group` selects what labelers of a group said; a judgment without a known labeler belongs to no group.
    `purpose` selects what may be used for it. What was withdrawn is left out.
    """

    def __init__(self, engine: Engine, snapshot: Snapshot | None = None) -> None:
        self._engine = for_reading(engine)
        self._snapshot = snapshot

    def prompts(
        self, split: Split | None = None, use_case: UseCase | None = None, batch: Batches = None
    ) -> list[Prompt]:
        """The prompts, each once however many batches hold it."""
        where = [tables.contents.c.use_case == use_case] if use_case is not None else []
        found = self._read(tables.prompts, lambda prompt, _: prompt, batch, split, *where)
        return list(dict.fromkeys(found))

    def labelers(self, group: Group | None = None) -> list[Labeler]:
        """Every labeler once, with the group last given."""
        table = tables.labelers
        query = select(table.c.name, table.c.group).where(*self._bound(table)).order_by(table.c.id)
        with self._engine.begin() as connection:
            latest = {row.name: Labeler(name=row.name, group=row.group) for row in connection.execute(query)}
        return [labeler for labeler in latest.values() if group in (None, labeler.group)]

    def demonstrations(
        self,
        batch: Batches = None,
        split: Split | None = None,
        group: Group | None = None,
        purpose: Purpose | None = None,
    ) -> list[Demonstration]:
        table = tables.demonstrations
        conditions = [*self._by_group(table, group), *_by_purpose(table, purpose)]
        return self._read(table, demonstration_of, batch, split, *conditions)

    def completions(
        self, batch: Batches = None, split: Split | None = None, source: str | None = None
    ) -> list[Completion]:
        table = tables.completions
        return self._read(table, completion_of, batch, split, *_by_source(table, source))

    def rankings(
        self,
        batch: Batches = None,
        split: Split | None = None,
        group: Group | None = None,
        purpose: Purpose | None = None,
    ) -> list[Ranking]:
        table = tables.rankings
        conditions = [*self._by_group(table, group), *_by_purpose(table, purpose)]
        return self._read(table, ranking_of, batch, split, *conditions)

    def ratings(
        self,
        batch: Batches = None,
        split: Split | None = None,
        source: str | None = None,
        group: Group | None = None,
        purpose: Purpose | None = None,
    ) -> list[Rating]:
        table = tables.ratings
        conditions = [
            *_by_source(table, source),
            *self._by_group(table, group),
            *_by_purpose(table, purpose),
        ]
        return self._read(table, rating_of, batch, split, *conditions)

    def stats(self) -> list[Count]:
        """Row counts by table, batch, use case and split, in that order."""
        counts = []
        contents = tables.contents
        with self._engine.begin() as connection:
            for table in tables.numbered:
                if "content" not in table.c:
                    continue
                columns = (table.c.batch, contents.c.use_case, contents.c.split)
                query = (
                    select(*columns, func.count().label("rows"))
                    .join(contents, table.c.content == contents.c.key)
                    .where(*self._bound(table), self._stands(table))
                    .group_by(*columns)
                    .order_by(*columns)
                )
                for row in connection.execute(query).mappings():
                    use_case = row["use_case"] and UseCase(row["use_case"])
                    split = row["split"] and Split(row["split"])
                    counts.append(Count(table.name, row["batch"], use_case, split, row["rows"]))
        return counts

    def _read(
        self,
        table: Table,
        record_of: Callable[[Prompt, Mapping[str, Any]], R],
        batch: Batches,
        split: Split | None,
        *conditions: ColumnElement[bool],
    ) -> list[R]:
        contents = tables.contents
        join = table.c.content == contents.c.key
        where = [*self._bound(table), self._stands(table), *conditions]
        if batch is not None:
            where.append(table.c.batch.in_([batch] if isinstance(batch, str) else list(batch)))
        if split is not None:
            where.append(contents.c.split == split)
        rows: Select = select(table).join(contents, join).where(*where).order_by(table.c.id)
        # a prompt is read once for all rows that refer to it, e.g. its nine completions
        referred = rows.with_only_columns(table.c.content).order_by(None)
        texts = select(contents).where(contents.c.key.in_(referred))
        with self._engine.begin() as connection:
            # rows first: on PostgreSQL the second query may see more than the first did, never less
            found = connection.execute(rows).all()
            prompts = {row.key: prompt_of(row._asdict()) for row in connection.execute(texts)}
        return [record_of(prompts[row.content], row._asdict()) for row in found]

    def _bound(self, table: Table) -> list[ColumnElement[bool]]:
        return [] if self._snapshot is None else [table.c.id <= self._snapshot.bound(table.name)]

    def _stands(self, table: Table) -> ColumnElement[bool]:
        """That a row was not withdrawn."""
        taken = tables.withdrawals
        withdrawn = (taken.c.table == table.name) & (taken.c.row == table.c.id)
        return ~exists().where(withdrawn, *self._bound(taken))

    def _by_group(self, table: Table, group: Group | None) -> list[ColumnElement[bool]]:
        if group is None:
            return []
        return [table.c.labeler.in_([labeler.name for labeler in self.labelers(group)])]


def _by_purpose(table: Table, purpose: Purpose | None) -> list[ColumnElement[bool]]:
    return [] if purpose is None else [table.c.purpose == purpose]


def _by_source(table: Table, source: str | None) -> list[ColumnElement[bool]]:
    return [] if source is None else [table.c.source == source]
