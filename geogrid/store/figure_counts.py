"""Queries that count incidents by formulas: each predicate becomes a SQL condition."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, false, func, null, or_, true

from geogrid.model import UNCOUNTED_STATUSES, IncidentStatus, OnSpot
from geogrid.model.figures import DateField
from geogrid.rules.formulas import Predicate, selected_source
from geogrid.store.incident_conditions import Choice, choose, choose_to_count, finder_column
from geogrid.store.sql_local_time import local_day
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from geogrid.incidents.query import IncidentQuery
    from geogrid.rules.formulas import Count, Formulas

_ROW = incidents.c


class Grouping(StrEnum):
    """The property that figures are grouped by; a worker handled the incident last, a finder reported it on patrol."""

    GRID = "grid"
    BASE_GRID = "base_grid"
    DEDICATED_GRID = "dedicated_grid"
    COMMUNITY = "community"
    STREET = "street"
    CATEGORY = "category"
    DEPARTMENT = "department"
    WORKER = "worker"
    FINDER = "finder"
    SOURCE = "source"
    DAY = "day"


#: The area code column of each grouping by area.
AREA_COLUMNS: Final = {
    Grouping.BASE_GRID: "base_code",
    Grouping.DEDICATED_GRID: "dedicated_code",
    Grouping.COMMUNITY: "community_code",
    Grouping.STREET: "street_code",
}
#: Groupings by the department or user that handles: the parts of a split report count, and the report does not.
BY_HANDLER: Final = frozenset({Grouping.DEPARTMENT, Grouping.WORKER})


def count_by_formulas(
    connection: Connection, filters: IncidentQuery, formulas: Formulas, now: datetime, by: Grouping | None = None
) -> dict[str | None, Counter[str]]:
    """Return the counts of all formulas for the incidents of a filter.

    Parameters
    ----------
    connection
        A database transaction.
    filters
        The incidents. Its period applies to the time by which a count is dated.
    formulas
        The counts.
    now
        The current time; incidents due later are not judged yet.
    by
        The grouping; ``None`` counts all incidents under the key ``None``.

    Returns
    -------
    dict
        The counts by code, for each value of the grouping; the key ``None`` stands for incidents without a value. By
        grid, an incident in a dedicated grid counts for the dedicated grid and for its base grid. A split report counts
        once; by department and by worker its parts count instead.

    Raises
    ------
    ConflictError
        If the filter names a generation that has not restated all of the incidents.
    """
    tallies: dict[str | None, Counter[str]] = {}
    predicates = _predicate_conditions(now)
    for dating in DateField:
        sums = {
            count.code: func.count().filter(_count_condition(count, dating, predicates))
            for count in formulas.counts.values()
            if dating in count.dated_by
        }
        if not sums:
            continue
        choice = choose_to_count(connection, replace(filters, dated_by=dating), by_handler=by in BY_HANDLER)
        for key in _group_columns(choice, by, dating, formulas.finder_sources):
            query = choice.select(key, *sums.values())
            for value, *counted in connection.execute(query if by is None else query.group_by(key)):
                if value is None and key is choice.placed.dedicated_code:
                    continue
                counter = tallies.setdefault(value, Counter(dict.fromkeys(formulas.counts, 0)))
                counter.update(dict(zip(sums, counted, strict=True)))
    return tallies


def choose_counted(connection: Connection, filters: IncidentQuery, counts: Sequence[Count], now: datetime) -> Choice:
    """Return the incidents that at least one of the counts includes; see `count_by_formulas`."""
    predicates = _predicate_conditions(now)
    alternatives = []
    for dating in DateField:
        matching = [_count_condition(count, dating, predicates) for count in counts if dating in count.dated_by]
        if matching:
            counted = choose_to_count(connection, replace(filters, dated_by=dating))
            alternatives.append(and_(*counted.conditions, or_(*matching)))
    return Choice(choose(connection, filters).placed, (or_(*alternatives) if alternatives else false(),))


def area_column(choice: Choice, by: Grouping) -> ColumnElement[Any]:
    """Return the area code column of a grouping by area."""
    column: ColumnElement[Any] = getattr(choice.placed, AREA_COLUMNS[by])
    return column


def _count_condition(
    count: Count, dating: DateField, predicates: Mapping[Predicate, ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Return the condition that an incident is in a count and dated by this time, because earlier choices are NULL."""
    missing = count.dated_by[: count.dated_by.index(dating)]
    return and_(
        true(), *(_meets(name, predicates) for name in count.where), *(_ROW[moment].is_(None) for moment in missing)
    )


