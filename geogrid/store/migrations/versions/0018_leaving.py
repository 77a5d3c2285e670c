"""What else those are told who follow along: imports, and what leaves their bounds."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.types import Attributes, Integer

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the columns; of changes that were noted before, neither is told."""
    op.add_column("changes", sa.Column("through", Integer))
    op.add_column("changes", sa.Column("left", Attributes))
