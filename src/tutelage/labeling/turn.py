"""Whose turn it is for what: the next task of a labeler, or why there is none."""

from dataclasses import dataclass
from typing import Literal

from tutelage.labelers.policy import is_golds_turn
from tutelage.labeling.desk import Desk
from tutelage.labeling.work import Work, show
from tutelage.schema import Account, Group, Standing, TaskKind
from tutelage.store import Version


@dataclass(frozen=True)
class Nothing:
    """No task now: the queue is empty for this labeler, or the day's limit is reached."""

    reason: Literal["queue", "limit"]


def kinds_for(account: Account) -> tuple[TaskKind, ...]:
    """The kinds of work that somebody is offered."""
    if account.standing is Standing.screening:
        return TaskKind.flag, TaskKind.rank, TaskKind.demonstrate, TaskKind.assess
    if account.group is Group.heldout:
        return (TaskKind.evaluate,)
    return TaskKind.write, TaskKind.demonstrate, TaskKind.rank, TaskKind.evaluate


def next_work(desk: Desk, account: Account, kind: TaskKind) -> Work | Version | Nothing:
    """The next task of a kind; or the instructions that have to be read before it."""
    unread = desk.store.instructions.to_read(account.name, kind)
    if unread is not None:
        return unread
    done = desk.store.overview.judgments(account.name)[account.name]
    if account.daily_limit is not None and done.today >= account.daily_limit:
        return Nothing("limit")
    golds = is_golds_turn(desk.settings.gold_every, done.ever, account.name)
    assignment = desk.store.queue.lease(account, [kind], desk.settings.lease_seconds, control=golds)
    if assignment is None:
        return Nothing("queue")
    return show(assignment.id, assignment.task, assignment.draft)
