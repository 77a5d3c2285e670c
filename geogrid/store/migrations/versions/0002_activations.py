"""Generations are put in force by decisions of their own: a table of activations."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.types import Integer, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table, and turn each generation's date into its first activation."""
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
    # Not by Alembic's batch, which makes the table anew: others refer to it.
    op.execute("ALTER TABLE generations RENAME COLUMN active_from TO created_at")
