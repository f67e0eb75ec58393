"""The tables, as the last change in `migrations/versions` leaves them.

What people said is only ever added to: a correction is a new row, and takes the old one back by a row of
`withdrawals`. What changes are accounts and assignments. Times are seconds since 1970.

Every table of judgments has the same first columns: `id` counts up in the order of insertion, `batch` says in
which collection the row was written, `key` is a hash of the whole record. (batch, key) is unique, which makes
writing the same batch again harmless. Prompts are stored once by content, in `contents`; rows refer to them. What came
through the labeling app has the number of its `submission`.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
)

metadata = MetaData()

contents = Table(
    "contents",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("prompt_id", String(16), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("use_case", String(32)),
    Column("user", Text),
    Column("kind", String(32)),
    Column("split", String(16)),
)

labelers = Table(
    "labelers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, index=True),
    Column("group", String(16), nullable=False),
)


def _judgments(name: str, *columns: Column) -> Table:
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        Column("batch", String(200), nullable=False),
        Column("key", String(32), nullable=False),
        Column("content", String(32), ForeignKey("contents.key"), nullable=False, index=True),
        Column("submission", Integer, index=True),
        *columns,
        UniqueConstraint("batch", "key"),
    )


def _purpose(of_old: str = "training") -> Column:
    """What a judgment may be used for; of_old: those from before this was asked."""
    return Column("purpose", String(16), nullable=False, server_default=of_old)


prompts = _judgments("prompts")

demonstrations = _judgments(
    "demonstrations",
    Column("completion", Text, nullable=False),
    Column("labeler", Text),
    _purpose(),
)

completions = _judgments(
    "completions",
    Column("text", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("temperature", Float, nullable=False),
    Column("finish_reason", String(16)),
)

rankings = _judgments(
    "rankings",
    Column("completions", JSON, nullable=False),
    Column("ranks", JSON, nullable=False),
    Column("labeler", Text),
    Column("sources", JSON(none_as_null=True)),
    _purpose(),
)

ratings = _judgments(
    "ratings",
    Column("completion", Text, nullable=False),
    Column("source", Text),
    Column("overall", Integer, nullable=False),
    Column("fails_task", Boolean, nullable=False),
    Column("inappropriate", Boolean, nullable=False),
    Column("hallucination", Boolean, nullable=False),
    Column("satisfies_constraint", Boolean),
    Column("sexual_content", Boolean, nullable=False),
    Column("violent_content", Boolean, nullable=False),
    Column("encourages_harm", Boolean, nullable=False),
    Column("denigrates_protected_class", Boolean, nullable=False),
    Column("harmful_advice", Boolean, nullable=False),
    Column("opinion", Boolean, nullable=False),
    Column("moral_judgment", Boolean, nullable=False),
    Column("labeler", Text),
    _purpose("evaluation"),
)

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("table", String(16), nullable=False),
    Column("row", Integer, nullable=False),
    UniqueConstraint("table", "row"),
)
"""Judgments that no longer count: corrected or set aside."""

numbered = (prompts, labelers, demonstrations, completions, rankings, ratings, withdrawals)
"""The tables whose rows count up, and which a snapshot therefore bounds by their highest ids."""

snapshots = Table(
    "snapshots",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("highest", JSON, nullable=False),
    Column("made", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("password", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("group", String(16), nullable=False),
    Column("standing", String(16), nullable=False),
    Column("daily_limit", Integer),
    Column("session", Integer, nullable=False, server_default="0"),
    Column("at", Float, nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("group", String(16), nullable=False),
    Column("screening", Boolean, nullable=False),
    Column("expires", Float, nullable=False),
    Column("used_by", String(100)),
)
"""`token`: the SHA-256 of what the link holds."""

secrets = Table(
    "secrets",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)
"""What sessions are signed with: the same for all processes that serve one database."""

instructions = Table(
    "instructions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("author", String(100)),
    Column("at", Float, nullable=False),
    UniqueConstraint("kind", "version"),
)

readings = Table(
    "readings",
    metadata,
    Column("labeler", String(100), primary_key=True),
    Column("instructions", Integer, ForeignKey("instructions.id"), primary_key=True),
    Column("at", Float, nullable=False),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch", String(200), nullable=False),
    Column("key", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("screening", Boolean, nullable=False),
    Column("retired", Boolean, nullable=False, server_default=false()),
    Column("content", String(32), ForeignKey("contents.key"), index=True),
    Column("task", JSON, nullable=False),
    Column("at", Float, nullable=False),
    UniqueConstraint("batch", "key"),
    Index("ix_tasks_control", "purpose", "screening", "kind"),
)
"""`task`: the whole of it but its prompt, which `content` has."""

assignments = Table(
    "assignments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task", Integer, ForeignKey("tasks.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("group", String(16), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("labeler", String(100)),
    Column("since", Float),
    Column("expires", Float),
    Column("draft", JSON(none_as_null=True)),
    UniqueConstraint("task", "labeler"),
    Index("ix_assignments_next", "state", "group", "turn", "id"),
    Index("ix_assignments_labeler", "labeler", "state"),
    Index("ix_assignments_expires", "state", "expires"),
)
"""One judgment that is wanted of a task, and who is at it: `open`, `leased`, `lapsed`, `skipped`,
`submitted` or `set_aside`.

