"""The journal: everything that labelers sent in, as it was sent, and what became of it.

All that an answer changes is changed in one transaction: what was acknowledged is in the database.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, Select, and_, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from tutelage.schema import (
    ANSWER,
    ANSWERS,
    Account,
    Group,
    InputError,
    Order,
    Purpose,
    Record,
    Skipped,
    Task,
)
from tutelage.store import tables
from tutelage.store.assignments import again, insert_one, lock, task_of
from tutelage.store.engine import for_reading, insert_new
from tutelage.store.groups import JUDGMENTS, is_held_out
from tutelage.store.products import Product, products_of
from tutelage.store.queue import SKIPS, take_replacement
from tutelage.store.records import content_row, key_of_parts

_table = tables.submissions
_assignments = tables.assignments

_SAME = (_table.c.labeler == bindparam("who"), _table.c.client == bindparam("client"))
_SENT = select(_table.c.id, _table.c.assignment, _table.c.corrects).where(*_SAME)
# what one person sends at the same moment, or asks of the queue meanwhile, is done one after the other
_SENT_IN_TURN = (
    select(_table.c.id, _table.c.assignment, _table.c.corrects, tables.accounts.c.group)
    .select_from(tables.accounts.outerjoin(_table, and_(*_SAME)))
    .where(tables.accounts.c.id == bindparam("account"))
    .with_for_update(of=tables.accounts)
)
_DONE = (
    update(_assignments)
    .where(_assignments.c.id == bindparam("number"))
    .values(state=bindparam("becomes"), expires=None, draft=None)
)


@dataclass(frozen=True)
class Submission:
    """A line of the journal."""

    id: int
    assignment: int
    task: int
    labeler: str
    answer: Mapping[str, Any]
    seconds: float
    instructions: int | None
    corrects: int | None
    at: float

    @property
    def said(self) -> Record:
        """The answer as a record."""
        return ANSWER.validate_python(self.answer)


class ConflictError(Exception):
    """An answer cannot be taken: it was given already, was corrected meanwhile, or is not this labeler's to give."""


class UnknownError(ConflictError):
    """There is no such thing, or it is another labeler's: which of both is not told."""


