"""Who may sign in, and as what (§3.4)."""

from enum import StrEnum

from tutelage.schema.labeler import Group
from tutelage.schema.record import Record, Text


class Role(StrEnum):
    """The owner does everything; a reviewer sees all judgments and grades newcomers; a labeler sees their own work."""

    owner = "owner"
    reviewer = "reviewer"
    labeler = "labeler"


class Standing(StrEnum):
    """Where somebody stands: at the screening, at work, or shut out."""

    screening = "screening"
    active = "active"
    disabled = "disabled"


class Account(Record):
    """`daily_limit`: judgments a day at most; None is no limit. `session`: sign-ins with a lower number have ended."""

    id: int
    name: Text
    role: Role
    group: Group
    standing: Standing
    daily_limit: int | None = None
    session: int = 0
