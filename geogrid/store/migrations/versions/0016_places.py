"""Create the tables of the gazetteer and of the change feed."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Integer, String, UtcDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the tables of places and of changes."""
    op.create_table(
        "place_lists",
        sa.Column("id", Integer, nullable=False),
        sa.Column("source", String(100), nullable=False),
        sa.Column("rows", Integer, nullable=False),
        sa.Column("imported_at", UtcDateTime, nullable=False),
        sa.Column("actor_id", String(100), nullable=False),
        sa.Column("actor", String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_place_lists"),
    )
    op.create_table(
        "places",
        sa.Column("id", Integer, nullable=False),
        sa.Column("name", String(200), nullable=False),
        sa.Column("address", String(200), nullable=False),
        sa.Column("kind", String(40), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("given_x", sa.Float(), nullable=False),
        sa.Column("given_y", sa.Float(), nullable=False),
        sa.Column("datum", String(20), nullable=False),
        sa.Column("source", String(100), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_places"),
    )
    op.create_index("ix_places_source", "places", ["source"])
    op.create_table(
        "changes",
        sa.Column("id", Integer, nullable=False),
        sa.Column("incident", Integer, nullable=False),
        sa.Column("version", Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_changes_incident"),
    )