class Journal:
    """What was sent in to a database."""

    def __init__(self, engine: Engine) -> None:
        self._reading = for_reading(engine)
        self._writing = engine

    def submit(
        self,
        assignment: int,
        account: Account,
        answer: Record,
        client: str,
        seconds: float | None = None,
        now: float | None = None,
    ) -> int:
        """Take an answer, which is acknowledged by the number of its line in the journal.

        The same `client` again gets the same number and changes nothing.
        seconds: spent on it; since the lease began, where the sender does not know.

        Raises:
            UnknownError: the task is not this labeler's.
            ConflictError: it was answered already.
            InputError: the answer does not fit the task, or is a held-out labeler's to what is trained on.
        """
        now = time.time() if now is None else now
        once = _Once(self, account, client, assignment=assignment, corrects=None)
        with once, self._writing.begin() as connection:
            if once.find(connection):
                return once.number
            row = lock(connection, assignment)
            if row is None or row["labeler"] != account.name:
                raise UnknownError("this is not your task")
            if row["state"] not in ("leased", "lapsed"):
                raise ConflictError("this task was answered already")
            # where somebody else is at a late one meanwhile, their answer takes the place of a skip
            wanted = row["state"] == "leased" or take_replacement(connection, row)
            spent = max(now - row["since"], 0.0)
            line = {"seconds": spent if seconds is None else min(max(seconds, 0.0), spent), "at": now}
            once.number = _append(connection, row, account, answer, client, line, once.held_out)
            becomes = "skipped" if isinstance(answer, Skipped) else "submitted"
            connection.execute(_DONE, {"number": assignment, "becomes": becomes})
            if isinstance(answer, Skipped) and wanted:
                _ask_another(connection, row, unless_skipped=SKIPS)
        return once.number

    def correct(
        self, number: int, account: Account, answer: Record, client: str, now: float | None = None
    ) -> int:
        """Say another thing than in a line of the journal, by a new line; what the old one became is withdrawn.

        Raises:
            ConflictError: the line is somebody else's, a skip, or not the last one about its assignment.
            InputError: the answer does not fit the task.
        """
        now = time.time() if now is None else now
        once = _Once(self, account, client, corrects=number)
        with once, self._writing.begin() as connection:
            if once.find(connection):
                return once.number
            old, row = _last_word(connection, number)
            if old["labeler"] != account.name or isinstance(answer, Skipped):
                raise ConflictError("this is not your answer to correct")
            line = {"seconds": old["seconds"], "corrects": number, "at": now}
            once.number = _append(connection, row, account, answer, client, line, once.held_out)
            _withdraw(connection, number)
        return once.number

    def set_aside(self, number: int) -> None:
        """Have a line of the journal count no more: its judgments are withdrawn, and another labeler is asked.

        Raises:
            ConflictError: it is not the last line about its assignment.
        """
        with self._writing.begin() as connection:
            _, row = _last_word(connection, number)
            _withdraw(connection, number)
            connection.execute(_DONE, {"number": row["id"], "becomes": "set_aside"})
            _ask_another(connection, row)

    def grade(self, submission: int, reviewer: str, grade: int, now: float | None = None) -> None:
        """A reviewer's opinion of a demonstration, from 1 to 7; the last one of each reviewer counts.

        Raises:
            InputError: another number, or no demonstration.
        """
        if not 1 <= grade <= 7:
            raise InputError(f"{grade} is no grade", remedy="give 1 to 7")
        line = self.line(submission)
        if line is None or line.answer["kind"] != "demonstrate":
            raise InputError("is no demonstration", f"answer {submission}")
        at = time.time() if now is None else now
        row = {"submission": submission, "reviewer": reviewer, "grade": grade, "at": at}
        with self._writing.begin() as connection:
            connection.execute(tables.grades.insert(), row)

    def grades(self) -> dict[int, dict[str, int]]:
        """By submission, what each reviewer thinks of it."""
        table = tables.grades
        found: dict[int, dict[str, int]] = {}
        with self._reading.begin() as connection:
            for row in connection.execute(select(table).order_by(table.c.id)):
                found.setdefault(row.submission, {})[row.reviewer] = row.grade
        return found

    def lines(self, labeler: str | None = None, last: int | None = None) -> list[Submission]:
        """What was sent in, the newest last: all, of one labeler, or the last so many."""
        query = lines().order_by(_table.c.id.desc()).limit(last)
        if labeler is not None:
            query = query.where(_table.c.labeler == labeler)
        with self._reading.begin() as connection:
            return [Submission(**row) for row in reversed(connection.execute(query).mappings().all())]

    def line(self, number: int) -> Submission | None:
        """A line by its number."""
        with self._reading.begin() as connection:
            row = connection.execute(lines().where(_table.c.id == number)).mappings().first()
        return None if row is None else Submission(**row)

    def is_last_word(self, number: int) -> bool:
        """Whether a line counts: it is no skip, and was neither corrected nor set aside."""
        with self._reading.begin() as connection:
            try:
                _last_word(connection, number)
            except ConflictError:
                return False
        return True

    def sent(self, labeler: str, client: str) -> RowMapping | None:
        """The line that a client's word stands in: `id`, `assignment`, `corrects`."""
        with self._reading.begin() as connection:
            return connection.execute(_SENT, {"who": labeler, "client": client}).mappings().first()


class _Once:
    """What is sent twice counts once, also when both arrive at the same moment.

    about: the assignment and the corrected line of what is sent; another thing by the same word is a conflict.
    """

    def __init__(self, journal: Journal, account: Account, client: str, **about: int | None) -> None:
        self._journal, self._account, self._client, self._about = journal, account, client, about
        self.number = 0
        self.held_out = False

    def find(self, connection: Connection) -> bool:
        """Whether it was sent before; also finds out whether the sender is held out now."""
        who = {"account": self._account.id, "who": self._account.name, "client": self._client}
        found = connection.execute(_SENT_IN_TURN, who).mappings().one()
        self.held_out = found["group"] == Group.heldout
        return found["id"] is not None and self._is(found)

    def __enter__(self) -> "_Once":
        return self

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> bool:
        # to the second of two, the first's work looks like a conflict
        if not isinstance(error, (IntegrityError, ConflictError)):
            return False
        found = self._journal.sent(self._account.name, self._client)
        return found is not None and self._is(found)

    def _is(self, sent: RowMapping) -> bool:
        """Whether a line is what is being sent now. Raises ConflictError for another one."""
        if any(sent[name] != value for name, value in self._about.items()):
            raise ConflictError("another answer was sent under this client")
        self.number = sent["id"]
        return True


