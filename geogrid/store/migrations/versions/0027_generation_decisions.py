"""Mark rollbacks and cancelled activations, and the rule for the dedicated grids of a generation."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import UtcDateTime

revision = "0027"
down_revision = "0025"


def upgrade() -> None:
    """Add the columns. Earlier rollbacks stay unmarked and count as activations."""
    op.add_column("activations", sa.Column("is_rollback", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("activations", sa.Column("cancelled_at", UtcDateTime))
    op.add_column("generations", sa.Column("dedicated_in", sa.String(20), nullable=False, server_default="community"))
