"""Marks of the state of the incidents, which tell whether saved columns are an earlier state of the same database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, func, select

from geogrid.store.bookkeeping import find_seed, renew_seed
from geogrid.store.change_feed import get_newest_change_id
from geogrid.store.tables import changes, incidents, steps

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Name of the seed that changes with every modification of incidents without a row in the change feed.
_SEED: Final = "incident_history"


@dataclass(frozen=True, slots=True)
class IncidentMark:
    """The state of the incidents of a database in one transaction.

    Attributes
    ----------
    history
        A random text; another one after incidents were deleted or placed anew.
    change, newest
        The ids of the newest change and of the newest incident, or 0.
    change_content, newest_content
        The contents of both rows, with times in microseconds, so that no other database has the same.
    """

    history: str
    change: int
    change_content: str
    newest: int
    newest_content: str


def read_mark(connection: Connection) -> IncidentMark:
    """Return the mark of the current state."""
    change = get_newest_change_id(connection)
    newest = int(connection.execute(select(func.coalesce(func.max(incidents.c.id), 0))).scalar_one())
    return _mark_of(connection, change, newest)


def precedes(connection: Connection, mark: IncidentMark) -> bool:
    """Return whether a mark is of this database, and all later modifications of incidents are in the change feed."""
    current = read_mark(connection)
    is_earlier = mark.change <= current.change and mark.newest <= current.newest
    return is_earlier and _mark_of(connection, mark.change, mark.newest) == mark


def renew_history(connection: Connection) -> None:
    """Invalidate all marks: incidents were deleted, or modified without a row in the change feed."""
    renew_seed(connection, _SEED)


def _mark_of(connection: Connection, change: int, newest: int) -> IncidentMark:
    history = find_seed(connection, _SEED)
    return IncidentMark(
        history.hex() if history else "",
        change,
        _describe_change(connection, change),
        newest,
        _describe_incident(connection, newest),
    )


def _describe_change(connection: Connection, change: int) -> str:
    step = and_(steps.c.incident == changes.c.incident, steps.c.number == changes.c.version)
    query = select(changes.c.incident, changes.c.version, changes.c.through, steps.c.at, steps.c.action)
    row = connection.execute(query.outerjoin_from(changes, steps, step).where(changes.c.id == change)).first()
    return str(tuple(map(str, row))) if row else ""


def _describe_incident(connection: Connection, number: int) -> str:
    """Return the columns of an incident that no step can change."""
    query = select(incidents.c.created_at, incidents.c.source, incidents.c.external_id)
    row = connection.execute(query.where(incidents.c.id == number)).first()
    return str(tuple(map(str, row))) if row else ""
