"""Create the first tables: generations, areas, incidents, API keys."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Geometry, Integer, String, Text, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of generations, layers and incidents."""
    op.create_table(
        "generations",
        sa.Column("id", Integer, nullable=False),
        sa.Column("label", String(200), nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("active_from", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_generations"),
        sa.UniqueConstraint("label", name="uq_generations_label"),
    )
    op.create_table(
        "areas",
        sa.Column("generation", Integer, nullable=False),
        sa.Column("layer", String(40), nullable=False),
        sa.Column("code", String(40), nullable=False),
        sa.Column("name", String(200), nullable=False),
        sa.Column("parent", String(20)),
        sa.Column("kind", String(40)),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("geometry", Geometry, nullable=False),
        sa.PrimaryKeyConstraint("generation", "layer", "code", name="pk_areas"),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], name="fk_areas_generation"),
    )
    _create_incidents()
    op.create_table(
        "api_keys",
        sa.Column("id", Integer, nullable=False),
        sa.Column("name", String(100), nullable=False),
        sa.Column("key_hash", String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    )

    if op.get_bind().dialect.name == "postgresql":
        _add_points()


def _add_points() -> None:
    """Add a generated geometry column of incidents for desktop GIS programs, and spatial indexes."""
    op.execute(
        "ALTER TABLE incidents ADD COLUMN geom geometry(Point, 4326) "
        "GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(lon, lat), 4326)) STORED"
    )
    op.create_index("ix_incidents_geom", "incidents", ["geom"], postgresql_using="gist")
    op.create_index("ix_areas_geometry", "areas", ["geometry"], postgresql_using="gist")


def _create_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", Integer, nullable=False),
        sa.Column("reported_at", UtcDateTime, nullable=False),
        sa.Column("handled_at", UtcDateTime),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("status", String(20), nullable=False),
        sa.Column("category", String(20), nullable=False),
        sa.Column("source", String(20), nullable=False),
        sa.Column("external_id", String(100)),
        sa.Column("description", Text, nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("given_x", sa.Float, nullable=False),
        sa.Column("given_y", sa.Float, nullable=False),
        sa.Column("datum", String(20), nullable=False),
        sa.Column("lon", sa.Float, nullable=False),
        sa.Column("lat", sa.Float, nullable=False),
        sa.Column("locate_status", String(20), nullable=False),
        sa.Column("generation", Integer, nullable=False),
        sa.Column("base_code", String(20)),
        sa.Column("base_layer", String(20)),
        sa.Column("dedicated_code", String(20)),
        sa.Column("community_code", String(20)),
        sa.Column("street_code", String(20)),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], name="fk_incidents_generation"),
        sa.UniqueConstraint("source", "external_id", name="uq_incidents_source_external_id"),
    )
    op.create_index("ix_incidents_reported_at_id", "incidents", ["reported_at", "id"])
    for column in ("category", "status", "base_code", "dedicated_code", "community_code", "street_code"):
        op.create_index(f"ix_incidents_{column}_reported_at", "incidents", [column, "reported_at"])
