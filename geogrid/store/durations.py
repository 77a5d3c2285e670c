"""Hours from report to closing, or to now, as a histogram by area; see `geogrid.stats.survival`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import Integer, and_, case, func, literal, not_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from geogrid.model import UNCOUNTED_STATUSES
from geogrid.store.figure_counts import Grouping, area_column
from geogrid.store.incident_conditions import choose_to_count
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Connection

    from geogrid.incidents.query import IncidentQuery

_TENTHS: Final = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Durations:
    """Histogram of the hours from report to closing, and of those that open incidents have lasted so far.

    Attributes
    ----------
    areas
        Position of the area of each bin, shape (m,); -1 for other areas and for no area.
    hours
        Hours of each bin, to 0.1, shape (m,).
    closed, still_open
        Number of incidents in each bin that were closed after these hours, and that are open since then, shape (m,).
    """

    areas: NDArray[np.int64]
    hours: NDArray[np.float64]
    closed: NDArray[np.int64]
    still_open: NDArray[np.int64]


class tenths_of_hours(GenericFunction[int]):  # noqa: N801 - a function of SQL
    """SQL function: the time from one moment to another, in whole tenths of an hour."""

    type = Integer()
    inherit_cache = True


@compiles(tenths_of_hours, "sqlite")
def _sqlite_tenths(element: tenths_of_hours, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own contract
    first, last = (compiler.process(moment, **more) for moment in element.clauses)
    return f"CAST(round((julianday({last}) - julianday({first})) * 240) AS INTEGER)"


@compiles(tenths_of_hours, "postgresql")
def _postgresql_tenths(element: tenths_of_hours, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - as above
    first, last = (compiler.process(moment, **more) for moment in element.clauses)
    return f"CAST(round(EXTRACT(EPOCH FROM {last} - {first}) / 360) AS BIGINT)"


def lasted_no_time() -> ColumnElement[bool]:
    """Return the SQL condition for incidents that were handled on the spot, and not reworked or dispatched since."""
    return and_(incidents.c.on_spot.is_not(None), incidents.c.due_at.is_(None))


def count_durations(
    connection: Connection, filters: IncidentQuery, by: Grouping, positions: Mapping[str | None, int], now: datetime
) -> Durations:
    """Count incidents that are neither void nor merged by area and hours, closed and open ones apart.

    Incidents that were handled on the spot are left out: they would last no time.

    Parameters
    ----------
    connection
        A database transaction.
    filters
        The incidents; its period applies to the report time.
    by
        A grouping by area.
    positions
        The position of each requested area, by code.
    now
        The time until which open incidents have lasted.

    Raises
    ------
    ConflictError
        If the filter names a generation that has not restated all of the incidents.
    """
    choice = choose_to_count(connection, filters)
    area = area_column(choice, by)
    closed_at = incidents.c.closed_at
    tenths = tenths_of_hours(incidents.c.reported_at, func.coalesce(closed_at, literal(now, closed_at.type)))
    is_closed = case((closed_at.is_not(None), 1), else_=0)
    query = choice.select(area, tenths, func.sum(is_closed), func.count()).where(
        incidents.c.status.not_in(UNCOUNTED_STATUSES), not_(lasted_no_time())
    )
    if by is Grouping.DEDICATED_GRID:
        query = query.where(area.is_not(None))
    rows = [(positions.get(code, -1), *rest) for code, *rest in connection.execute(query.group_by(area, tenths))]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    # An incident that is reported while this runs has lasted no time.
    hours = np.maximum(table[:, 1], 0) / _TENTHS
    return Durations(table[:, 0], hours, table[:, 2], table[:, 3] - table[:, 2])
