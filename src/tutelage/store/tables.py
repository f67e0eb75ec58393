"""The tables, as the last change in `migrations/versions` leaves them.

Rows are only ever added: a correction is a new row, and nothing is updated or deleted.

Every table of judgments has the same first columns: `id` counts up in the order of insertion, `batch` says in
which collection the row was written, `key` is a hash of the whole record. (batch, key) is unique, which makes
writing the same batch again harmless. Prompts are stored once by content, in `contents`; rows refer to them.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
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
        *columns,
        UniqueConstraint("batch", "key"),
    )


prompts = _judgments("prompts")

demonstrations = _judgments(
    "demonstrations",
    Column("completion", Text, nullable=False),
    Column("labeler", Text),
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
)

numbered = (prompts, labelers, demonstrations, completions, rankings, ratings)
"""The tables whose rows count up, and which a snapshot therefore bounds by their highest ids."""

snapshots = Table(
    "snapshots",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("highest", JSON, nullable=False),
    Column("made", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
