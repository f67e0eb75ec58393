"""The queue: what is to be judged, and who is at it.

A task is wanted from some labelers; each wanted judgment is an assignment. It is *open* until somebody *leases* it
for a time. A lease that runs out *lapses* and another open assignment takes its place, so that abandoned work comes
back while a late answer still counts. In the end it is *submitted*, or *skipped* (`store/journal.py`).
"""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    RowMapping,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from tutelage.schema import Account, Group, InputError, Purpose, Standing, Task, TaskKind, suggestion
from tutelage.store import tables
from tutelage.store.assignments import EVERYBODY, Assignment, again, insert_one, open_row, read
from tutelage.store.engine import for_reading, insert_new
from tutelage.store.records import content_row, key_of

SKIPS = 3
"""So many labelers may skip a task before it is parked: left to the owner."""

LONGEST_BATCH = 200
"""Characters of a batch's name."""

_table = tables.assignments
_mine, _other = _table.alias("mine"), _table.alias("other")

_OPEN = (
    _table.c.state == "open",
    _table.c.group == bindparam("side"),
    ~exists().where(_mine.c.task == _table.c.task, _mine.c.labeler == bindparam("who")),
)
"""That an assignment is open to somebody's group, and its task new to them."""
_HELD = (
    _table.c.id == bindparam("number"),
    _table.c.labeler == bindparam("who"),
    _table.c.state == "leased",
)
"""That an assignment is leased to somebody."""

