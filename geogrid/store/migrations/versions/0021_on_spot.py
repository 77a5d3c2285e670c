"""Mark incidents that were handled on the spot, keep the kind of photos, and create the table of seeds."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import String, UtcDateTime

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("incidents", sa.Column("on_spot", String(20)))
    op.add_column("photos", sa.Column("kind", String(20)))
    op.create_table(
        "seeds",
        sa.Column("name", String(40), nullable=False),
        sa.Column("seed", String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_seeds"),
    )
