"""Mark the due times that depend on days whose holidays were not known."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the column. Earlier due times stay unmarked: the database does not say which of them were given."""
    op.add_column("incidents", sa.Column("due_provisional", sa.Boolean, nullable=False, server_default=sa.false()))
