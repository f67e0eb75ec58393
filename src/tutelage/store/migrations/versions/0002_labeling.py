"""Labeling: who may sign in, what is to be done and by whom, everything that was sent in, and what was taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for name in ("prompts", "demonstrations", "completions", "rankings", "ratings"):
        op.add_column(name, sa.Column("submission", sa.Integer))
        op.create_index(f"ix_{name}_submission", name, ["submission"])
    for name, of_old in (("demonstrations", "training"), ("rankings", "training"), ("ratings", "evaluation")):
        purpose = sa.Column("purpose", sa.String(16), nullable=False, server_default=of_old)
        op.add_column(name, purpose)
    # where held-out labelers ranked, models were compared
    op.execute(
        "UPDATE rankings SET purpose = 'evaluation' WHERE batch IN (SELECT rankings.batch FROM rankings"
        " JOIN labelers ON labelers.name = rankings.labeler WHERE labelers.\"group\" = 'heldout')"
    )
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("table", sa.String(16), nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.UniqueConstraint("table", "row"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("group", sa.String(16), nullable=False),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("daily_limit", sa.Integer),
        sa.Column("session", sa.Integer, nullable=False, server_default="0"),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "invitations",
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("group", sa.String(16), nullable=False),
        sa.Column("screening", sa.Boolean, nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
        sa.Column("used_by", sa.String(100)),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "instructions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("author", sa.String(100)),
        sa.Column("at", sa.Float, nullable=False),
        sa.UniqueConstraint("kind", "version"),
    )
    op.create_table(
        "readings",
        sa.Column("labeler", sa.String(100), primary_key=True),
        sa.Column("instructions", sa.Integer, sa.ForeignKey("instructions.id"), primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("batch", sa.String(200), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("screening", sa.Boolean, nullable=False),
        sa.Column("content", sa.String(32), sa.ForeignKey("contents.key")),
        sa.Column("task", sa.JSON, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.UniqueConstraint("batch", "key"),
    )
    op.create_index("ix_tasks_content", "tasks", ["content"])
    op.create_index("ix_tasks_control", "tasks", ["purpose", "screening", "kind"])
    op.create_table(
        "assignments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("task", sa.Integer, sa.ForeignKey("tasks.id"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("group", sa.String(16), nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("labeler", sa.String(100)),
        sa.Column("since", sa.Float),
        sa.Column("expires", sa.Float),
        sa.Column("draft", sa.JSON(none_as_null=True)),
        sa.UniqueConstraint("task", "labeler"),
    )
    op.create_index("ix_assignments_next", "assignments", ["state", "group", "turn", "id"])
    op.create_index("ix_assignments_labeler", "assignments", ["labeler", "state"])
    op.create_index("ix_assignments_expires", "assignments", ["state", "expires"])
    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("assignment", sa.Integer, sa.ForeignKey("assignments.id"), nullable=False),
        sa.Column("task", sa.Integer, sa.ForeignKey("tasks.id"), nullable=False),
        sa.Column("labeler", sa.String(100), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("answer", sa.JSON, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("instructions", sa.Integer, sa.ForeignKey("instructions.id")),
        sa.Column("corrects", sa.Integer, sa.ForeignKey("submissions.id"), unique=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.UniqueConstraint("labeler", "client"),
    )
    op.create_index("ix_submissions_assignment", "submissions", ["assignment"])
    op.create_index("ix_submissions_task", "submissions", ["task"])
    op.create_index("ix_submissions_labeler", "submissions", ["labeler", "at"])
    op.create_table(
        "grades",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("submission", sa.Integer, sa.ForeignKey("submissions.id"), nullable=False),
        sa.Column("reviewer", sa.String(100), nullable=False),
        sa.Column("grade", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("ix_grades_submission", "grades", ["submission"])
