"""Add the grid named in a report, beside the grid that contains its point."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import String

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column."""
    op.add_column("incidents", sa.Column("claimed_grid", String(20)))
