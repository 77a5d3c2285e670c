"""Create the table of snapshots of closed months."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Attributes, Integer, String, UtcDateTime

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "period_snapshots",
        sa.Column("id", Integer, nullable=False),
        sa.Column("month", String(7), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("actor_id", String(100), nullable=False),
        sa.Column("actor", String(100), nullable=False),
        sa.Column("formulas", String(100), nullable=False),
        sa.Column("generation", Integer, nullable=False),
        sa.Column("content", Attributes, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_period_snapshots"),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], name="fk_period_snapshots_generation"),
    )
    op.create_index("ix_period_snapshots_month", "period_snapshots", ["month"])
