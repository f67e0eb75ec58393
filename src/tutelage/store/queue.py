"""The queue: what is to be judged, and who is at it.

A task is wanted from some labelers; each wanted judgment is an assignment. It is *open* until somebody *leases* it
for a time. A lease that runs out *lapses* and another open assignment takes its place, so that abandoned work comes
back while a late answer still counts. In the end it is *submitted*, or *skipped* (`store/journal.py`).
"""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, func, select, update

from tutelage.schema import Account, Group, InputError, Purpose, Standing, Task, TaskKind
from tutelage.store import tables
from tutelage.store.assignments import EVERYBODY, Assignment, again, insert_one, open_row, read
from tutelage.store.engine import insert_new
from tutelage.store.records import content_row, key_of

_table = tables.assignments


class Queue:
    """The tasks of a database and who does them."""

    def __init__(self, engine: Engine) -> None:
        self._reading = engine.execution_options(reading=True)
        self._writing = engine.execution_options(reading=False)

    def add(
        self,
        tasks: Iterable[Task],
        batch: str,
        overlaps: Sequence[int] | int = 1,
        priority: int = 0,
        groups: Collection[Group] | None = None,
    ) -> int:
        """Put tasks in the queue; those that the batch has are passed over. Returns how many are new.

        overlaps: how many labelers of each group shall see a task, for all or one by one.
        groups: who shall; by default both for the comparison of models, else those whose work is trained on.

        Raises:
            InputError: work that models are trained on would go to held-out labelers.
        """
        tasks = list(tasks)
        wanted = [overlaps] * len(tasks) if isinstance(overlaps, int) else overlaps
        new = 0
        with self._writing.begin() as connection:
            for task, overlap in zip(tasks, wanted, strict=True):
                seers = _seers(task, groups)
                number = _insert_task(connection, task, batch)
                if number is None:
                    continue
                new += 1
                rows = [
                    open_row(number, task.kind, group, priority) for group in seers for _ in range(overlap)
                ]
                if rows:
                    connection.execute(_table.insert(), rows)
        return new

    def prioritize(self, batch: str, priority: int) -> int:
        """Say what comes first: higher goes before lower. Returns how many open assignments it is about."""
        of_batch = select(tables.tasks.c.id).where(tables.tasks.c.batch == batch)
        change = update(_table).where(_table.c.task.in_(of_batch), _table.c.state == "open")
        with self._writing.begin() as connection:
            return connection.execute(change.values(priority=priority)).rowcount

    def lease(
        self,
        account: Account,
        kinds: Collection[TaskKind],
        seconds: float,
        control: bool = False,
        now: float | None = None,
    ) -> Assignment | None:
        """The next task for somebody, theirs for so many seconds; what they have in hand, where that is something.

        control: a gold item that they have not seen goes first. Newcomers get the screening alone.
        """
        now = time.time() if now is None else now
        with self._writing.begin() as connection:
            _lapse(connection, now)
            _one_at_a_time(connection, account)
            number = _in_hand(connection, account, kinds, now)
            if number is None:
                number = _next(connection, account, kinds, control)
                if number is None:
                    return None
                taken = {"state": "leased", "labeler": account.name, "since": now}
                connection.execute(update(_table).where(_table.c.id == number).values(**taken))
            connection.execute(update(_table).where(_table.c.id == number).values(expires=now + seconds))
            return read(connection, number)

    def assignment(self, number: int) -> Assignment | None:
        """The assignment of this id."""
        with self._reading.begin() as connection:
            return read(connection, number)

    def keep(
        self, number: int, labeler: str, seconds: float, draft: Any = None, now: float | None = None
    ) -> bool:
        """Prolong a lease, and keep a draft with it; False when it is not this labeler's, or is done."""
        now = time.time() if now is None else now
        with self._writing.begin() as connection:
            held = connection.execute(
                update(_table).where(*_held(number, labeler)).values(expires=now + seconds)
            )
            if held.rowcount and draft is not None:
                connection.execute(delete(tables.drafts).where(tables.drafts.c.assignment == number))
                insert_new(connection, tables.drafts, [{"assignment": number, "draft": draft, "at": now}])
        return bool(held.rowcount)

    def give_back(self, number: int, labeler: str) -> bool:
        """End a lease without an answer: the task is open again, for this labeler too. False as for `keep`."""
        nobodys = {"state": "open", "labeler": None, "since": None, "expires": None}
        with self._writing.begin() as connection:
            held = select(_table.c.id).where(*_held(number, labeler)).with_for_update()
            if connection.scalar(held) is None:
                return False
            connection.execute(delete(tables.drafts).where(tables.drafts.c.assignment == number))
            mine = _table.c.id == number
            # a control item is assigned anew when its turn comes
            connection.execute(delete(_table).where(mine, _table.c.group == EVERYBODY))
            connection.execute(update(_table).where(mine).values(**nobodys))
        return True

    def waiting(self, account: Account) -> dict[TaskKind, int]:
        """How many tasks of each kind are open to somebody."""
        asked = tables.tasks
        done = select(_table.c.task).where(
            _table.c.labeler == account.name, _table.c.state.in_(("submitted", "skipped"))
        )
        if account.standing is Standing.screening:
            query = select(asked.c.kind, func.count()).where(asked.c.screening, asked.c.id.not_in(done))
            query = query.group_by(asked.c.kind)
        else:
            query = select(_table.c.kind, func.count(_table.c.task.distinct()))
            query = query.where(*_open_to(account)).group_by(_table.c.kind)
        with self._reading.begin() as connection:
            return {TaskKind(kind): count for kind, count in connection.execute(query)}


