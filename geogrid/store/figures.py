"""Counts by formulas: predicates as conditions, one grouped query for each moment that counts are dated by."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, false, func, null, or_, true

from geogrid.model import IncidentStatus
from geogrid.model.figures import DateField
from geogrid.rules.formulas import Predicate
from geogrid.store.incident_conditions import Choice, choose
from geogrid.store.local_time import local_day
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from geogrid.incidents.query import IncidentQuery
    from geogrid.rules.formulas import Count, Formulas

_ROW = incidents.c


class Grouping(StrEnum):
    """What figures are told apart by."""

    GRID = "grid"
    BASE_GRID = "base_grid"
    DEDICATED_GRID = "dedicated_grid"
    COMMUNITY = "community"
    STREET = "street"
    CATEGORY = "category"
    DEPARTMENT = "department"
    WORKER = "worker"
    SOURCE = "source"
    DAY = "day"


#: The columns of the codes of areas.
AREA_COLUMNS: Final = {
    Grouping.BASE_GRID: "base_code",
    Grouping.DEDICATED_GRID: "dedicated_code",
    Grouping.COMMUNITY: "community_code",
    Grouping.STREET: "street_code",
}


def tally(
    connection: Connection, chosen: IncidentQuery, formulas: Formulas, now: datetime, by: Grouping | None = None
) -> dict[str | None, Counter[str]]:
    """Count the incidents of a filter by all formulas.

    Parameters
    ----------
    connection
        A transaction that reads.
    chosen
        The filter; its period holds the moment that each count is dated by.
    formulas
        What to count.
    now
        The present moment: what is due later has not come to be judged.
    by
        What to tell apart; None counts all together, under the key None.

    Returns
    -------
    dict
        Counts by their codes, by the value of what is told apart; None is where an incident has none. By grid one in
        a dedicated grid counts for that and for its base grid.

    Raises
    ------
    ConflictError
        If they are to be counted by a generation that has not restated all of them.
    """
    found: dict[str | None, Counter[str]] = {}
    predicates = _predicates(now)
    for dating in DateField:
        sums = {
            count.code: func.count().filter(_condition(count, dating, predicates))
            for count in formulas.counts.values()
            if dating in count.dated_by
        }
        if not sums:
            continue
        choice = choose(connection, replace(chosen, dated_by=dating))
        for key in _keys(choice, by, dating):
            query = choice.select(key, *sums.values())
            for value, *counted in connection.execute(query if by is None else query.group_by(key)):
                if value is None and key is choice.placed.dedicated_code:
                    continue
                counter = found.setdefault(value, Counter(dict.fromkeys(formulas.counts, 0)))
                counter.update(dict(zip(sums, counted, strict=True)))
    return found


def choose_behind(connection: Connection, chosen: IncidentQuery, counts: Sequence[Count], now: datetime) -> Choice:
    """Return the incidents that are in any of some counts; see `tally`."""
    predicates = _predicates(now)
    ways = []
    for dating in DateField:
        own = [_condition(count, dating, predicates) for count in counts if dating in count.dated_by]
        if own:
            ways.append(and_(*choose(connection, replace(chosen, dated_by=dating)).conditions, or_(*own)))
    return Choice(choose(connection, chosen).placed, (or_(*ways) if ways else false(),))


def area_column(choice: Choice, by: Grouping) -> ColumnElement[Any]:
    """Return the column with the codes of the areas of one kind."""
    column: ColumnElement[Any] = getattr(choice.placed, AREA_COLUMNS[by])
    return column


def any_synthetic(connection: Connection, chosen: IncidentQuery) -> bool:
    """Return whether any of the incidents that a filter means are made up."""
    query = choose(connection, chosen).select(_ROW.id).where(_ROW.synthetic).limit(1)
    return connection.execute(query).first() is not None


def _condition(
    count: Count, dating: DateField, predicates: Mapping[Predicate, ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Return what an incident must be to be in a count by its moment of one kind."""
    missing = count.dated_by[: count.dated_by.index(dating)]
    return and_(true(), *(predicates[name] for name in count.where), *(_ROW[moment].is_(None) for moment in missing))


def _predicates(now: datetime) -> Mapping[Predicate, ColumnElement[bool]]:
    ended = (IncidentStatus.VOID, IncidentStatus.MERGED)
    stopped = and_(_ROW.suspended_at.is_not(None), _ROW.suspended_at <= _ROW.due_at)
    return {
        Predicate.COUNTED: _ROW.status.not_in(ended),
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
        Predicate.CLOSED: _ROW.closed_at.is_not(None),
        Predicate.CLOSED_IN_TIME: _ROW.closed_at <= _ROW.close_due_at,
        Predicate.CLOCK_RUNS: or_(_ROW.suspended_at.is_(None), _ROW.suspended_at > _ROW.due_at),
        Predicate.CLOCK_STOPPED: stopped,
        Predicate.DUE: _ROW.due_at <= now,
        Predicate.NOT_YET_DUE: _ROW.due_at > now,
        Predicate.CLOSE_DUE: _ROW.close_due_at <= now,
        Predicate.NOT_YET_CLOSE_DUE: _ROW.close_due_at > now,
        Predicate.NO_DUE_TIME: _ROW.due_at.is_(None),
    }


def _keys(choice: Choice, by: Grouping | None, dating: DateField) -> list[ColumnElement[Any]]:
    """Return by which columns to group; by each in a query of its own."""
    placed = choice.placed
    if by is Grouping.GRID:
        return [placed.base_code, placed.dedicated_code]
    columns: dict[Grouping | None, ColumnElement[Any]] = {
        None: null(),
        Grouping.CATEGORY: _ROW.category,
        Grouping.DEPARTMENT: _ROW.department,
        Grouping.WORKER: _ROW.handled_by,
        Grouping.SOURCE: _ROW.source,
        Grouping.DAY: local_day(_ROW[dating]),
    }
    return [area_column(choice, by) if by in AREA_COLUMNS else columns[by]]
