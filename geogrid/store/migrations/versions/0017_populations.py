"""Create the table of populations of areas."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Integer, String

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "populations",
        sa.Column("code", String(40), nullable=False),
        sa.Column("people", Integer, nullable=False),
        sa.Column("source", String(200), nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_populations"),
    )
