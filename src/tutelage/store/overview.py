"""The whole of the labeling at a glance: how far each batch is, and what was said that counts."""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, RowMapping, Select, and_, exists, func, select

from tutelage.schema import Gold, Purpose, Task, TaskKind
from tutelage.store import tables
from tutelage.store.assignments import ASKED, task_of
from tutelage.store.engine import for_reading
from tutelage.store.journal import Submission, lines
from tutelage.store.queue import SKIPS

_assignments, _tasks, _contents, _submissions = (
    tables.assignments,
    tables.tasks,
    tables.contents,
    tables.submissions,
)

_WORK = (Purpose.training, Purpose.evaluation)

DAY = 86400

BEGINNING = 300
"""Characters of a prompt that a list shows."""

_beginning = func.substr(_contents.c.text, 1, BEGINNING).label("prompt")
_later = _submissions.alias("later")
_COUNTS = and_(_assignments.c.state == "submitted", ~exists().where(_later.c.corrects == _submissions.c.id))
"""That an answer counts: it was neither corrected nor set aside, and is no skip."""

_often_skipped = (
    select(_assignments.c.task)
    .where(_assignments.c.state == "skipped")
    .group_by(_assignments.c.task)
    .having(func.count() >= SKIPS)
)
_PARKED = (
    select(_tasks.c.id)
    .join(_assignments, _assignments.c.task == _tasks.c.id)
    .where(_tasks.c.id.in_(_often_skipped), _tasks.c.purpose.in_(_WORK), ~_tasks.c.retired)
    .group_by(_tasks.c.id)
    .having(func.count().filter(_assignments.c.state.in_(("open", "leased"))) == 0)
)


@dataclass(frozen=True)
class Progress:
    """How far one kind of work in a batch of this name is, in assignments.

    `priority`: of what is open, else of what is in somebody's hands, else 0; `parked`: tasks that wait for the owner.
    """

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


@dataclass(frozen=True)
class Judgments:
    """How many answers somebody has sent, skips included and corrections not counted again.

    `today`: since midnight (UTC).
    """

    ever: int = 0
    today: int = 0


@dataclass(frozen=True)
class Answered(Submission):
    """A line of the journal that counts, and what kind of task it is about."""

    batch: str
    kind: TaskKind


@dataclass(frozen=True)
class Sent(Submission):
    """A line of the journal, the beginning of the prompt it is about, and whether it counts."""

    kind: TaskKind
    prompt: str | None
    counts: bool


@dataclass(frozen=True)
class Parked:
    """A task that nobody is asked any more, as too many have skipped it; `prompt`: its beginning."""

    id: int
    batch: str
    kind: TaskKind
    prompt: str | None
    skips: tuple[Submission, ...]


