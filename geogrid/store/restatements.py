"""Where incidents lie by the layers of another generation than that of their day."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import and_, case, func, insert, select

from geogrid.store.tables import incidents, restatements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Connection, FromClause

    from geogrid.model import Placement


@dataclass(frozen=True, slots=True)
class PlacementColumns:
    """The columns of a placement, and the table or join that has them in its rows, one an incident."""

    rows: FromClause
    locate_status: ColumnElement[Any]
    generation: ColumnElement[Any]
    base_code: ColumnElement[Any]
    base_layer: ColumnElement[Any]
    dedicated_code: ColumnElement[Any]
    community_code: ColumnElement[Any]
    street_code: ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class RestatementBatch:
    """Incidents of other generations, in the order of their numbers.

    Attributes
    ----------
    numbers
        Those of the incidents, shape (n,).
    lon, lat
        WGS 84 degrees, shape (n,).
    restated
        Which ones have a restatement already, shape (n,).
    before, after
        The code of the grid that answers for each by the layers of its day, and by its restatement; None outside of
        all, or for no restatement.
    streets
        The code of the street of each by the layers of its day, or None.
    """

    numbers: list[int]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    restated: list[bool]
    before: list[str | None]
    after: list[str | None]
    streets: list[str | None]


#: The names of the columns of a placement.
PLACEMENT_NAMES: Final = tuple(field.name for field in fields(PlacementColumns) if field.name != "rows")


def own_placement() -> PlacementColumns:
    """Return the grids that incidents were given on their day."""
    return PlacementColumns(incidents, **{name: incidents.c[name] for name in PLACEMENT_NAMES})


def restated_placement(generation: int) -> PlacementColumns:
    """Return the grids of incidents by a generation: as restated, or as they are where it has assigned them itself.

    Only for incidents none of which is missing, see `count_missing`.
    """
    # A restatement may say "in no grid", so NULL in it counts and COALESCE would not do.
    own = restatements.c.incident.is_(None)
    return PlacementColumns(
        _with_restatements(generation),
        **{name: case((own, incidents.c[name]), else_=restatements.c[name]) for name in PLACEMENT_NAMES},
    )


def count_missing(connection: Connection, generation: int, conditions: Sequence[ColumnElement[bool]] = ()) -> int:
    """Count the incidents that another generation has assigned and this one has not restated."""
    query = select(func.count()).select_from(_with_restatements(generation))
    query = query.where(incidents.c.generation != generation, restatements.c.incident.is_(None), *conditions)
    return connection.execute(query).scalar_one()


def count_restatable(connection: Connection, generation: int) -> tuple[int, int]:
    """Count the incidents that another generation has assigned; return that and the largest number of any."""
    query = select(func.count(), func.coalesce(func.max(incidents.c.id), 0))
    number, last = connection.execute(query.where(incidents.c.generation != generation)).one()
    return number, last


def read_batch(connection: Connection, generation: int, *, after: int, last: int, limit: int) -> RestatementBatch:
    """Return at most `limit` incidents that another generation has assigned, numbered past `after` and to `last`."""
    table, kept = incidents.c, restatements.c
    responsible = (func.coalesce(grids.dedicated_code, grids.base_code) for grids in (table, kept))
    query = (
        select(table.id, table.lon, table.lat, kept.incident.is_not(None), *responsible, table.street_code)
        .select_from(_with_restatements(generation))
        .where(table.generation != generation, table.id > after, table.id <= last)
        .order_by(table.id)
        .limit(limit)
    )
    columns: list[Any] = list(zip(*connection.execute(query).all(), strict=True)) or [()] * 7
    numbers, lon, lat, *others = map(list, columns)
    return RestatementBatch(numbers, np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64), *others)


def add_restatements(connection: Connection, numbers: Sequence[int], placements: Sequence[Placement]) -> int:
    """Keep placements by one generation beside their incidents, and return how many were not there already.

    Parameters
    ----------
    connection
        That writes.
    numbers
        Those of the incidents, in ascending order; at least one.
    placements
        In the same order.
    """
    kept = restatements.c
    query = select(kept.incident).where(
        kept.generation == placements[0].generation, kept.incident.between(numbers[0], numbers[-1])
    )
    # Another that restates at the same time may have been here first; it came to the same.
    known = set(connection.execute(query).scalars())
    rows = [
        {"incident": number, **{name: getattr(placement, name) for name in PLACEMENT_NAMES}}
        for number, placement in zip(numbers, placements, strict=True)
        if number not in known
    ]
    if rows:
        connection.execute(insert(restatements), rows)
    return len(rows)


def _with_restatements(generation: int) -> FromClause:
    mine = and_(restatements.c.generation == generation, restatements.c.incident == incidents.c.id)
    return incidents.outerjoin(restatements, mine)
