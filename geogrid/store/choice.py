"""A choice of incidents: the rows that a filter means, and the grids that they are counted by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, or_, select

from geogrid.errors import ConflictError
from geogrid.model import Layer
from geogrid.store.generations import get_generation
from geogrid.store.restatements import NAMES, count_missing, own_placement, restated_placement
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.incidents.filters import IncidentFilter
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
            getattr(self.placed, column.name).label(column.name) if column.name in NAMES else column
            for column in incidents.c
        ]


def choose(connection: Connection, chosen: IncidentFilter) -> Choice:
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


def _check_restated(connection: Connection, chosen: IncidentFilter, generation: int) -> None:
    get_generation(connection, generation)
    # Which grids one lies in that has no restatement is not known, so the filter's grids do not leave it out.
    missing = count_missing(connection, generation, _report_conditions(chosen))
    if missing:
        raise ConflictError(
            f"{missing:,} of these incidents have not been restated by generation {generation}.",
            code="not_restated",
            remedy=f"Run: geogrid reassign --generation {generation} --commit.",
        )


def _report_conditions(chosen: IncidentFilter) -> list[ColumnElement[bool]]:
    """Return what is asked of the report; it is the same by whatever layers."""
    found: list[ColumnElement[bool]] = [
        incidents.c[name] == value
        for name in ("category", "status", "source")
        if (value := getattr(chosen, name)) is not None
    ]
    if chosen.since is not None:
        found.append(incidents.c.reported_at >= chosen.since)
    if chosen.until is not None:
        found.append(incidents.c.reported_at < chosen.until)
    if (box := chosen.box) is not None:
        found += [incidents.c.lon.between(box.west, box.east), incidents.c.lat.between(box.south, box.north)]
    return found


def _placement_conditions(chosen: IncidentFilter, placed: PlacementColumns) -> list[ColumnElement[bool]]:
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
