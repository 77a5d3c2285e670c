"""Add the workflow: progress, steps and photos of incidents, and stored responses."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Integer, String, Text, UtcDateTime

revision = "0007"
down_revision = "0006"

_MOMENTS = (
    "verified_at",
    "filed_at",
    "dispatched_at",
    "checked_at",
    "closed_at",
    "voided_at",
    "stage_due_at",
    "warn_at",
    "due_at",
    "close_due_at",
    "suspended_at",
)


def upgrade() -> None:
    """Add the columns and tables; incidents handled before this migration get the status fed_back."""
    _extend_incidents()
    _make_steps()
    _make_photos()
    _make_answers()
    op.execute("UPDATE incidents SET status = 'fed_back' WHERE status = 'handled'")
    op.execute("UPDATE incidents SET stage_due_at = reported_at WHERE status = 'reported'")
    op.execute(
        "INSERT INTO steps (incident, number, action, to_status, at, actor_id, actor, role, note) "
        "SELECT id, 1, 'import', status, created_at, 'system', 'geogrid', 'system', '' FROM incidents"
    )


def _extend_incidents() -> None:
    op.add_column("incidents", sa.Column("accuracy_m", sa.Float))
    op.add_column("incidents", sa.Column("version", Integer, nullable=False, server_default="1"))
    op.add_column("incidents", sa.Column("level", String(20), nullable=False, server_default="grid"))
    op.add_column("incidents", sa.Column("department", String(100)))
    op.add_column("incidents", sa.Column("triage", String(20)))
    for name in _MOMENTS:
        op.add_column("incidents", sa.Column(name, UtcDateTime))
    op.add_column("incidents", sa.Column("extensions", Integer, nullable=False, server_default="0"))
    op.add_column("incidents", sa.Column("reworks", Integer, nullable=False, server_default="0"))
    op.add_column("incidents", sa.Column("handled_by", String(100)))
    # Alembic would add the constraint separately, which SQLite does not support; this works on both databases.
    whole = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE incidents ADD COLUMN merged_into {whole} "
        "CONSTRAINT fk_incidents_merged_into REFERENCES incidents (id)"
    )
    waiting = sa.text("stage_due_at IS NOT NULL")
    for columns in (("stage_due_at", "id"), ("street_code", "stage_due_at"), ("department", "stage_due_at")):
        op.create_index(
            f"ix_incidents_queue_{columns[0]}",
            "incidents",
            columns,
            sqlite_where=waiting,
            postgresql_where=waiting,
        )


def _make_steps() -> None:
    op.create_table(
        "steps",
        sa.Column("incident", Integer, nullable=False),
        sa.Column("number", Integer, nullable=False),
        sa.Column("action", String(40), nullable=False),
        sa.Column("from_status", String(20)),
        sa.Column("to_status", String(20), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor_id", String(100), nullable=False),
        sa.Column("actor", String(100), nullable=False),
        sa.Column("role", String(20), nullable=False),
        sa.Column("note", Text, nullable=False),
        sa.Column("department", String(100)),
        sa.Column("details", Text),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_steps_incident"),
        sa.PrimaryKeyConstraint("incident", "number", name="pk_steps"),
        sqlite_with_rowid=False,
    )


def _make_photos() -> None:
    op.create_table(
        "photos",
        sa.Column("id", Integer, nullable=False),
        sa.Column("incident", Integer, nullable=False),
        sa.Column("step", Integer),
        sa.Column("sha256", String(64), nullable=False),
        sa.Column("media_type", String(40), nullable=False),
        sa.Column("width", Integer, nullable=False),
        sa.Column("height", Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("actor_id", String(100), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_photos_incident"),
        sa.PrimaryKeyConstraint("id", name="pk_photos"),
    )
    op.create_index("ix_photos_incident", "photos", ["incident"])


def _make_answers() -> None:
    op.create_table(
        "answers",
        sa.Column("actor_id", String(100), nullable=False),
        sa.Column("key", String(200), nullable=False),
        sa.Column("fingerprint", String(64), nullable=False),
        sa.Column("answer", Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "key", name="pk_answers"),
    )
    op.create_index("ix_answers_created_at", "answers", ["created_at"])
