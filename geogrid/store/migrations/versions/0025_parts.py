"""Say whether a location review blocks an incident."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.types import Attributes, Integer

revision = "0025"
down_revision = "0019"

_INCIDENTS = sa.table(
    "incidents",
    sa.column("id", Integer),
    sa.column("triage", sa.String),
    sa.column("triage_blocks", sa.Boolean),
)
_STEPS = sa.table(
    "steps", sa.column("incident", Integer), sa.column("number", Integer), sa.column("details", Attributes)
)
#: A grid code begins with the code of its street.
_STREET_DIGITS = 9


def upgrade() -> None:
    """Add the columns; open reviews block unless their candidates lie in one street."""
    op.add_column("incidents", sa.Column("triage_blocks", sa.Boolean, nullable=False, server_default=sa.false()))
    connection = op.get_bind()
    row = _INCIDENTS.c
    connection.execute(_INCIDENTS.update().where(row.triage.is_not(None)).values(triage_blocks=True))
    query = sa.select(row.id, _STEPS.c.details).join_from(_INCIDENTS, _STEPS, _STEPS.c.incident == row.id)
    hints = [
        incident
        for incident, details in connection.execute(query.where(row.triage == "border", _STEPS.c.number == 1))
        if len({candidate["grid"][:_STREET_DIGITS] for candidate in (details or {}).get("candidates", ())}) == 1
    ]
    for incident in hints:
        connection.execute(_INCIDENTS.update().where(row.id == incident).values(triage_blocks=False))