def check_fit(task: Task, answer: Record) -> None:
    """Raises InputError unless this answers that."""
    if isinstance(answer, Skipped):
        return
    if not isinstance(answer, ANSWERS[task.kind]):
        raise InputError(f"is no answer to a task to {task.kind}", "answer.kind")
    if isinstance(answer, Order) and len(answer.marks) != len(task.completions):
        told = f"{len(answer.marks)} of {len(task.completions)} outputs are judged"
        raise InputError(told, "answer.marks", "judge all of them")


def lines() -> Select:
    """The journal's lines, as `Submission` has them."""
    return select(*[column for column in _table.c if column.name != "client"])


def _last_word(connection: Connection, number: int) -> tuple[RowMapping, RowMapping]:
    """A line and its assignment, both kept from others; ConflictError unless it is what counts."""
    line = connection.execute(select(_table).where(_table.c.id == number)).mappings().first()
    row = None if line is None else lock(connection, line["assignment"])
    corrected = connection.execute(select(_table.c.id).where(_table.c.corrects == number)).first()
    if line is None or row is None or row["state"] != "submitted" or corrected is not None:
        raise ConflictError("this answer was corrected, set aside, or is no answer")
    return line, row


def _append(
    connection: Connection,
    assignment: RowMapping,
    account: Account,
    answer: Record,
    client: str,
    line: Mapping[str, Any],
    held_out: bool,
) -> int:
    """A new line, and the judgments that it amounts to."""
    task = task_of(assignment)
    check_fit(task, answer)
    products = products_of(task, answer, account.name)
    if products and held_out and task.purpose is Purpose.training:
        raise is_held_out(account.name)
    about = {
        "assignment": assignment["id"],
        "task": assignment["task"],
        "labeler": account.name,
        "client": client,
        "answer": answer.model_dump(mode="json"),
        "instructions": assignment["instructions"],
    }
    number = insert_one(connection, _table, {**about, **line})
    _add_products(connection, number, task, assignment, products)
    return number


def _add_products(
    connection: Connection, submission: int, task: Task, assignment: RowMapping, products: Sequence[Product]
) -> None:
    contents = {task.prompt: assignment["content"]}
    for table, group in groupby(products, key=lambda product: product.table):
        rows = []
        for place, product in enumerate(group):
            prompt = product.prompt
            if prompt not in contents:
                content = content_row(prompt)
                insert_new(connection, tables.contents, [content])
                contents[prompt] = content["key"]
            # not the hash of the record: said, corrected and said again is three rows
            key = key_of_parts(submission, place)
            row = {"batch": assignment["batch"], "key": key, "content": contents[prompt], **product.row()}
            purpose = {"purpose": task.purpose} if "purpose" in table.c else {}
            rows.append({**row, **purpose, "submission": submission})
        # with RETURNING all rows go in one statement, without it one by one
        connection.execute(insert(table).returning(table.c.id), rows)


def _withdraw(connection: Connection, submission: int) -> None:
    taken = [
        {"table": table.name, "row": row}
        for table in (tables.prompts, *JUDGMENTS)
        for row in connection.scalars(select(table.c.id).where(table.c.submission == submission))
    ]
    insert_new(connection, tables.withdrawals, taken)


def _ask_another(connection: Connection, row: RowMapping, unless_skipped: int | None = None) -> None:
    """Have somebody else do it, unless it is retired, everybody's anyhow, or so many have skipped it."""
    if row["retired"] or task_of(row).purpose is Purpose.control:
        return
    if unless_skipped is not None:
        of_task = (_assignments.c.task == row["task"], _assignments.c.state == "skipped")
        if (connection.scalar(select(func.count()).where(*of_task)) or 0) >= unless_skipped:
            return
    connection.execute(_assignments.insert(), again(row))