def _meets(condition: str, predicates: Mapping[Predicate, ColumnElement[bool]]) -> ColumnElement[bool]:
    source = selected_source(condition)
    return predicates[Predicate(condition)] if source is None else _ROW.source == source


def _predicate_conditions(now: datetime) -> Mapping[Predicate, ColumnElement[bool]]:
    drawn = _ROW.on_spot == OnSpot.DRAWN
    suspended = and_(_ROW.suspended_at.is_not(None), _ROW.suspended_at <= _ROW.due_at)
    return {
        Predicate.COUNTED: _ROW.status.not_in(UNCOUNTED_STATUSES),
        Predicate.VOID: _ROW.status == IncidentStatus.VOID,
        Predicate.MERGED: _ROW.status == IncidentStatus.MERGED,
        Predicate.SYNTHETIC: _ROW.synthetic,
        Predicate.FILED: func.coalesce(_ROW.filed_at, _ROW.dispatched_at, _ROW.handled_at).is_not(None),
        Predicate.OPEN: _ROW.handled_at.is_(None),
        Predicate.HANDLED: _ROW.handled_at.is_not(None),
        Predicate.HANDLED_IN_TIME: _ROW.handled_at <= _ROW.due_at,
        Predicate.OVERDUE: or_(_ROW.handled_at.is_(None), _ROW.handled_at > _ROW.due_at),
        Predicate.EXTENDED: _ROW.extensions > 0,
        Predicate.REWORKED: _ROW.reworks > 0,
        Predicate.REOPENED: _ROW.reopened > 0,
        Predicate.CLOSED: _ROW.closed_at.is_not(None),
        Predicate.CLOSED_IN_TIME: _ROW.closed_at <= _ROW.close_due_at,
        Predicate.CLOCK_RUNS: or_(_ROW.suspended_at.is_(None), _ROW.suspended_at > _ROW.due_at),
        Predicate.CLOCK_STOPPED: suspended,
        Predicate.DUE: _ROW.due_at <= now,
        Predicate.NOT_YET_DUE: _ROW.due_at > now,
        Predicate.PENDING: and_(_ROW.handled_at.is_(None), or_(_ROW.due_at.is_(None), _ROW.due_at > now)),
        Predicate.CLOSE_DUE: _ROW.close_due_at <= now,
        Predicate.NOT_YET_CLOSE_DUE: _ROW.close_due_at > now,
        Predicate.NO_DUE_TIME: _ROW.due_at.is_(None),
        Predicate.ON_SPOT: _ROW.on_spot.is_not(None),
        Predicate.RECHECKED: and_(drawn, or_(_ROW.checked_at.is_not(None), _ROW.reworks > 0)),
        Predicate.RECHECK_FAILED: and_(drawn, _ROW.reworks > 0),
    }


def _group_columns(
    choice: Choice, by: Grouping | None, dating: DateField, finder_sources: Sequence[str]
) -> list[ColumnElement[Any]]:
    """Return the columns to group by, each in its own query."""
    placed = choice.placed
    if by is Grouping.GRID:
        return [placed.base_code, placed.dedicated_code]
    columns: dict[Grouping | None, ColumnElement[Any]] = {
        None: null(),
        Grouping.CATEGORY: _ROW.category,
        Grouping.DEPARTMENT: _ROW.department,
        Grouping.WORKER: _ROW.handled_by,
        Grouping.FINDER: finder_column(finder_sources),
        Grouping.SOURCE: _ROW.source,
        Grouping.DAY: local_day(_ROW[dating]),
    }
    return [area_column(choice, by) if by in AREA_COLUMNS else columns[by]]
