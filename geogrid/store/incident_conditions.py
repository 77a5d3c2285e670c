"""A choice of incidents: the rows that a filter means, and the grids that they are counted by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, Text, and_, or_, select, type_coerce

from geogrid.errors import ConflictError
from geogrid.incidents.query import Standing
from geogrid.model import IncidentStatus, Layer
from geogrid.model.figures import Dating
from geogrid.store.generations import get_generation
from geogrid.store.local_time import local_hour, local_weekday
from geogrid.store.restatements import PLACEMENT_NAMES, count_missing, own_placement, restated_placement
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.incidents.query import IncidentQuery
    from geogrid.model import Bounds
    from geogrid.store.restatements import PlacementColumns


@dataclass(frozen=True, slots=True)
class Choice:
    """What lists and counts are made from; see `choose`.

    Attributes
    ----------
    placed
        The grids that the incidents are counted by.
    conditions
        What the rows must be.
    """

    placed: PlacementColumns
    conditions: tuple[ColumnElement[bool], ...]

    def select(self, *wanted: ColumnElement[Any]) -> Select[Any]:
        """Return a query of the rows of this choice."""
        return select(*wanted).select_from(self.placed.rows).where(*self.conditions)

    def row(self) -> list[ColumnElement[Any]]:
        """Return the columns of an incident, under their names, with the grids that it is counted by."""
        return [
            getattr(self.placed, column.name).label(column.name) if column.name in PLACEMENT_NAMES else column
            for column in incidents.c
        ]


def choose(connection: Connection, chosen: IncidentQuery) -> Choice:
    """Return the incidents that a filter means.

    Raises
    ------
    NotFoundError
        If they are to be counted by a generation that is not there.
    ConflictError
        If some of them have not been restated by that generation: they are never counted by another in its stead.
    """
    if chosen.by_generation is None:
        placed = own_placement()
    else:
        _check_restated(connection, chosen, chosen.by_generation)
        placed = restated_placement(chosen.by_generation)
    return Choice(placed, (*_report_conditions(chosen), *_placement_conditions(chosen, placed)))


def _check_restated(connection: Connection, chosen: IncidentQuery, generation: int) -> None:
    get_generation(connection, generation)
    # Which grids one lies in that has no restatement is not known, so the filter's grids do not leave it out.
    missing = count_missing(connection, generation, _report_conditions(chosen))
    if missing:
        raise ConflictError(
            f"{missing:,} of these incidents have not been restated by generation {generation}.",
            code="not_restated",
            remedy=f"Run: geogrid reassign --generation {generation} --commit.",
        )


def _report_conditions(chosen: IncidentQuery) -> list[ColumnElement[bool]]:
    """Return what is asked of the report; it is the same by whatever layers."""
    found: list[ColumnElement[bool]] = [
        incidents.c[name] == value
        for name in ("category", "source", "department")
        if (value := getattr(chosen, name)) is not None
    ]
    if chosen.worker is not None:
        found.append(incidents.c.handled_by == chosen.worker)
    if chosen.status is not None:
        found += _standing_conditions(chosen.status)
    found += _period_conditions(chosen)
    found += _clock_conditions(chosen)
    if (box := chosen.box) is not None:
        found += [incidents.c.lon.between(box.west, box.east), incidents.c.lat.between(box.south, box.north)]
    if chosen.within is not None:
        found += bounds_conditions(chosen.within)
    return found


def bounds_conditions(bounds: Bounds) -> list[ColumnElement[bool]]:
    """Return what `geogrid.permissions.covers` asks of one incident, as conditions of many."""
    found: list[ColumnElement[bool]] = []
    if bounds.areas:
        columns = ("street_code", "community_code", "base_code", "dedicated_code")
        found.append(or_(*(incidents.c[name].in_(bounds.areas) for name in columns)))
    if bounds.categories:
        found.append(incidents.c.category.in_(bounds.categories))
    if bounds.departments:
        called = (_calls(department) for department in bounds.departments)
        found.append(or_(incidents.c.department.in_(bounds.departments), *called))
    return found


def _period_conditions(chosen: IncidentQuery) -> list[ColumnElement[bool]]:
    moment = incidents.c[chosen.dated_by]
    found: list[ColumnElement[bool]] = []
    if chosen.since is not None:
        found.append(moment >= chosen.since)
    if chosen.until is not None:
        found.append(moment < chosen.until)
    return found or ([] if chosen.dated_by is Dating.REPORTED else [moment.is_not(None)])


def _clock_conditions(chosen: IncidentQuery) -> list[ColumnElement[bool]]:
    moment = incidents.c.reported_at
    found: list[ColumnElement[bool]] = []
    if chosen.weekday is not None:
        found.append(local_weekday(moment) == chosen.weekday)
    if (hours := chosen.hours) is not None:
        hour = local_hour(moment)
        passes_midnight = hours.last < hours.first
        ends = (hour >= hours.first, hour <= hours.last)
        found.append(or_(*ends) if passes_midnight else and_(*ends))
    return found


def _calls(department: str) -> ColumnElement[bool]:
    """Return whether a department has been called: its name stands in the list, between quotation marks."""
    written = json.dumps(department, ensure_ascii=False)
    return type_coerce(incidents.c.called, Text).contains(written, autoescape=True)


def _standing_conditions(standing: Standing) -> list[ColumnElement[bool]]:
    if standing is Standing.HANDLED:
        return [incidents.c.handled_at.is_not(None)]
    if standing is Standing.OPEN:
        ended = (IncidentStatus.VOID, IncidentStatus.MERGED)
        return [incidents.c.handled_at.is_(None), incidents.c.status.not_in(ended)]
    return [incidents.c.status == standing]


def _placement_conditions(chosen: IncidentQuery, placed: PlacementColumns) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.street is not None:
        found.append(placed.street_code == chosen.street)
    if chosen.community is not None:
        found.append(placed.community_code == chosen.community)
    if chosen.grid is not None:
        found.append(or_(placed.base_code == chosen.grid, placed.dedicated_code == chosen.grid))
    if chosen.layer is Layer.DEDICATED:
        found.append(placed.dedicated_code.is_not(None))
    elif chosen.layer is not None:
        found.append(placed.base_layer == chosen.layer)
    return found
