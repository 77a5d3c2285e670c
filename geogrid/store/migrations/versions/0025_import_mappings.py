"""Add the saved mappings of imported tables."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import String, Text, UtcDateTime

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "import_mappings",
        sa.Column("list", String(20), nullable=False),
        sa.Column("name", String(100), nullable=False),
        sa.Column("content", Text, nullable=False),
        sa.Column("saved_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("list", "name", name="pk_import_mappings"),
    )
