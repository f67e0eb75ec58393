"""Tasks that are asked for no more, and an index that counts a labeler's answers without reading them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    retired = sa.Column("retired", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("tasks", retired)
    op.execute("UPDATE tasks SET retired = true, purpose = 'control' WHERE purpose = 'retired'")
    op.drop_index("ix_submissions_labeler", "submissions")
    op.create_index("ix_submissions_labeler", "submissions", ["labeler", "corrects", "at"])