def _seers(task: Task, groups: Collection[Group] | None) -> Collection[Group]:
    """The groups that a new task is assigned to."""
    if task.purpose is Purpose.control:
        return ()
    if groups is None:
        return tuple(Group) if task.purpose is Purpose.evaluation else (Group.training,)
    if task.purpose is Purpose.training and Group.heldout in groups:
        raise InputError(
            f"tasks to {task.kind} make training data, which held-out labelers never do",
            remedy="give them to the training group, or have models evaluated",
        )
    return groups


def _insert_task(connection: Connection, task: Task, batch: str) -> int | None:
    """The id of a new task; None where the batch has it."""
    table = tables.tasks
    key = key_of(task)
    if connection.execute(select(table.c.id).where(table.c.batch == batch, table.c.key == key)).first():
        return None
    content = None if task.prompt is None else content_row(task.prompt)
    if content is not None:
        insert_new(connection, tables.contents, [content])
    row: Mapping[str, Any] = {
        "batch": batch,
        "key": key,
        "kind": task.kind,
        "purpose": task.purpose,
        "screening": task.screening,
        "content": content and content["key"],
        "task": task.model_dump(mode="json", exclude={"prompt"}, exclude_none=True),
        "at": time.time(),
    }
    return insert_one(connection, table, row)


def _lapse(connection: Connection, now: float) -> None:
    """End the leases that ran out, and open their tasks to others."""
    # of several processes that see the same late lease, one ends it
    late = select(_table.c.id).where(_table.c.state == "leased", _table.c.expires < now)
    numbers = list(connection.scalars(late.with_for_update(skip_locked=True)))
    if not numbers:
        return
    rows = connection.execute(select(_table).where(_table.c.id.in_(numbers))).mappings().all()
    connection.execute(update(_table).where(_table.c.id.in_(numbers)).values(state="lapsed"))
    replacements = [again(row) for row in rows if row["group"] != EVERYBODY]
    if replacements:
        connection.execute(_table.insert(), replacements)


def _one_at_a_time(connection: Connection, account: Account) -> None:
    """Have a second request of the same person wait for the first: nobody leases two tasks at once."""
    table = tables.accounts
    connection.execute(select(table.c.id).where(table.c.id == account.id).with_for_update()).first()


def _in_hand(connection: Connection, account: Account, kinds: Collection[TaskKind], now: float) -> int | None:
    """What somebody has leased; or what lapsed and nobody else has taken since, leased again."""
    query = select(_table).where(
        _table.c.labeler == account.name,
        _table.c.state.in_(("leased", "lapsed")),
        _table.c.kind.in_(list(kinds)),
    )
    rows = connection.execute(query.order_by(_table.c.state.desc(), _table.c.id)).mappings().all()
    for row in rows:  # leased first
        if row["state"] == "leased":
            return int(row["id"])
        if take_replacement(connection, row):
            renewed = update(_table).where(_table.c.id == row["id"]).values(state="leased", since=now)
            connection.execute(renewed)
            return int(row["id"])
    return None


def take_replacement(connection: Connection, lapsed: RowMapping) -> bool:
    """Remove the open assignment that took a lapsed one's place; False where somebody is at it already."""
    if lapsed["group"] == EVERYBODY:
        return True
    same = (_table.c.task == lapsed["task"], _table.c.group == lapsed["group"], _table.c.state == "open")
    number = connection.scalar(select(_table.c.id).where(*same).limit(1).with_for_update(skip_locked=True))
    if number is None:
        return False
    connection.execute(delete(_table).where(_table.c.id == number))
    return True


def _next(connection: Connection, account: Account, kinds: Collection[TaskKind], control: bool) -> int | None:
    """Something that somebody has not had yet."""
    if account.standing is Standing.screening:
        return _control(connection, account, kinds, screening=True)
    if account.standing is Standing.disabled:
        return None
    number = _control(connection, account, kinds, screening=False) if control else None
    if number is not None:
        return number
    query = select(_table.c.id).where(*_open_to(account), _table.c.kind.in_(list(kinds)))
    first = query.order_by(_table.c.priority.desc(), _table.c.id).limit(1)
    return connection.scalar(first.with_for_update(skip_locked=True))


def _control(
    connection: Connection, account: Account, kinds: Collection[TaskKind], screening: bool
) -> int | None:
    """A new assignment of a control item."""
    asked = tables.tasks
    had = select(_table.c.id).where(_table.c.task == asked.c.id, _table.c.labeler == account.name)
    query = select(asked.c.id, asked.c.kind).where(
        asked.c.purpose == Purpose.control,
        asked.c.screening.is_(screening),
        asked.c.kind.in_(list(kinds)),
        ~had.exists(),
    )
    found = connection.execute(query.order_by(asked.c.id).limit(1)).first()
    if found is None:
        return None
    row = open_row(found.id, found.kind, EVERYBODY, 0) | {"labeler": account.name}
    return insert_one(connection, _table, row)


def _open_to(account: Account) -> tuple[ColumnElement[bool], ...]:
    """That an assignment is open to somebody's group, and its task new to them."""
    mine = _table.alias("mine")
    seen = select(mine.c.id).where(mine.c.task == _table.c.task, mine.c.labeler == account.name)
    return _table.c.state == "open", _table.c.group == account.group, ~seen.exists()


def _held(number: int, labeler: str) -> tuple[ColumnElement[bool], ...]:
    """That an assignment is leased to somebody."""
    return _table.c.id == number, _table.c.labeler == labeler, _table.c.state == "leased"
