"""The two groups of labelers and what keeps them apart: a held-out labeler's work is never trained on (§3.4)."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, bindparam, select, union

from tutelage.schema import Group, InputError, Labeler, Purpose
from tutelage.store import tables
from tutelage.store.engine import insert_new

JUDGMENTS = (tables.demonstrations, tables.rankings, tables.ratings)
"""What labelers make."""
_KEPT_APART = (Purpose.training, Purpose.evaluation)
"""What the groups must not both do; a newcomer's screening binds to neither."""


_GROUPS = select(tables.labelers.c.name, tables.labelers.c.group).order_by(tables.labelers.c.id)
_GROUPS_OF_NAMES = _GROUPS.where(tables.labelers.c.name.in_(bindparam("names", expanding=True)))


def groups_of(connection: Connection, names: Collection[str] | None = None) -> dict[str, str]:
    """The labelers of these names, by default all, and the group last given to each."""
    if names is None:
        rows = connection.execute(_GROUPS)
    else:
        rows = connection.execute(_GROUPS_OF_NAMES, {"names": sorted(names)})
    return {row.name: row.group for row in rows}


def register(connection: Connection, labelers: Iterable[Labeler]) -> None:
    """Add labelers, or move them to another group.

    Raises:
        InputError: one of them has judged already, and would move; or would be held out, and has made training data.
    """
    groups = groups_of(connection)
    new = [labeler for labeler in labelers if groups.get(labeler.name) != labeler.group]
    for labeler in new:
        before = groups.get(labeler.name)
        made_training_data = _makers(connection, [labeler.name], [Purpose.training])
        if labeler.group == Group.heldout and made_training_data:
            told = "has made training data and cannot be held out"
        elif before and _makers(connection, [labeler.name], _KEPT_APART):
            told = f"has judged in the group {before} and cannot leave it"
        else:
            continue
        raise InputError(told, f"labeler {labeler.name!r}", "give the person another name")
    insert_new(connection, tables.labelers, [labeler.model_dump() for labeler in new])


def refuse_held_out(connection: Connection, labelers: Collection[str | None] | None = None) -> None:
    """Raises InputError where one of these labelers is held out; of all training data's where none are named."""
    names = None if labelers is None else {name for name in labelers if name is not None}
    held_out = {name for name, group in groups_of(connection, names).items() if group == Group.heldout}
    if labelers is None:
        labelers = _makers(connection, held_out, [Purpose.training])
    wrong = sorted(held_out.intersection(labelers))
    if wrong:
        raise is_held_out(wrong[0])


def is_held_out(name: str) -> InputError:
    """Why a labeler's work cannot be training data."""
    return InputError(
        "is held out, and what a held-out labeler makes is never trained on",
        f"labeler {name!r}",
        "leave their work out, or record it for evaluation",
    )


def _makers(connection: Connection, names: Collection[str], purposes: Collection[Purpose]) -> set[str]:
    """Which of these names stand at judgments of these purposes; prompts that labelers wrote are for training."""
    wanted = sorted(names)
    makers = [
        select(table.c.labeler).where(table.c.labeler.in_(wanted), table.c.purpose.in_(purposes))
        for table in JUDGMENTS
    ]
    if Purpose.training in purposes:
        sent = tables.submissions
        wrote = select(sent.c.labeler).join(tables.prompts, tables.prompts.c.submission == sent.c.id)
        makers.append(wrote.where(sent.c.labeler.in_(wanted)))
    return set(connection.scalars(union(*makers)))
