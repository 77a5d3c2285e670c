"""Generations and their areas."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import geopandas as gpd
from sqlalchemy import insert, select

from geogrid.errors import ConflictError, NotFoundError
from geogrid.model import Generation, Layer
from geogrid.store.tables import areas, generations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

_COLUMNS = ("code", "name", "parent", "kind", "synthetic", "geometry")


def add_generation(
    connection: Connection, layers: Mapping[Layer, gpd.GeoDataFrame], *, label: str, active_from: datetime
) -> Generation:
    """Store a set of layers as a new generation.

    Raises
    ------
    ConflictError
        If the label is taken.
    """
    if connection.execute(select(generations.c.id).where(generations.c.label == label)).first():
        raise ConflictError("There is a generation of this label already.", field="label")
    synthetic = any(bool(frame["synthetic"].any()) for frame in layers.values())
    values = {"label": label, "synthetic": synthetic, "active_from": active_from}
    number: int = connection.execute(insert(generations).values(values).returning(generations.c.id)).scalar_one()
    rows = [
        {"generation": number, "layer": layer, **dict(zip(_COLUMNS, row, strict=True))}
        for layer, frame in layers.items()
        for row in frame[list(_COLUMNS)].itertuples(index=False, name=None)
    ]
    connection.execute(insert(areas), rows)
    return Generation(number, label, synthetic)


def active_generation(connection: Connection, moment: datetime | None = None) -> Generation:
    """Return the generation in force at a moment, by default now.

    Raises
    ------
    NotFoundError
        If none is.
    """
    query = (
        select(generations.c.id, generations.c.label, generations.c.synthetic)
        .where(generations.c.active_from <= (moment or datetime.now(UTC)))
        .order_by(generations.c.active_from.desc(), generations.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError("No layers are in force.", code="no_generation", remedy="Run: geogrid demo")
    return Generation(row.id, row.label, row.synthetic)


def load_layers(connection: Connection, generation: Generation) -> dict[Layer, gpd.GeoDataFrame]:
    """Return all layers of a generation, each sorted by code, as `geogrid.layers.read.read_generation` does."""
    return {layer: _load_layer(connection, generation, layer) for layer in Layer}


def _load_layer(connection: Connection, generation: Generation, layer: Layer) -> gpd.GeoDataFrame:
    query = (
        select(*(areas.c[name] for name in _COLUMNS))
        .where(areas.c.generation == generation.id, areas.c.layer == layer)
        .order_by(areas.c.code)
    )
    rows = connection.execute(query).all()
    return gpd.GeoDataFrame([tuple(row) for row in rows], columns=_COLUMNS, geometry="geometry", crs="EPSG:4326")
