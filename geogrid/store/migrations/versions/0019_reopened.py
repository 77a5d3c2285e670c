"""Count reopenings, and keep the first due time beside that of the last reopening."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from geogrid.store.column_types import Attributes, Integer, UtcDateTime

revision = "0019"
down_revision = "0018"

_INCIDENTS = sa.table(
    "incidents",
    sa.column("id", Integer),
    sa.column("due_at", UtcDateTime),
    sa.column("reopened_due_at", UtcDateTime),
    sa.column("reopened", Integer),
)
_STEPS = sa.table(
    "steps",
    sa.column("incident", Integer),
    sa.column("number", Integer),
    sa.column("action", sa.String),
    sa.column("details", Attributes),
)


def upgrade() -> None:
    """Add the columns; the first due time of incidents that were reopened stands in the step that reopened them."""
    op.add_column("incidents", sa.Column("reopened_due_at", UtcDateTime))
    op.add_column("incidents", sa.Column("reopened", Integer, nullable=False, server_default="0"))
    connection = op.get_bind()
    query = sa.select(_STEPS.c.incident, _STEPS.c.details).where(_STEPS.c.action == "reopen")
    taken: dict[int, list[dict[str, list[str | None]]]] = {}
    for incident, details in connection.execute(query.order_by(_STEPS.c.incident, _STEPS.c.number)):
        taken.setdefault(incident, []).append(details or {})
    for incident, steps in taken.items():
        values: dict[str, object] = {"reopened": len(steps)}
        due_times = [step["due_at"][0] for step in steps if step.get("due_at")]
        if due_times and due_times[0]:
            values |= {"reopened_due_at": _INCIDENTS.c.due_at, "due_at": datetime.fromisoformat(due_times[0])}
        connection.execute(_INCIDENTS.update().where(_INCIDENTS.c.id == incident).values(values))
