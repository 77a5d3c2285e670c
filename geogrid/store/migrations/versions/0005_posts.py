"""Create the table of posts: persons responsible for areas and lines."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Integer, String, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "posts",
        sa.Column("id", Integer, nullable=False),
        sa.Column("layer", String(40), nullable=False),
        sa.Column("code", String(40), nullable=False),
        sa.Column("duty", String(20), nullable=False),
        sa.Column("name", String(100), nullable=False),
        sa.Column("title", String(100), nullable=False),
        sa.Column("organisation", String(100), nullable=False),
        sa.Column("phone", String(40), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
        sa.Column("imported_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
        sa.UniqueConstraint(
            "code", "layer", "duty", "name", "valid_from", name="uq_posts_code_layer_duty_name_valid_from"
        ),
    )
