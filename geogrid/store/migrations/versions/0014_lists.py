"""Add indexes for lists by department, worker or source, and covering indexes for queue counts."""

from alembic import op
from sqlalchemy import text

revision = "0014"
down_revision = "0013"

_COUNTED = ("stage_due_at", "id", "status", "warn_at")
_QUEUES = {
    "stage_due_at": _COUNTED,
    "street_code": ("street_code", *_COUNTED),
    "department": ("department", *_COUNTED),
}


def upgrade() -> None:
    """Add the indexes, and recreate those of the queue with more columns."""
    for name in ("department", "handled_by", "source"):
        op.create_index(f"ix_incidents_{name}_reported_at", "incidents", [name, "reported_at"])
    op.create_index("ix_incidents_merged_into", "incidents", ["merged_into"])
    waits = text("stage_due_at IS NOT NULL")
    for name, columns in _QUEUES.items():
        op.drop_index(f"ix_incidents_queue_{name}", "incidents")
        op.create_index(f"ix_incidents_queue_{name}", "incidents", columns, sqlite_where=waits, postgresql_where=waits)
