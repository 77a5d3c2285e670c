"""Create the table of restatements of incidents by another generation."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Integer, String

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "restatements",
        sa.Column("generation", Integer, nullable=False),
        sa.Column("incident", Integer, nullable=False),
        sa.Column("locate_status", String(20), nullable=False),
        sa.Column("base_code", String(20)),
        sa.Column("base_layer", String(20)),
        sa.Column("dedicated_code", String(20)),
        sa.Column("community_code", String(20)),
        sa.Column("street_code", String(20)),
        sa.PrimaryKeyConstraint("generation", "incident", name="pk_restatements"),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], name="fk_restatements_generation"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_restatements_incident"),
        sqlite_with_rowid=False,
    )
