"""Add parts of incidents, and say whether a location review blocks an incident."""

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Attributes, Integer

revision = "0024"
down_revision = "0023"

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
    # Alembic would add the constraint separately, which SQLite does not support; this works on both databases.
    whole = "INTEGER" if connection.dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE incidents ADD COLUMN part_of {whole} CONSTRAINT fk_incidents_part_of REFERENCES incidents (id)"
    )
    op.add_column("incidents", sa.Column("part", Integer))
    op.add_column("incidents", sa.Column("split_into", Integer, nullable=False, server_default="0"))
    is_part = sa.text("part_of IS NOT NULL")
    op.create_index("ix_incidents_part_of", "incidents", ["part_of"], sqlite_where=is_part, postgresql_where=is_part)
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
