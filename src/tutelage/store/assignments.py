"""Assignments as rows: one wanted judgment of a task, and who is at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, bindparam, func, insert, select

from tutelage.schema import Prompt, Task
from tutelage.store import tables
from tutelage.store.records import prompt_of

EVERYBODY = "all"
"""The group of control items, which are assigned when it is somebody's turn."""


@dataclass(frozen=True)
class Assignment:
    """A task in somebody's hands. `expires`: when the lease runs out; `draft`: what was typed so far."""

    id: int
    task_id: int
    task: Task
    batch: str
    state: str
    labeler: str | None
    since: float
    expires: float
    draft: Any


ASKED = (
    tables.tasks.c.batch,
    tables.tasks.c.task.label("asked"),
    *[tables.contents.c[name].label(f"content_{name}") for name in Prompt.model_fields],
)
"""The columns of tasks and contents that `task_of` makes a task of."""

_WHOLE = (
    select(tables.assignments, *ASKED)
    .join(tables.tasks, tables.assignments.c.task == tables.tasks.c.id)
    .outerjoin(tables.contents, tables.tasks.c.content == tables.contents.c.key)
)
_read_version = (
    select(func.max(tables.instructions.c.id))
    .join(tables.readings, tables.readings.c.instructions == tables.instructions.c.id)
    .where(
        tables.readings.c.labeler == tables.assignments.c.labeler,
        tables.instructions.c.kind == tables.assignments.c.kind,
    )
)
_LOCKED = (
    _WHOLE.add_columns(
        tables.tasks.c.content, tables.tasks.c.retired, _read_version.scalar_subquery().label("instructions")
    )
    .where(tables.assignments.c.id == bindparam("number"))
    .with_for_update(of=tables.assignments)
)
_READ = _WHOLE.where(tables.assignments.c.id == bindparam("number"))


def open_row(task: int, kind: str, group: str, turn: int) -> dict[str, Any]:
    """A judgment that nobody is at yet."""
    return {"task": task, "kind": kind, "group": group, "turn": turn, "state": "open"}


def again(row: RowMapping) -> dict[str, Any]:
    """The same judgment, wanted once more."""
    return open_row(row["task"], row["kind"], row["group"], row["turn"])


def read(connection: Connection, number: int) -> Assignment | None:
    """The assignment of this id."""
    row = connection.execute(_READ, {"number": number}).mappings().first()
    if row is None:
        return None
    return Assignment(
        id=row["id"],
        task_id=row["task"],
        task=task_of(row),
        batch=row["batch"],
        state=row["state"],
        labeler=row["labeler"],
        since=row["since"] or 0.0,
        expires=row["expires"] or 0.0,
        draft=row["draft"],
    )


def lock(connection: Connection, number: int) -> RowMapping | None:
    """An assignment with its task as a row, kept from others until the transaction ends.

    `instructions`: the newest for this kind of work that its labeler has read.
    """
    return connection.execute(_LOCKED, {"number": number}).mappings().first()


def task_of(row: RowMapping) -> Task:
    """The task of a row with the columns ASKED."""
    if row["content_text"] is None:
        return Task(**row["asked"])
    content = {name: row[f"content_{name}"] for name in Prompt.model_fields}
    return Task(prompt=prompt_of(content), **row["asked"])


def insert_one(connection: Connection, table: Table, row: Mapping[str, Any]) -> int:
    """Add a row; returns its id."""
    number: int = connection.execute(insert(table).returning(table.c.id), row).scalar_one()
    return number