# of several processes that see the same late lease, one ends it
_late = (
    select(_table.c.id)
    .where(_table.c.state == "leased", _table.c.expires < bindparam("now"))
    .with_for_update(skip_locked=True)
)
_END_LATE = (
    update(_table)
    .where(_table.c.id.in_(_late.correlate(None)))
    .values(state="lapsed")
    .returning(_table.c.task, _table.c.kind, _table.c.group, _table.c.turn)
)
# a second request of the same person waits for the first: nobody leases two tasks at once
_ONE_AT_A_TIME = (
    select(exists().where(_table.c.state == "leased", _table.c.expires < bindparam("now")))
    .where(tables.accounts.c.id == bindparam("account"))
    .with_for_update(of=tables.accounts)
)
_replacement = exists().where(
    _other.c.task == _table.c.task, _other.c.group == _table.c.group, _other.c.state == "open"
)
_IN_HAND = (
    select(_table)
    .where(
        _table.c.labeler == bindparam("who"),
        _table.c.kind.in_(bindparam("kinds", expanding=True)),
        _table.c.group.in_([bindparam("side"), EVERYBODY]),
        or_(
            _table.c.state == "leased",
            and_(_table.c.state == "lapsed", or_(_table.c.group == EVERYBODY, _replacement)),
        ),
    )
    .order_by(_table.c.state.desc(), _table.c.id)  # leased first
    .with_for_update(of=_table)
)
_RENEW = (
    update(_table)
    .where(_table.c.id == bindparam("number"))
    .values(state="leased", since=bindparam("from"), expires=bindparam("until"))
)
_first = (
    select(_table.c.id)
    .where(*_OPEN, _table.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(_table.c.turn, _table.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(_table)
    .where(_table.c.id == _first.correlate(None).scalar_subquery())
    .values(state="leased", labeler=bindparam("who"), since=bindparam("now"), expires=bindparam("until"))
    .returning(_table.c.id)
)
_substitute = (
    select(_other.c.id)
    .where(
        _other.c.task == bindparam("of_task"),
        _other.c.group == bindparam("side"),
        _other.c.state == "open",
    )
    .limit(1)
    .with_for_update(skip_locked=True)
)
_REMOVE_REPLACEMENT = delete(_table).where(_table.c.id == _substitute.scalar_subquery())


class Queue:
    """The tasks of a database and who does them."""

    def __init__(self, engine: Engine) -> None:
        self._reading = for_reading(engine)
        self._writing = engine

    def add(
        self,
        tasks: Iterable[Task],
        batch: str,
        overlaps: Sequence[int] | int = 1,
        priority: int = 0,
    ) -> int:
        """Put tasks in the queue, for both groups where models are compared, else for those whose work is trained on.

        What the batch has is passed over; what was retired of it is asked for again, as far as it was not done.
        Returns how many tasks are new or come back.

        overlaps: how many labelers of each group shall see a task, for all or one by one.

        Raises:
            InputError: the batch has no name, or one that cannot be shown.
        """
        with self._writing.begin() as connection:
            return _add(connection, tasks, batch, overlaps, priority)

    def replace_screening(self, tasks: Iterable[Task], batch: str) -> int:
        """Ask newcomers these tasks, and none of an earlier screening that is not among them. Returns as `add`."""
        earlier = update(tables.tasks).where(tables.tasks.c.screening)
        with self._writing.begin() as connection:
            connection.execute(earlier.values(retired=True))
            return _add(connection, tasks, batch)

    def has_screening(self) -> bool:
        """Whether there ever was a screening; it may be retired."""
        with self._reading.begin() as connection:
            return bool(connection.scalar(select(exists().where(tables.tasks.c.screening))))

    def prioritize(self, batch: str, priority: int) -> int:
        """Say what comes first: higher goes before lower. Returns how many assignments are not done yet.

        What is in somebody's hands stays there, and has the new priority should it come back.
        """
        of_batch = select(tables.tasks.c.id).where(tables.tasks.c.batch == batch)
        undone = (_table.c.task.in_(of_batch), _table.c.state.in_(("open", "leased", "lapsed")))
        with self._writing.begin() as connection:
            return connection.execute(update(_table).where(*undone).values(turn=-priority)).rowcount

    def retire(self, batch: str) -> int:
        """Ask nobody any more for what is open of a batch; returns how many assignments that were.

        What is in somebody's hands may still be answered, and what was answered stays.

        Raises:
            InputError: there is no work of this batch.
        """
        asked = tables.tasks
        of_batch = select(asked.c.id).where(asked.c.batch == batch)
        with self._writing.begin() as connection:
            if not connection.execute(
                update(asked).where(asked.c.batch == batch).values(retired=True)
            ).rowcount:
                batches = connection.scalars(select(asked.c.batch).distinct().order_by(asked.c.batch)).all()
                raise InputError("no such work", f"batch {batch!r}", suggestion(batch, batches))
            gone = delete(_table).where(_table.c.task.in_(of_batch), _table.c.state == "open")
            return connection.execute(gone).rowcount

    def ask_again(self, task: int) -> bool:
        """Ask one labeler more, of each group that skipped it, for a parked task; False where it is not parked."""
        asked = tables.tasks
        known = select(asked.c.id).where(asked.c.id == task, ~asked.c.retired).with_for_update()
        with self._writing.begin() as connection:
            if connection.scalar(known) is None:
                return False
            rows = connection.execute(select(_table).where(_table.c.task == task)).mappings().all()
            states = Counter(row["state"] for row in rows)
            if states["skipped"] < SKIPS or states["open"] or states["leased"]:
                return False
            # of each group one skip counts no more, so that the task is parked again only when it is skipped again
            skipped = {row["group"]: row for row in rows if row["state"] == "skipped"}.values()
            replaced = _table.c.id.in_([row["id"] for row in skipped])
            connection.execute(update(_table).where(replaced).values(state="set_aside"))
            connection.execute(_table.insert(), [again(row) for row in skipped])
        return True

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
        if account.standing is Standing.disabled:
            return None
        wish = {
            "who": account.name,
            "side": account.group,
            "kinds": list(kinds),
            "now": now,
            "until": now + seconds,
        }
        with self._writing.begin() as connection:
            if connection.scalar(_ONE_AT_A_TIME, {"account": account.id, "now": now}):
                _lapse(connection, now)
            number = _in_hand(connection, wish)
            if number is None:
                number = _next(connection, account, wish, control)
            return None if number is None else read(connection, number)

    def assignment(self, number: int) -> Assignment | None:
        """The assignment of this id."""
        with self._reading.begin() as connection:
            return read(connection, number)

    def keep(
        self, number: int, labeler: str, seconds: float, draft: Any = None, now: float | None = None
    ) -> bool:
        """Prolong a lease, and keep a draft with it; False when it is not this labeler's, or is done."""
        now = time.time() if now is None else now
        kept = {} if draft is None else {"draft": draft}
        prolong = update(_table).where(*_HELD).values(expires=now + seconds, **kept)
        with self._writing.begin() as connection:
            return bool(connection.execute(prolong, {"number": number, "who": labeler}).rowcount)

    def give_back(self, number: int, labeler: str) -> bool:
        """End a lease without an answer: the task is open again, for this labeler too. False as for `keep`."""
        nobodys = {"state": "open", "labeler": None, "since": None, "expires": None, "draft": None}
        with self._writing.begin() as connection:
            held = select(_table.c.id).where(*_HELD).with_for_update()
            if connection.scalar(held, {"number": number, "who": labeler}) is None:
                return False
            mine = _table.c.id == number
            # a control item is assigned anew when its turn comes
            connection.execute(delete(_table).where(mine, _table.c.group == EVERYBODY))
            connection.execute(update(_table).where(mine).values(**nobodys))
        return True

    def waiting(self, account: Account) -> dict[TaskKind, int]:
        """How many tasks of each kind are open to somebody."""
        asked = tables.tasks
        if account.standing is Standing.screening:
            done = exists().where(
                _mine.c.task == asked.c.id,
                _mine.c.labeler == account.name,
                _mine.c.state.not_in(("leased", "lapsed")),
            )
            query = select(asked.c.kind, func.count()).where(asked.c.screening, ~asked.c.retired, ~done)
            query = query.group_by(asked.c.kind)
        else:
            query = select(_table.c.kind, func.count(_table.c.task.distinct()))
            query = query.where(*_OPEN).group_by(_table.c.kind)
        of = {"side": account.group, "who": account.name}
        with self._reading.begin() as connection:
            return {TaskKind(kind): count for kind, count in connection.execute(query, of)}

    def outstanding(self, batch: str, kind: TaskKind, now: float | None = None) -> int:
        """How many judgments of a batch may still come: what is open, and what is in somebody's hands; of retired work
        only while the lease lasts.
        """
        asked = tables.tasks
        in_hand = and_(
            _table.c.state == "leased",
            or_(~asked.c.retired, _table.c.expires >= (time.time() if now is None else now)),
        )
        query = (
            select(func.count())
            .select_from(_table.join(asked, _table.c.task == asked.c.id))
            .where(asked.c.batch == batch, asked.c.kind == kind, or_(_table.c.state == "open", in_hand))
        )
        with self._reading.begin() as connection:
            return connection.scalar(query) or 0


def _add(
    connection: Connection,
    tasks: Iterable[Task],
    batch: str,
    overlaps: Sequence[int] | int = 1,
    priority: int = 0,
) -> int:
    if not batch.strip() or not batch.isprintable() or len(batch) > LONGEST_BATCH:
        raise InputError("is no name of a batch", f"batch {batch!r}", f"take 1 to {LONGEST_BATCH} letters")
    tasks = list(tasks)
    wanted = [overlaps] * len(tasks) if isinstance(overlaps, int) else overlaps
    added = 0
    for task, overlap in zip(tasks, wanted, strict=True):
        number = _insert_task(connection, task, batch)
        if number is None:
            continue
        added += 1
        done = _done_by_group(connection, number)
        rows = [
            open_row(number, task.kind, group, -priority)
            for group in _seers(task)
            for _ in range(overlap - done.get(group, 0))
        ]
        if rows:
            connection.execute(_table.insert(), rows)
    if added:
        # the server would count the rows in a minute; until then it sorts the whole queue at each lease
        connection.execute(text("ANALYZE assignments"))
    return added


def _seers(task: Task) -> Collection[Group]:
    """The groups that a new task is assigned to; a control item is assigned when it is somebody's turn."""
    if task.purpose is Purpose.control:
        return ()
    return tuple(Group) if task.purpose is Purpose.evaluation else (Group.training,)


def _insert_task(connection: Connection, task: Task, batch: str) -> int | None:
    """The id of a new task, or of one that comes back from retirement; None where the batch asks it already."""
    table = tables.tasks
    key = key_of(task)
    known = select(table.c.id, table.c.retired).where(table.c.batch == batch, table.c.key == key)
    same = connection.execute(known).first()
    if same is not None:
        connection.execute(update(table).where(table.c.id == same.id).values(retired=False))
        return int(same.id) if same.retired else None
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


def _done_by_group(connection: Connection, task: int) -> dict[str, int]:
    """How many labelers of each group have a task in hand, or have answered it."""
    at_it = (_table.c.task == task, _table.c.state.in_(("leased", "submitted")))
    query = select(_table.c.group, func.count()).where(*at_it).group_by(_table.c.group)
    return dict(connection.execute(query).all())


def _lapse(connection: Connection, now: float) -> None:
    """End the leases that ran out, and open their tasks to others, unless they are retired."""
    rows = connection.execute(_END_LATE, {"now": now}).mappings().all()
    replacements = [again(row) for row in rows if row["group"] != EVERYBODY]
    numbers = {row["task"] for row in replacements}
    retired = select(tables.tasks.c.id).where(tables.tasks.c.id.in_(numbers), tables.tasks.c.retired)
    gone = set(connection.scalars(retired)) if numbers else set()
    wanted = [row for row in replacements if row["task"] not in gone]
    if wanted:
        connection.execute(_table.insert(), wanted)


def _in_hand(connection: Connection, wish: Mapping[str, Any]) -> int | None:
    """What somebody has leased, for longer; or what lapsed and nobody else has taken since, leased again."""
    for row in connection.execute(_IN_HAND, wish).mappings().all():
        leased = row["state"] == "leased"
        if leased or take_replacement(connection, row):
            since = row["since"] if leased else wish["now"]
            connection.execute(_RENEW, {"number": row["id"], "from": since, "until": wish["until"]})
            return int(row["id"])
    return None


def take_replacement(connection: Connection, lapsed: RowMapping) -> bool:
    """Remove the open assignment that took a lapsed one's place; False where somebody is at it already."""
    if lapsed["group"] == EVERYBODY:
        return True
    place = {"of_task": lapsed["task"], "side": lapsed["group"]}
    return connection.execute(_REMOVE_REPLACEMENT, place).rowcount > 0


def _next(connection: Connection, account: Account, wish: Mapping[str, Any], control: bool) -> int | None:
    """Something that somebody has not had yet, leased to them."""
    if account.standing is Standing.screening:
        return _control(connection, wish, screening=True)
    number = _control(connection, wish, screening=False) if control else None
    return connection.scalar(_TAKE, wish) if number is None else number


def _control(connection: Connection, wish: Mapping[str, Any], screening: bool) -> int | None:
    """A new assignment of a control item."""
    asked = tables.tasks
    had = exists().where(_table.c.task == asked.c.id, _table.c.labeler == wish["who"])
    query = select(asked.c.id, asked.c.kind).where(
        asked.c.purpose == Purpose.control,
        asked.c.screening.is_(screening),
        ~asked.c.retired,
        asked.c.kind.in_(wish["kinds"]),
        ~had,
    )
    found = connection.execute(query.order_by(asked.c.id).limit(1)).first()
    if found is None:
        return None
    leased = {
        "state": "leased",
        "labeler": wish["who"],
        "since": wish["now"],
        "expires": wish["until"],
    }
    return insert_one(connection, _table, open_row(found.id, found.kind, EVERYBODY, 0) | leased)
