"""Add thematic layers, the attributes of areas, and the base generation of a draft."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Integer, String, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table and add the columns."""
    op.create_table(
        "themes",
        sa.Column("generation", Integer, nullable=False),
        sa.Column("name", String(40), nullable=False),
        sa.Column("title", String(200), nullable=False),
        sa.Column("title_en", String(200), nullable=False),
        sa.Column("shape", String(20), nullable=False),
        sa.PrimaryKeyConstraint("generation", "name", name="pk_themes"),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], name="fk_themes_generation"),
    )
    op.add_column("areas", sa.Column("attributes", Text))
    op.add_column("generations", sa.Column("base", Integer))
