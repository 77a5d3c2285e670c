"""Add versions of routing rules, escalation times, and whistles."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Integer, String, Text, UtcDateTime, Words

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the tables; the rules shipped with geogrid apply until a version is activated."""
    _make_rule_sets()
    _extend_incidents()
    _make_whistles()
    op.create_table(
        "shifts",
        sa.Column("name", String(40), nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_shifts"),
    )


def _extend_incidents() -> None:
    op.add_column("incidents", sa.Column("clock_level", String(20)))
    op.add_column("incidents", sa.Column("escalate_at", UtcDateTime))
    op.add_column("incidents", sa.Column("called", Words))
    escalates = sa.text("escalate_at IS NOT NULL")
    op.create_index(
        "ix_incidents_escalate_at",
        "incidents",
        ["escalate_at"],
        sqlite_where=escalates,
        postgresql_where=escalates,
    )
    waiting = sa.text("triage IS NOT NULL")
    op.create_index(
        "ix_incidents_triage",
        "incidents",
        ["reported_at", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _make_whistles() -> None:
    op.create_table(
        "whistles",
        sa.Column("id", Integer, nullable=False),
        sa.Column("incident", Integer, nullable=False),
        sa.Column("round", Integer, nullable=False),
        sa.Column("department", String(100), nullable=False),
        sa.Column("note", Text, nullable=False),
        sa.Column("blown_at", UtcDateTime, nullable=False),
        sa.Column("blown_by", String(100), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("reported_in_at", UtcDateTime),
        sa.Column("reported_in_by", String(100)),
        sa.Column("answer", Text),
        sa.Column("joined", sa.Boolean),
        sa.Column("rated_at", UtcDateTime),
        sa.Column("rated_by", String(100)),
        sa.Column("rating", Integer),
        sa.Column("rating_note", Text),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_whistles_incident"),
        sa.PrimaryKeyConstraint("id", name="pk_whistles"),
        sa.UniqueConstraint("incident", "round", "department", name="uq_whistles_incident_round_department"),
    )
    op.create_index("ix_whistles_department_due_at", "whistles", ["department", "due_at"])


def _make_rule_sets() -> None:
    op.create_table(
        "rule_sets",
        sa.Column("id", Integer, nullable=False),
        sa.Column("kind", String(20), nullable=False),
        sa.Column("version", String(100), nullable=False),
        sa.Column("content", Text, nullable=False),
        sa.Column("sha256", String(64), nullable=False),
        sa.Column("active_from", UtcDateTime, nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=False),
        sa.Column("actor_id", String(100), nullable=False),
        sa.Column("actor", String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rule_sets"),
    )
    op.create_index("ix_rule_sets_kind_active_from", "rule_sets", ["kind", "active_from"])
