"""SQL conditions of a query of incidents, by the names of its fields, and the grids that incidents are counted by."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
)

from geogrid.category_tree import category_tree
from geogrid.errors import ConflictError
from geogrid.incidents.query import IncidentQuery, Standing
from geogrid.incidents.query_value_types import Origin
from geogrid.model import UNCOUNTED_STATUSES, Layer
from geogrid.store.generations import get_generation
from geogrid.store.restatements import (
    PLACEMENT_NAMES,
    PlacementColumns,
    count_missing,
    own_placement,
    restated_placement,
)
from geogrid.store.sql_local_time import local_hour, local_weekday
from geogrid.store.tables import incidents, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Connection

    from geogrid.incidents.query import BoundingBox, HourRange
    from geogrid.model import Bounds


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


def choose_to_count(connection: Connection, chosen: IncidentQuery, *, by_handler: bool = False) -> Choice:
    """Return the incidents of a filter that counts, density and durations include; a split report counts once.

    Parameters
    ----------
    connection, chosen
        As of `choose`, which raises the same errors.
    by_handler
        Whether the counts are grouped by department or worker. Then, and if the filter names one, the parts of a split
        report count, and the report itself does not.
    """
    choice = choose(connection, chosen)
    counts_parts = by_handler or chosen.counts_parts
    unit = incidents.c.split_into == 0 if counts_parts else incidents.c.part_of.is_(None)
    return replace(choice, conditions=(*choice.conditions, unit))


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
    """Return the conditions of the report, which are the same for every generation."""
    return [REPORT_CONDITIONS[name](value, chosen) for name, value in _active(chosen) if name in REPORT_CONDITIONS]


def _placement_conditions(chosen: IncidentQuery, placed: PlacementColumns) -> list[ColumnElement[bool]]:
    return [
        PLACEMENT_CONDITIONS[name](value, placed) for name, value in _active(chosen) if name in PLACEMENT_CONDITIONS
    ]


def _active(chosen: IncidentQuery) -> list[tuple[str, Any]]:
    values = ((field.name, getattr(chosen, field.name)) for field in fields(chosen))
    return [(name, value) for name, value in values if value is not None]


def bounds_conditions(bounds: Bounds) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for incidents within bounds; `incident_within_bounds` checks a single incident."""
    found: list[ColumnElement[bool]] = []
    if bounds.areas:
        columns = ("street_code", "community_code", "base_code", "dedicated_code")
        found.append(or_(*(incidents.c[name].in_(bounds.areas) for name in columns)))
    if bounds.categories:
        found.append(incidents.c.category.in_(category_tree().expand(bounds.categories)))
    if bounds.departments:
        called = (_calls(department) for department in bounds.departments)
        found.append(or_(incidents.c.department.in_(bounds.departments), *called))
    return found


def finder_column(sources: Iterable[str]) -> ColumnElement[str | None]:
    """Return the `Actor.id` of the user who reported an incident on patrol; NULL for other and imported incidents.

    `sources` are those of `geogrid.rules.formulas.Formulas.finder_sources`. A part of a split report has the finder of
    the whole.
    """
    # Literals, because PostgreSQL takes an expression with parameters for a different one in GROUP BY.
    report, handled = (literal(value, literal_execute=True) for value in ("report", "report_handled"))
    on_patrol = or_(false(), *(incidents.c.source == literal(source, literal_execute=True) for source in sources))
    first_step = and_(
        steps.c.incident == func.coalesce(incidents.c.part_of, incidents.c.id),
        steps.c.number == literal_column("1"),
        or_(steps.c.action == report, steps.c.action == handled),
    )
    return case((on_patrol, select(steps.c.actor_id).where(first_step).scalar_subquery()))


def _reported_in(hours: HourRange) -> ColumnElement[bool]:
    hour = local_hour(incidents.c.reported_at)
    ends = (hour >= hours.first, hour <= hours.last)
    passes_midnight = hours.last < hours.first
    return or_(*ends) if passes_midnight else and_(*ends)


def _lies_in(box: BoundingBox) -> ColumnElement[bool]:
    return and_(incidents.c.lon.between(box.west, box.east), incidents.c.lat.between(box.south, box.north))


def _calls(department: str) -> ColumnElement[bool]:
    """Return whether a department has been called: its name stands in the list, between quotation marks."""
    written = json.dumps(department, ensure_ascii=False)
    return type_coerce(incidents.c.called, Text).contains(written, autoescape=True)


def _has_status(standing: Standing) -> ColumnElement[bool]:
    if standing is Standing.HANDLED:
        return incidents.c.handled_at.is_not(None)
    if standing is Standing.OPEN:
        return and_(incidents.c.handled_at.is_(None), incidents.c.status.not_in(UNCOUNTED_STATUSES))
    return incidents.c.status == standing


def _in_layer(layer: Layer, placed: PlacementColumns) -> ColumnElement[bool]:
    return placed.dedicated_code.is_not(None) if layer is Layer.DEDICATED else placed.base_layer == layer


#: The conditions of the report by the attribute of `IncidentQuery`; each gets the value and the whole query.
REPORT_CONDITIONS: Final[Mapping[str, Callable[[Any, IncidentQuery], ColumnElement[bool]]]] = {
    "since": lambda moment, chosen: incidents.c[chosen.dated_by] >= moment,
    "until": lambda moment, chosen: incidents.c[chosen.dated_by] < moment,
    "dated_by": lambda column, _: incidents.c[column].is_not(None),
    "category": lambda codes, _: incidents.c.category.in_(category_tree().expand(codes)),
    "source": lambda sources, _: incidents.c.source.in_(sources),
    "origin": lambda origin, _: incidents.c.synthetic.is_(origin is Origin.SYNTHETIC),
    "department": lambda name, _: incidents.c.department == name,
    "worker": lambda actor, _: incidents.c.handled_by == actor,
    "finder": lambda finder, _: finder_column(finder.sources) == finder.actor,
    "status": lambda standing, _: _has_status(standing),
    "weekday": lambda day, _: local_weekday(incidents.c.reported_at) == day,
    "hours": lambda hours, _: _reported_in(hours),
    "box": lambda box, _: _lies_in(box),
    "within": lambda bounds, _: and_(true(), *bounds_conditions(bounds)),
}
#: The conditions of the grids that incidents are counted by; each gets the value and the columns of these grids.
PLACEMENT_CONDITIONS: Final[Mapping[str, Callable[[Any, PlacementColumns], ColumnElement[bool]]]] = {
    "street": lambda codes, placed: placed.street_code.in_(codes),
    "community": lambda code, placed: placed.community_code == code,
    "grid": lambda code, placed: or_(placed.base_code == code, placed.dedicated_code == code),
    "layer": _in_layer,
}
