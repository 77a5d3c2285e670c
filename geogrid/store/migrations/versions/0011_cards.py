"""Create the table of prompt and supervision cards."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Integer, String, Text, UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "cards",
        sa.Column("id", Integer, nullable=False),
        sa.Column("kind", String(20), nullable=False),
        sa.Column("year", Integer, nullable=False),
        sa.Column("serial", Integer, nullable=False),
        sa.Column("incident", Integer, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("department", String(100)),
        sa.Column("level", String(20), nullable=False),
        sa.Column("issued_at", UtcDateTime, nullable=False),
        sa.Column("issued_by", String(100), nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("answer_due_at", UtcDateTime, nullable=False),
        sa.Column("answered_at", UtcDateTime),
        sa.Column("answered_by", String(100)),
        sa.Column("answer", Text),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_cards_incident"),
        sa.PrimaryKeyConstraint("id", name="pk_cards"),
        sa.UniqueConstraint("kind", "year", "serial", name="uq_cards_kind_year_serial"),
    )
    op.create_index("ix_cards_incident", "cards", ["incident"])
