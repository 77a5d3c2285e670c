"""Add indexes on due times for figures, overall and by street."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the indexes."""
    for moment in ("due_at", "close_due_at"):
        op.create_index(f"ix_incidents_{moment}", "incidents", [moment])
        op.create_index(f"ix_incidents_street_code_{moment}", "incidents", ["street_code", moment])
