"""Prompts, completions and judgments, labelers and snapshots.

Databases from before there were migrations have these tables, and one that counted formats.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    if "formats" in sa.inspect(op.get_bind()).get_table_names():
        op.drop_table("formats")
        return
    op.create_table(
        "contents",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("prompt_id", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("use_case", sa.String(32)),
        sa.Column("user", sa.Text),
        sa.Column("kind", sa.String(32)),
        sa.Column("split", sa.String(16)),
    )
    op.create_index("ix_contents_prompt_id", "contents", ["prompt_id"])
    op.create_table(
        "labelers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("group", sa.String(16), nullable=False),
    )
    op.create_index("ix_labelers_name", "labelers", ["name"])
    judgments("prompts")
    judgments(
        "demonstrations", sa.Column("completion", sa.Text, nullable=False), sa.Column("labeler", sa.Text)
    )
    judgments(
        "completions",
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("temperature", sa.Float, nullable=False),
        sa.Column("finish_reason", sa.String(16)),
    )
    judgments(
        "rankings",
        sa.Column("completions", sa.JSON, nullable=False),
        sa.Column("ranks", sa.JSON, nullable=False),
        sa.Column("labeler", sa.Text),
        sa.Column("sources", sa.JSON(none_as_null=True)),
    )
    judgments(
        "ratings",
        sa.Column("completion", sa.Text, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("overall", sa.Integer, nullable=False),
        sa.Column("fails_task", sa.Boolean, nullable=False),
        sa.Column("inappropriate", sa.Boolean, nullable=False),
        sa.Column("hallucination", sa.Boolean, nullable=False),
        sa.Column("satisfies_constraint", sa.Boolean),
        sa.Column("sexual_content", sa.Boolean, nullable=False),
        sa.Column("violent_content", sa.Boolean, nullable=False),
        sa.Column("encourages_harm", sa.Boolean, nullable=False),
        sa.Column("denigrates_protected_class", sa.Boolean, nullable=False),
        sa.Column("harmful_advice", sa.Boolean, nullable=False),
        sa.Column("opinion", sa.Boolean, nullable=False),
        sa.Column("moral_judgment", sa.Boolean, nullable=False),
        sa.Column("labeler", sa.Text),
    )
    op.create_table(
        "snapshots",
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("highest", sa.JSON, nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )


def judgments(name: str, *columns: sa.Column) -> None:
    """A table of judgments: the columns that all have, and its own."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("batch", sa.String(200), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("content", sa.String(32), sa.ForeignKey("contents.key"), nullable=False),
        *columns,
        sa.UniqueConstraint("batch", "key"),
    )
    op.create_index(f"ix_{name}_content", name, ["content"])
