"""Index the queue by category, so that a category's overdue incidents are found among ten million."""

from alembic import op
from sqlalchemy import text

revision = "0031"
down_revision = "0030"

_COLUMNS = ("category", "stage_due_at", "id", "status", "warn_at")


def upgrade() -> None:
    """Create the index."""
    waits = text("stage_due_at IS NOT NULL")
    op.create_index("ix_incidents_queue_category", "incidents", _COLUMNS, sqlite_where=waits, postgresql_where=waits)
