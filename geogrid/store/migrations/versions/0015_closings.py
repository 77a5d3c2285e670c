"""Create the table of closed reporting periods."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Integer, String, UtcDateTime

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "closings",
        sa.Column("id", Integer, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=False),
        sa.Column("actor_id", String(100), nullable=False),
        sa.Column("actor", String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_closings"),
    )
