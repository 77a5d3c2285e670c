"""The areas of generations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
from sqlalchemy import insert, select

from geogrid.model import Layer
from geogrid.store.tables import areas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from geogrid.model import Generation

_COLUMNS = ("code", "name", "parent", "kind", "synthetic", "geometry")


def add_areas(connection: Connection, generation: int, layers: Mapping[Layer, gpd.GeoDataFrame]) -> None:
    """Store the areas of a generation's layers."""
    rows = [
        {"generation": generation, "layer": layer, **dict(zip(_COLUMNS, row, strict=True))}
        for layer, frame in layers.items()
        for row in frame[list(_COLUMNS)].itertuples(index=False, name=None)
    ]
    connection.execute(insert(areas), rows)


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
