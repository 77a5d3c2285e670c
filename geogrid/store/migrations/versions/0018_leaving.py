"""Extend the change feed by imports and by incidents that leave the bounds of a client."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Attributes, Integer

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the columns; they are NULL for older changes."""
    op.add_column("changes", sa.Column("through", Integer))
    op.add_column("changes", sa.Column("left", Attributes))