A task has as many as labelers shall see it. `kind` is the task's, here so that the next is found in one table.
`turn` is the priority with its sign turned, so that an index has the rows in the order of the queue: the next is the
first, and nothing is sorted.
"""

submissions = Table(
    "submissions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("assignment", Integer, ForeignKey("assignments.id"), nullable=False, index=True),
    Column("task", Integer, ForeignKey("tasks.id"), nullable=False, index=True),
    Column("labeler", String(100), nullable=False),
    Column("client", String(64), nullable=False),
    Column("answer", JSON, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("instructions", Integer, ForeignKey("instructions.id")),
    Column("corrects", Integer, ForeignKey("submissions.id"), unique=True),
    Column("at", Float, nullable=False),
    UniqueConstraint("labeler", "client"),
    Index("ix_submissions_labeler", "labeler", "corrects", "at"),
)
"""The journal: everything that was sent in, as it was sent. What became of it is in the tables of judgments.

`client` is chosen by the sender, so that what is sent twice counts once; `seconds` is how long it took.
"""

grades = Table(
    "grades",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission", Integer, ForeignKey("submissions.id"), nullable=False, index=True),
    Column("reviewer", String(100), nullable=False),
    Column("grade", Integer, nullable=False),
    Column("at", Float, nullable=False),
)
"""What reviewers think of newcomers' demonstrations, from 1 to 7."""

keys = Table(
    "keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("user", String(64), nullable=False),
    Column("requests_per_minute", Integer),
    Column("tokens_per_minute", Integer),
    Column("longest_completion", Integer),
    Column("revoked", Boolean, nullable=False, server_default=false()),
    Column("at", Float, nullable=False),
)
"""Who may use the served models. `hash`: the SHA-256 of the key, which nobody keeps; `user`: the opaque id under which
prompts sent with it are collected. Limits are null where the server's own hold."""

collected = Table(
    "collected",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", String(64), nullable=False, index=True),
    Column("origin", String(16), nullable=False),
    Column("model", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("completions", JSON, nullable=False),
    Column("at", Float, nullable=False),
)
"""What was asked of served models while collection was on, as it was asked: `origin` is `api` or `playground`. Nothing
of it is trained on before `tutelage data prepare` has made prompts of it (§3.2)."""

feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", String(64), nullable=False, index=True),
    Column("prompt", Text, nullable=False),
    Column("completions", JSON, nullable=False),
    Column("sources", JSON, nullable=False),
    Column("ranks", JSON, nullable=False),
    Column("at", Float, nullable=False),
)
"""What users who are no labelers said of answers in the playground; never training data."""
