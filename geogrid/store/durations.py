"""How long incidents took, counted by area and tenth of an hour, so that medians need no row an incident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from sqlalchemy import Integer, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from geogrid.model import IncidentStatus
from geogrid.store.figures import Grouping, area_column
from geogrid.store.incident_conditions import choose
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from geogrid.incidents.query import IncidentQuery

#: Areas, hours, and how many incidents of the area took so long; see `count_closing_hours`.
ClosingHours: TypeAlias = "tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]"
_TENTHS: Final = 10.0


class tenths_of_hours(GenericFunction[int]):  # noqa: N801 - a function of SQL
    """From one moment to another, in whole tenths of an hour."""

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


def count_closing_hours(
    connection: Connection, chosen: IncidentQuery, by: Grouping, places: Mapping[str | None, int]
) -> ClosingHours:
    """Return the hours from report to closing, of what was reported in the period and is closed.

    Parameters
    ----------
    connection
        A transaction that reads.
    chosen
        The filter.
    by
        An area.
    places
        A number for each area that is asked for, by code.

    Returns
    -------
    areas : ndarray of int64, shape (m,)
        Their numbers; -1 for others and for none.
    hours : ndarray of float64, shape (m,)
        To a tenth.
    counts : ndarray of int64, shape (m,)
        How many incidents of the area took so long.

    Raises
    ------
    ConflictError
        If they are to be counted by a generation that has not restated all of them.
    """
    choice = choose(connection, chosen)
    area = area_column(choice, by)
    tenths = tenths_of_hours(incidents.c.reported_at, incidents.c.closed_at)
    query = choice.select(area, tenths, func.count()).where(
        incidents.c.closed_at.is_not(None), incidents.c.status.not_in((IncidentStatus.VOID, IncidentStatus.MERGED))
    )
    if by is Grouping.DEDICATED_GRID:
        query = query.where(area.is_not(None))
    rows = [(places.get(code, -1), *rest) for code, *rest in connection.execute(query.group_by(area, tenths))]
    found = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return found[:, 0], found[:, 1] / _TENTHS, found[:, 2]
