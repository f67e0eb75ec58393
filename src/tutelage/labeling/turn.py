"""Whose turn it is for what: the next task of a labeler, or why there is none."""

import time
from dataclasses import dataclass
from typing import Literal

from tutelage.labelers.policy import is_golds_turn
from tutelage.labeling.desk import Desk
from tutelage.labeling.work import Work, show
from tutelage.schema import Account, TaskKind
from tutelage.store import Assignment, Version

NEWCOMERS = (TaskKind.flag, TaskKind.rank, TaskKind.demonstrate, TaskKind.assess)
"""What the screening is made of."""


@dataclass(frozen=True)
class Nothing:
    """No task now: the queue is empty for this labeler, or the day's limit is reached."""

    reason: Literal["queue", "limit"]


def next_work(desk: Desk, account: Account, kind: TaskKind) -> Work | Version | Nothing:
    """The next task of a kind; or the instructions that have to be read before it."""
    unread = desk.store.instructions.to_read(account.name, kind)
    if unread is not None:
        return unread
    every, today = counts_of(desk, account)
    if account.daily_limit is not None and today >= account.daily_limit:
        return Nothing("limit")
    golds = is_golds_turn(desk.settings.gold_every, every, account.name)
    assignment = desk.store.queue.lease(account, [kind], desk.settings.lease_seconds, control=golds)
    return Nothing("queue") if assignment is None else shown(assignment)


def shown(assignment: Assignment) -> Work:
    """An assignment as its page shows it."""
    left = max(0.0, assignment.expires - time.time())
    return show(assignment.id, assignment.task, assignment.draft, left)


def counts_of(desk: Desk, account: Account) -> tuple[int, int]:
    """Judgments ever, and since midnight (UTC)."""
    now = time.time()
    return desk.store.journal.counts(account.name, now - now % 86400)