class Overview:
    """Reads what the owner looks at."""

    def __init__(self, engine: Engine) -> None:
        self._reading = for_reading(engine)

    def progress(self) -> list[Progress]:
        """Every batch and kind of work, in the order of their first task; control items are left out."""
        states = (
            select(_tasks.c.batch, _tasks.c.kind, _assignments.c.state, func.count().label("rows"))
            .add_columns(
                (-func.min(_assignments.c.turn)).label("priority"), func.min(_tasks.c.id).label("first")
            )
            .join(_tasks, _assignments.c.task == _tasks.c.id)
            .where(_tasks.c.purpose.in_(_WORK))
            .group_by(_tasks.c.batch, _tasks.c.kind, _assignments.c.state)
        )
        parked = select(_tasks.c.batch, _tasks.c.kind).where(_tasks.c.id.in_(_PARKED))
        with self._reading.begin() as connection:
            rows = connection.execute(states).all()
            waiting = Counter((row.batch, row.kind) for row in connection.execute(parked))
        counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        priorities: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for row in sorted(rows, key=lambda row: row.first):
            counts[row.batch, row.kind][row.state] = row.rows
            priorities[row.batch, row.kind][row.state] = row.priority
        return [
            Progress(
                name=batch,
                kind=TaskKind(kind),
                priority=of_state.get("open", of_state.get("leased", 0)),
                open=counts[batch, kind]["open"],
                leased=counts[batch, kind]["leased"],
                done=counts[batch, kind]["submitted"],
                parked=waiting[batch, kind],
            )
            for (batch, kind), of_state in priorities.items()
        ]

    def parked(self, most: int) -> list[Parked]:
        """What waits for the owner, the latest first, with why it was skipped."""
        query = (
            select(_tasks.c.id, _tasks.c.batch, _tasks.c.kind, _beginning)
            .outerjoin(_contents, _tasks.c.content == _contents.c.key)
            .where(_tasks.c.id.in_(_PARKED))
            .order_by(_tasks.c.id.desc())
            .limit(most)
        )
        with self._reading.begin() as connection:
            rows = connection.execute(query).mappings().all()
            skips = (
                lines()
                .where(_submissions.c.answer["kind"].as_string() == "skip")
                .where(_submissions.c.task.in_([row["id"] for row in rows]))
                .order_by(_submissions.c.id)
            )
            of_task: dict[int, list[Submission]] = defaultdict(list)
            for line in connection.execute(skips).mappings():
                of_task[line["task"]].append(Submission(**line))
        return [Parked(**_with_kind(row), skips=tuple(of_task[row["id"]])) for row in rows]

    def tasks(self, numbers: Collection[int] | None = None) -> dict[int, Asked]:
        """The tasks of these ids, or all, by id; retired ones too."""
        return self._asked() if numbers is None else self._asked(_tasks.c.id.in_(numbers))

    def control(self, screening: bool) -> dict[int, Asked]:
        """What is asked now of the screening, or of the gold items that are mixed into the work, by id."""
        return self._asked(
            _tasks.c.purpose == Purpose.control, _tasks.c.screening.is_(screening), ~_tasks.c.retired
        )

    def gold(self) -> dict[int, Gold]:
        """The owner's own answers to the items that are, or were, mixed into the work, by task."""
        query = select(_tasks.c.id, _tasks.c.task["gold"]).where(
            _tasks.c.purpose == Purpose.control, ~_tasks.c.screening
        )
        with self._reading.begin() as connection:
            return {number: Gold(**gold) for number, gold in connection.execute(query) if gold is not None}

    def answers(
        self, labeler: str | None = None, task: int | None = None, screening: bool | None = None
    ) -> list[Answered]:
        """What counts, of all, one labeler or one task: the last word about what was answered and not set aside.

        screening: only answers to the tasks of screenings, retired ones too, or only those to others.
        """
        query = _with_task(lines().add_columns(_tasks.c.batch, _tasks.c.kind)).where(_COUNTS)
        if labeler is not None:
            query = query.where(_submissions.c.labeler == labeler)
        if task is not None:
            query = query.where(_submissions.c.task == task)
        if screening is not None:
            query = query.where(_tasks.c.screening.is_(screening))
        with self._reading.begin() as connection:
            rows = connection.execute(query.order_by(_submissions.c.id)).mappings()
            return [Answered(**_with_kind(row)) for row in rows]

    def sent(self, labeler: str, last: int) -> list[Sent]:
        """The last so many lines that somebody sent, corrected ones too, the latest first."""
        query = _with_task(lines().add_columns(_tasks.c.kind, _beginning, _COUNTS.label("counts")))
        query = query.outerjoin(_contents, _tasks.c.content == _contents.c.key)
        query = query.where(_submissions.c.labeler == labeler).order_by(_submissions.c.id.desc())
        with self._reading.begin() as connection:
            return [Sent(**_with_kind(row)) for row in connection.execute(query.limit(last)).mappings()]

    def skips(self) -> Mapping[str, int]:
        """How often each labeler has skipped a task of other work than the screening."""
        query = (
            select(_assignments.c.labeler, func.count())
            .join(_tasks, _assignments.c.task == _tasks.c.id)
            .where(_assignments.c.state == "skipped", ~_tasks.c.screening)
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

    def judgments(self, labeler: str | None = None, now: float | None = None) -> Mapping[str, Judgments]:
        """How much each labeler has judged, or one; who has sent nothing is there with 0.

        The index of the submissions has all of it, so that it can be asked at each lease.
        """
        now = time.time() if now is None else now
        today = func.count().filter(_submissions.c.at >= now - now % DAY)
        query = select(_submissions.c.labeler, func.count(), today).where(_submissions.c.corrects.is_(None))
        if labeler is not None:
            query = query.where(_submissions.c.labeler == labeler)
        with self._reading.begin() as connection:
            rows = connection.execute(query.group_by(_submissions.c.labeler)).all()
        return defaultdict(Judgments, {name: Judgments(*counts) for name, *counts in rows})

    def _asked(self, *where: ColumnElement[bool]) -> dict[int, Asked]:
        query = select(_tasks.c.id, *ASKED).outerjoin(_contents, _tasks.c.content == _contents.c.key)
        with self._reading.begin() as connection:
            rows = connection.execute(query.where(*where).order_by(_tasks.c.id)).mappings().all()
        return {row["id"]: Asked(row["id"], row["batch"], task_of(row)) for row in rows}


def _with_task(query: Select) -> Select:
    """Lines of the journal beside their assignments and tasks."""
    return query.join(_assignments, _submissions.c.assignment == _assignments.c.id).join(
        _tasks, _submissions.c.task == _tasks.c.id
    )


def _with_kind(row: RowMapping) -> dict[str, Any]:
    return {**row, "kind": TaskKind(row["kind"])}
