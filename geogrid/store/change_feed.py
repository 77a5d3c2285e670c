"""In which order incidents came in and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, insert, select

from geogrid.model import Change, ChangeKind
from geogrid.permissions import matches_bounds, placement_area_codes
from geogrid.store.incident_conditions import bounds_conditions
from geogrid.store.tables import changes, incidents

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from geogrid.model import Bounds, Incident, Placement, Progress


def add_change(connection: Connection, incident: int, version: int, left: dict[str, Any] | None = None) -> None:
    """Note that an incident has come in or was taken a step on, and what `bounds_left` says of the step."""
    connection.execute(insert(changes).values(incident=incident, version=version, left=left))


def add_import(connection: Connection, first: int, last: int) -> None:
    """Note that the incidents of these numbers, and all between them, have been imported."""
    connection.execute(insert(changes).values(incident=first, version=1, through=last))


def bounds_left(incident: Incident, progress: Progress, placement: Placement | None) -> dict[str, Any] | None:
    """Return within whose bounds an incident lies that a step takes out of some, or None.

    Parameters
    ----------
    incident
        Before the step.
    progress, placement
        After it; the placement is None where it stays.
    """
    areas, departments = placement_area_codes(incident.placement), _departments(incident.progress)
    if areas <= placement_area_codes(placement or incident.placement) and departments <= _departments(progress):
        return None
    return {"areas": sorted(areas), "category": incident.report.category, "departments": sorted(departments)}


def newest_change(connection: Connection) -> int:
    """Return the number of the last change, or 0."""
    return int(connection.execute(select(func.coalesce(func.max(changes.c.id), 0))).scalar_one())


def changes_between(connection: Connection, bounds: Bounds, after: int, last: int) -> list[Change]:
    """Return what has changed within bounds after one change and up to another, the oldest first.

    That is what happened to incidents that lie within them now, which incidents lay within them and no longer do, and
    that some were imported.
    """
    period = (changes.c.id > after, changes.c.id <= last)
    inside = _changes_inside(connection, bounds, period)
    found = [*inside, *_imports(connection, bounds, period)]
    known = {change.id for change in inside}
    found += [change for change in _departures(connection, bounds, period) if change.id not in known]
    return sorted(found, key=lambda change: change.id)


def _changes_inside(connection: Connection, bounds: Bounds, period: tuple[ColumnElement[bool], ...]) -> list[Change]:
    query = (
        select(changes.c.id, changes.c.incident, changes.c.version)
        .join(incidents, incidents.c.id == changes.c.incident)
        .where(*period, changes.c.through.is_(None), *bounds_conditions(bounds))
    )
    return [Change(row.id, ChangeKind.CHANGE, row.incident, row.version) for row in connection.execute(query)]


def _imports(connection: Connection, bounds: Bounds, period: tuple[ColumnElement[bool], ...]) -> list[Change]:
    imported = incidents.c.id.between(changes.c.incident, changes.c.through)
    some = exists().where(imported, *bounds_conditions(bounds)).correlate(changes)
    query = select(changes.c.id).where(*period, changes.c.through.is_not(None), some)
    return [Change(number, ChangeKind.IMPORT) for number in connection.execute(query).scalars()]


def _departures(connection: Connection, bounds: Bounds, period: tuple[ColumnElement[bool], ...]) -> list[Change]:
    """Return where an incident left some bounds that lay within these, wherever it lies by now."""
    query = select(changes.c.id, changes.c.incident, changes.c.left).where(*period, changes.c.left.is_not(None))
    return [
        Change(row.id, ChangeKind.GONE, row.incident)
        for row in connection.execute(query)
        if matches_bounds(bounds, row.left["areas"], row.left["category"], row.left["departments"])
    ]


def _departments(progress: Progress) -> set[str]:
    return {*progress.called, *filter(None, [progress.department])}
