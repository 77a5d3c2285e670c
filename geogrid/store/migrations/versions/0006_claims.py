"""The grid that a report claims, beside the one that its point lies in."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.types import String

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column."""
    op.add_column("incidents", sa.Column("claimed_grid", String(20)))
