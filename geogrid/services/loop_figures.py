"""Figures of the incident workflow: whistles by department."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.model.figures import WhistleCounts
from geogrid.store.whistles import count_by_department

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from geogrid.incidents.query import IncidentQuery
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class WhistleTable:
    """Numbers of whistles: the total, and by the name of the called department."""

    total: WhistleCounts
    rows: Mapping[str, WhistleCounts]


def build_whistle_table(store: Store, filters: IncidentQuery, *, now: datetime | None = None) -> WhistleTable:
    """Return the numbers of whistles (吹哨) on the incidents of a filter, by department.

    Parameters
    ----------
    store
        The database.
    filters
        The incidents. Its period applies to the time of the call.
    now
        The current time, by default.

    Raises
    ------
    ConflictError
        If the filters name a generation that has not restated all of the incidents.
    """
    with store.read() as connection:
        rows = count_by_department(connection, filters, now or datetime.now(UTC))
    return WhistleTable(_add_counts(rows.values()), dict(sorted(rows.items())))


def _add_counts(rows: Collection[WhistleCounts]) -> WhistleCounts:
    return WhistleCounts(*(sum(getattr(row, field.name) for row in rows) for field in fields(WhistleCounts)))
