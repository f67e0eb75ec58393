"""The whole of the labeling at a glance: how far each batch is, and what was said that counts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from tutelage.schema import Purpose, Task, TaskKind
from tutelage.store import tables
from tutelage.store.assignments import ASKED, task_of
from tutelage.store.engine import for_reading
from tutelage.store.journal import SKIPS, Submission, lines

_assignments, _tasks, _contents, _submissions = (
    tables.assignments,
    tables.tasks,
    tables.contents,
    tables.submissions,
)

_WORK = (Purpose.training, Purpose.evaluation)


@dataclass(frozen=True)
class Progress:
    """How far one kind of work in a batch of this name is, in judgments; `parked`: tasks that too many have skipped."""

    name: str
    kind: TaskKind
    priority: int
    open: int
    leased: int
    done: int
    parked: int

    @property
    def wanted(self) -> int:
        """All that shall be done in the end."""
        return self.open + self.leased + self.done


@dataclass(frozen=True)
class Asked:
    """A task of the queue."""

    id: int
    batch: str
    task: Task


class Overview:
    """Reads what the owner looks at."""

    def __init__(self, engine: Engine) -> None:
        self._reading = for_reading(engine)

    def progress(self) -> list[Progress]:
        """Every batch and kind of work, in the order of their first task; control items are left out."""
        table = _assignments
        states = (
            select(_tasks.c.batch, _tasks.c.kind, table.c.state, func.count().label("rows"))
            .add_columns((-func.min(table.c.turn)).label("priority"), func.min(_tasks.c.id).label("first"))
            .join(_tasks, table.c.task == _tasks.c.id)
            .where(_tasks.c.purpose.in_(_WORK))
            .group_by(_tasks.c.batch, _tasks.c.kind, table.c.state)
        )
        skipped = (
            select(_tasks.c.batch, _tasks.c.kind, table.c.task)
            .join(_tasks, table.c.task == _tasks.c.id)
            .where(table.c.state == "skipped", _tasks.c.purpose.in_(_WORK))
            .group_by(_tasks.c.batch, _tasks.c.kind, table.c.task)
            .having(func.count() >= SKIPS)
        )
        with self._reading.begin() as connection:
            rows = connection.execute(states).all()
            parked = [(row.batch, row.kind) for row in connection.execute(skipped)]
        found: dict[tuple[str, str], dict[str, int]] = {}
        for row in sorted(rows, key=lambda row: row.first):
            counts = found.setdefault((row.batch, row.kind), {"priority": row.priority})
            counts[row.state] = row.rows
        return [
            Progress(
                name=batch,
                kind=TaskKind(kind),
                priority=counts["priority"],
                open=counts.get("open", 0),
                leased=counts.get("leased", 0),
                done=counts.get("submitted", 0),
                parked=parked.count((batch, kind)),
            )
            for (batch, kind), counts in found.items()
        ]

    def tasks(self, numbers: Collection[int] | None = None) -> dict[int, Asked]:
        """The tasks of these ids, or all, by id."""
        query = select(_tasks.c.id, *ASKED).outerjoin(_contents, _tasks.c.content == _contents.c.key)
        if numbers is not None:
            query = query.where(_tasks.c.id.in_(numbers))
        with self._reading.begin() as connection:
            rows = connection.execute(query.order_by(_tasks.c.id)).mappings().all()
        return {row["id"]: Asked(row["id"], row["batch"], task_of(row)) for row in rows}

    def control(self, screening: bool) -> dict[int, Asked]:
        """The screening's tasks, or the gold items that are mixed into the work."""
        query = select(_tasks.c.id).where(
            _tasks.c.purpose == Purpose.control, _tasks.c.screening.is_(screening)
        )
        with self._reading.begin() as connection:
            numbers = connection.scalars(query).all()
        return self.tasks(numbers)

    def answers(self, labeler: str | None = None, task: int | None = None) -> list[Submission]:
        """What counts, of all, one labeler or one task: the last word about what was answered and not set aside."""
        later = _submissions.alias("later")
        corrected = select(later.c.id).where(later.c.corrects == _submissions.c.id)
        query = (
            lines()
            .join(_assignments, _submissions.c.assignment == _assignments.c.id)
            .where(_assignments.c.state == "submitted", ~corrected.exists())
            .order_by(_submissions.c.id)
        )
        if labeler is not None:
            query = query.where(_submissions.c.labeler == labeler)
        if task is not None:
            query = query.where(_submissions.c.task == task)
        with self._reading.begin() as connection:
            return [Submission(**row) for row in connection.execute(query).mappings()]

    def skips(self) -> Mapping[str, int]:
        """How often each labeler has skipped."""
        query = (
            select(_assignments.c.labeler, func.count())
            .where(_assignments.c.state == "skipped")
            .group_by(_assignments.c.labeler)
        )
        with self._reading.begin() as connection:
            return dict(connection.execute(query).all())

    def in_hand(self, labeler: str) -> set[TaskKind]:
        """The kinds of which somebody has a task leased."""
        query = select(_assignments.c.kind).where(
            _assignments.c.labeler == labeler, _assignments.c.state == "leased"
        )
        with self._reading.begin() as connection:
            return {TaskKind(kind) for kind in connection.scalars(query)}

    def judgments(self, since: float = 0.0) -> Mapping[str, int]:
        """How many answers each labeler has sent in since a time."""
        query = (
            select(_submissions.c.labeler, func.count())
            .where(_submissions.c.corrects.is_(None), _submissions.c.at >= since)
            .group_by(_submissions.c.labeler)
        )
        with self._reading.begin() as connection:
            return dict(connection.execute(query).all())
