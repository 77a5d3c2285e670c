"""Create the tables of inspected sites and the ledger."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Geometry, Integer, String, Text, UtcDateTime

revision = "0010"
down_revision = "0008"

_FILTERS = ("site", "round", "street_code", "community_code", "grid_code", "department", "state")


def upgrade() -> None:
    """Create the tables of sites, ledger entries, their steps and evidence."""
    _make_sites()
    _make_rounds()
    _make_ledger()
    _make_steps()
    _make_evidence()


def _make_sites() -> None:
    op.create_table(
        "inspection_sites",
        sa.Column("id", Integer, nullable=False),
        sa.Column("code", String(40), nullable=False),
        sa.Column("name", String(200), nullable=False),
        sa.Column("kind", String(40), nullable=False),
        sa.Column("geometry", Geometry, nullable=False),
        sa.Column("lon", sa.Float, nullable=False),
        sa.Column("lat", sa.Float, nullable=False),
        sa.Column("generation", Integer, nullable=False),
        sa.Column("street_code", String(20)),
        sa.Column("community_code", String(20)),
        sa.Column("grid_code", String(20)),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], name="fk_inspection_sites_generation"),
        sa.PrimaryKeyConstraint("id", name="pk_inspection_sites"),
        sa.UniqueConstraint("code", name="uq_inspection_sites_code"),
    )


def _make_rounds() -> None:
    op.create_table(
        "rounds",
        sa.Column("id", Integer, nullable=False),
        sa.Column("name", String(100), nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rounds"),
        sa.UniqueConstraint("name", name="uq_rounds_name"),
    )
    op.create_table(
        "round_sites",
        sa.Column("round", Integer, nullable=False),
        sa.Column("site", Integer, nullable=False),
        sa.ForeignKeyConstraint(["round"], ["rounds.id"], name="fk_round_sites_round"),
        sa.ForeignKeyConstraint(["site"], ["inspection_sites.id"], name="fk_round_sites_site"),
        sa.PrimaryKeyConstraint("round", "site", name="pk_round_sites"),
        sqlite_with_rowid=False,
    )


def _make_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", Integer, nullable=False),
        sa.Column("number", String(40), nullable=False),
        sa.Column("site", Integer, nullable=False),
        sa.Column("round", Integer, nullable=False),
        sa.Column("category", String(20), nullable=False),
        sa.Column("found_at", UtcDateTime, nullable=False),
        sa.Column("description", Text, nullable=False),
        sa.Column("duty", String(20), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("incident", Integer),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("generation", Integer, nullable=False),
        sa.Column("street_code", String(20)),
        sa.Column("community_code", String(20)),
        sa.Column("grid_code", String(20)),
        sa.Column("version", Integer, nullable=False),
        sa.Column("state", String(20), nullable=False),
        sa.Column("department", String(100), nullable=False),
        sa.Column("rectification", Text, nullable=False),
        sa.Column("rectified_at", UtcDateTime),
        sa.Column("rectified_by", String(100)),
        sa.Column("returned_at", UtcDateTime),
        sa.Column("struck_off_at", UtcDateTime),
        sa.ForeignKeyConstraint(["site"], ["inspection_sites.id"], name="fk_ledger_site"),
        sa.ForeignKeyConstraint(["round"], ["rounds.id"], name="fk_ledger_round"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_ledger_incident"),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], name="fk_ledger_generation"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sa.UniqueConstraint("number", name="uq_ledger_number"),
    )
    for column in _FILTERS:
        op.create_index(f"ix_ledger_{column}_id", "ledger", [column, "id"])
    op.create_index("ix_ledger_found_at", "ledger", ["found_at"])
    op.create_table(
        "ledger_numbers",
        sa.Column("year", Integer, nullable=False, autoincrement=False),
        sa.Column("last", Integer, nullable=False),
        sa.PrimaryKeyConstraint("year", name="pk_ledger_numbers"),
    )


def _make_steps() -> None:
    op.create_table(
        "ledger_steps",
        sa.Column("entry", Integer, nullable=False),
        sa.Column("number", Integer, nullable=False),
        sa.Column("action", String(40), nullable=False),
        sa.Column("from_state", String(20)),
        sa.Column("to_state", String(20), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor_id", String(100), nullable=False),
        sa.Column("actor", String(100), nullable=False),
        sa.Column("role", String(20), nullable=False),
        sa.Column("note", Text, nullable=False),
        sa.Column("details", Text),
        sa.ForeignKeyConstraint(["entry"], ["ledger.id"], name="fk_ledger_steps_entry"),
        sa.PrimaryKeyConstraint("entry", "number", name="pk_ledger_steps"),
        sqlite_with_rowid=False,
    )


def _make_evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", Integer, nullable=False),
        sa.Column("entry", Integer, nullable=False),
        sa.Column("sha256", String(64), nullable=False),
        sa.Column("media_type", String(40), nullable=False),
        sa.Column("size", Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("actor_id", String(100), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["ledger.id"], name="fk_evidence_entry"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
    )
    op.create_index("ix_evidence_entry", "evidence", ["entry"])
