"""The change feed: one row for each new incident, step and import, in commit order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, insert, select

from geogrid.model import Change, ChangeKind
from geogrid.permissions import matches_bounds, placement_area_codes
from geogrid.store.incident_conditions import bounds_conditions
from geogrid.store.tables import changes, incidents

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from geogrid.model import Bounds, Incident, Placement, Progress, Report


def add_change(connection: Connection, incident_id: int, version: int, left: dict[str, Any] | None = None) -> None:
    """Insert a change for a new incident or a step; `left` comes from `describe_left_bounds`."""
    connection.execute(insert(changes).values(incident=incident_id, version=version, left=left))


def add_import_change(connection: Connection, first: int, last: int) -> None:
    """Insert one change for the imported incidents with ids from `first` to `last`."""
    connection.execute(insert(changes).values(incident=first, version=1, through=last))


def describe_left_bounds(
    incident: Incident, progress: Progress, placement: Placement | None, report: Report | None = None
) -> dict[str, Any] | None:
    """Return the areas, category and departments of an incident before a step, if the step removes any of them.

    The change feed uses them to notify clients whose bounds the incident has left.

    Parameters
    ----------
    incident
        The incident before the step.
    progress, placement, report
        Its state after the step; ``None`` keeps the placement or the report.
    """
    areas, departments = placement_area_codes(incident.placement), _departments_of(incident.progress)
    keeps_category = report is None or report.category == incident.report.category
    keeps_areas = areas <= placement_area_codes(placement or incident.placement)
    if keeps_category and keeps_areas and departments <= _departments_of(progress):
        return None
    return {"areas": sorted(areas), "category": incident.report.category, "departments": sorted(departments)}


def get_newest_change_id(connection: Connection) -> int:
    """Return the id of the newest change, or 0."""
    return int(connection.execute(select(func.coalesce(func.max(changes.c.id), 0))).scalar_one())


def list_changes(connection: Connection, bounds: Bounds, after: int, last: int) -> list[Change]:
    """Return the changes within bounds with ids in ``(after, last]``, oldest first.

    These are the changes of incidents that lie within the bounds now, incidents that have left the bounds, and imports.
    """
    period = (changes.c.id > after, changes.c.id <= last)
    inside = _list_changes_inside(connection, bounds, period)
    known = {change.id for change in inside}
    departures = [change for change in _list_departures(connection, bounds, period) if change.id not in known]
    return sorted([*inside, *_list_imports(connection, bounds, period), *departures], key=lambda change: change.id)


def _list_changes_inside(
    connection: Connection, bounds: Bounds, period: tuple[ColumnElement[bool], ...]
) -> list[Change]:
    query = (
        select(changes.c.id, changes.c.incident, changes.c.version)
        .join(incidents, incidents.c.id == changes.c.incident)
        .where(*period, changes.c.through.is_(None), *bounds_conditions(bounds))
    )
    return [Change(row.id, ChangeKind.CHANGE, row.incident, row.version) for row in connection.execute(query)]


def _list_imports(connection: Connection, bounds: Bounds, period: tuple[ColumnElement[bool], ...]) -> list[Change]:
    imported = incidents.c.id.between(changes.c.incident, changes.c.through)
    any_inside = exists().where(imported, *bounds_conditions(bounds)).correlate(changes)
    query = select(changes.c.id).where(*period, changes.c.through.is_not(None), any_inside)
    return [Change(change_id, ChangeKind.IMPORT) for change_id in connection.execute(query).scalars()]


def _list_departures(connection: Connection, bounds: Bounds, period: tuple[ColumnElement[bool], ...]) -> list[Change]:
    """Return the changes by which an incident left the bounds; it may have returned since."""
    query = select(changes.c.id, changes.c.incident, changes.c.left).where(*period, changes.c.left.is_not(None))
    return [
        Change(row.id, ChangeKind.GONE, row.incident)
        for row in connection.execute(query)
        if matches_bounds(bounds, row.left["areas"], row.left["category"], row.left["departments"])
    ]


def _departments_of(progress: Progress) -> set[str]:
    return {*progress.called, *filter(None, [progress.department])}
