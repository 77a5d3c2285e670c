"""Thematic layers, the attributes of areas, and from which generation a draft took what was not brought."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table and the columns."""
    op.create_table(
        "themes",
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("title_en", sa.String(200), nullable=False),
        sa.Column("shape", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("generation", "name", name="pk_themes"),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], name="fk_themes_generation"),
    )
    op.add_column("areas", sa.Column("attributes", sa.Text))
    op.add_column("generations", sa.Column("base", sa.Integer))
