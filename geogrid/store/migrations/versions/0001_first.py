"""The first tables: generations, areas, incidents, keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "generations",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("active_from", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_generations"),
        sa.UniqueConstraint("label", name="uq_generations_label"),
    )
    op.create_table(
        "areas",
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("layer", sa.String(40), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("parent", sa.String(20)),
        sa.Column("kind", sa.String(40)),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("geometry", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("generation", "layer", "code", name="pk_areas"),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], name="fk_areas_generation"),
    )
    _create_incidents()
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("revoked_at", sa.DateTime),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    )


def _create_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("reported_at", sa.DateTime, nullable=False),
        sa.Column("handled_at", sa.DateTime),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("category", sa.String(20), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("external_id", sa.String(100)),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("given_x", sa.Float, nullable=False),
        sa.Column("given_y", sa.Float, nullable=False),
        sa.Column("datum", sa.String(20), nullable=False),
        sa.Column("lon", sa.Float, nullable=False),
        sa.Column("lat", sa.Float, nullable=False),
        sa.Column("locate_status", sa.String(20), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("base_code", sa.String(20)),
        sa.Column("base_layer", sa.String(20)),
        sa.Column("dedicated_code", sa.String(20)),
        sa.Column("community_code", sa.String(20)),
        sa.Column("street_code", sa.String(20)),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], name="fk_incidents_generation"),
        sa.UniqueConstraint("source", "external_id", name="uq_incidents_source_external_id"),
    )
    op.create_index("ix_incidents_reported_at_id", "incidents", ["reported_at", "id"])
    for column in ("category", "status", "base_code", "dedicated_code", "community_code", "street_code"):
        op.create_index(f"ix_incidents_{column}_reported_at", "incidents", [column, "reported_at"])
