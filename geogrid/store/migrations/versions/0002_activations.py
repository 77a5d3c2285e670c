"""Create the table of activations of generations."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Integer, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table, and convert the date of each generation to an activation."""
    op.create_table(
        "activations",
        sa.Column("id", Integer, nullable=False),
        sa.Column("generation", Integer, nullable=False),
        sa.Column("active_from", UtcDateTime, nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_activations"),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], name="fk_activations_generation"),
    )
    op.execute(
        "INSERT INTO activations (generation, active_from, decided_at) "
        "SELECT id, active_from, active_from FROM generations"
    )
    # Not with Alembic's batch mode, which recreates the table that foreign keys reference.
    op.execute("ALTER TABLE generations RENAME COLUMN active_from TO created_at")
