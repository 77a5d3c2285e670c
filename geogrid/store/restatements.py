"""Queries on restatements: placements of incidents by another generation than the one active when reported."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import and_, case, delete, func, insert, literal, not_, or_, select

from geogrid.model import GRID_LAYERS, Layer
from geogrid.store.tables import activations, areas, generations, incidents, restatements

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Connection, FromClause

    from geogrid.model import Placement


@dataclass(frozen=True, slots=True)
class PlacementColumns:
    """The columns of a placement, and the table or join that contains them, with one row per incident."""

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
    """A batch of incidents that other generations have placed, ordered by id.

    Attributes
    ----------
    ids
        The incident ids, shape (n,).
    lon, lat
        WGS 84 degrees, shape (n,).
    restated
        Whether each incident has a restatement, shape (n,).
    before, after
        The code of the responsible grid by the original placement and by the restatement; None for no grid or no
        restatement.
    streets
        The street code by the original placement, or None.
    """

    ids: list[int]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    restated: list[bool]
    before: list[str | None]
    after: list[str | None]
    streets: list[str | None]


#: The layers that decide on a placement.
_PLACING: Final = (*GRID_LAYERS, Layer.COMMUNITY, Layer.VILLAGE)
#: Whether two generations have the same grids, by the id and the time of creation of each. Generations never change.
_SAME_GRIDS: Final[dict[tuple[object, ...], bool]] = {}
#: The column names of a placement.
PLACEMENT_NAMES: Final = tuple(field.name for field in fields(PlacementColumns) if field.name != "rows")


def own_placement() -> PlacementColumns:
    """Return the placement columns stored with the incidents."""
    return PlacementColumns(incidents, **{name: incidents.c[name] for name in PLACEMENT_NAMES})


def restated_placement(generation: int) -> PlacementColumns:
    """Return the placement columns by a generation: restated, or original if this generation made them.

    Requires that no restatement is missing, see `count_missing`.
    """
    # NULL in a restatement means "in no grid", so COALESCE would be wrong.
    not_restated = restatements.c.incident.is_(None)
    return PlacementColumns(
        _with_restatements(generation),
        **{name: case((not_restated, incidents.c[name]), else_=restatements.c[name]) for name in PLACEMENT_NAMES},
    )


def count_missing(connection: Connection, generation: int, conditions: Sequence[ColumnElement[bool]] = ()) -> int:
    """Count the incidents placed by a generation with other grids and not restated by this one."""
    query = select(func.count()).select_from(_with_restatements(generation))
    other = _placed_by_other_grids(connection, generation)
    return connection.execute(query.where(other, restatements.c.incident.is_(None), *conditions)).scalar_one()


def has_other_grids(connection: Connection, generation: int) -> bool:
    """Return whether any incident was placed by a generation with other grids."""
    # Only a generation that became active has placed incidents.
    begun = set(connection.execute(select(activations.c.generation).distinct()).scalars())
    if begun <= find_same_grids(connection, generation) | {generation}:
        return False
    query = select(incidents.c.id).where(_placed_by_other_grids(connection, generation)).limit(1)
    return connection.execute(query).first() is not None


def count_restatable(connection: Connection, generation: int) -> tuple[int, int]:
    """Return the number of incidents placed by generations with other grids, and their largest id."""
    query = select(func.count(), func.coalesce(func.max(incidents.c.id), 0))
    count, last_id = connection.execute(query.where(_placed_by_other_grids(connection, generation))).one()
    return count, last_id


def find_same_grids(connection: Connection, generation: int) -> frozenset[int]:
    """Return the ids of the generations that place every incident as this one does, itself included.

    They have the same grids, with the same parents up to the streets; names, attributes and thematic layers may differ.
    """
    created = dict(connection.execute(select(generations.c.id, generations.c.created_at)).all())
    keys = {other: (generation, created.get(generation), other, made) for other, made in created.items()}
    for other, key in keys.items():
        if key not in _SAME_GRIDS:
            _SAME_GRIDS[key] = other == generation or _have_same_grids(connection, generation, other)
    return frozenset(other for other, key in keys.items() if _SAME_GRIDS[key])


def _have_same_grids(connection: Connection, one: int, other: int) -> bool:
    """Return whether two generations have equal grids; both have as many, and each grid of one is in the other."""
    left, right = areas.alias(), areas.alias()
    is_grid = left.c.layer.in_(GRID_LAYERS)
    equal = and_(
        right.c.generation == other,
        right.c.layer == left.c.layer,
        right.c.code == left.c.code,
        right.c.parent.is_not_distinct_from(left.c.parent),
        # Placement reads the shapes of the grids alone; communities and streets follow from the parents.
        or_(not_(is_grid), right.c.geometry == left.c.geometry),
    )
    differing = select(left.c.code).select_from(left.outerjoin(right, equal))
    differing = differing.where(left.c.generation == one, left.c.layer.in_(_PLACING), right.c.code.is_(None)).limit(1)
    sizes = [
        connection.execute(
            select(func.count()).where(areas.c.generation == generation, areas.c.layer.in_(_PLACING))
        ).scalar_one()
        for generation in (one, other)
    ]
    return sizes[0] == sizes[1] and connection.execute(differing).first() is None


def _placed_by_other_grids(connection: Connection, generation: int) -> ColumnElement[bool]:
    return incidents.c.generation.not_in(sorted({generation, *find_same_grids(connection, generation)}))


def read_batch(connection: Connection, generation: int, *, after: int, last: int, limit: int) -> RestatementBatch:
    """Return at most `limit` incidents placed by other generations, with ids in ``(after, last]``."""
    own, restated = incidents.c, restatements.c
    responsible = (func.coalesce(grids.dedicated_code, grids.base_code) for grids in (own, restated))
    query = (
        select(own.id, own.lon, own.lat, restated.incident.is_not(None), *responsible, own.street_code)
        .select_from(_with_restatements(generation))
        .where(_placed_by_other_grids(connection, generation), own.id > after, own.id <= last)
        .order_by(own.id)
        .limit(limit)
    )
    columns: list[Any] = list(zip(*connection.execute(query).all(), strict=True)) or [()] * 7
    ids, lon, lat, *rest = map(list, columns)
    return RestatementBatch(ids, np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64), *rest)


def add_restatements(connection: Connection, ids: Sequence[int], placements: Sequence[Placement]) -> int:
    """Insert placements by one generation, and return the number of new rows.

    Parameters
    ----------
    connection
        A write transaction.
    ids
        The incident ids, at least one, in ascending order.
    placements
        The placements in the same order.
    """
    columns = restatements.c
    query = select(columns.incident).where(
        columns.generation == placements[0].generation, columns.incident.between(ids[0], ids[-1])
    )
    # A concurrent restatement may have inserted some of the rows; the placements are equal.
    known = set(connection.execute(query).scalars())
    rows = [
        {"incident": incident_id, **{name: getattr(placement, name) for name in PLACEMENT_NAMES}}
        for incident_id, placement in zip(ids, placements, strict=True)
        if incident_id not in known
    ]
    if rows:
        connection.execute(insert(restatements), rows)
    return len(rows)


def list_generations(connection: Connection, incident_id: int) -> set[int]:
    """Return the ids of the generations that have restated an incident."""
    query = select(restatements.c.generation).where(restatements.c.incident == incident_id)
    return set(connection.execute(query).scalars())


def delete_restatements(connection: Connection, incident_id: int, generations: Collection[int]) -> None:
    """Delete the placements of an incident by some generations."""
    columns = restatements.c
    connection.execute(delete(restatements).where(columns.incident == incident_id, columns.generation.in_(generations)))


def _with_restatements(generation: int) -> FromClause:
    matching = and_(restatements.c.generation == generation, restatements.c.incident == incidents.c.id)
    return incidents.outerjoin(restatements, matching)


def copy_restatements(connection: Connection, source: int, target: int) -> None:
    """Copy the placements of an incident by other generations to another incident at the same place."""
    others = [column for column in restatements.c if column.name != "incident"]
    query = select(literal(target), *others).where(restatements.c.incident == source)
    connection.execute(insert(restatements).from_select(["incident", *(column.name for column in others)], query))
