"""Queries on the areas of generations and the features of their thematic layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from geogrid.layers.area_tree import AreaTree
from geogrid.locate.locator import AreaColumns
from geogrid.model import GRID_LAYERS, Layer, ShapeKind, Theme
from geogrid.store.tables import areas, themes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    from sqlalchemy import Connection, Select

    from geogrid.layers.thematic_layers import ThematicLayer
    from geogrid.model import Generation

#: The standard columns of a layer. Importing them from `geogrid.layers` would import pandas with every command.
_COLUMNS = ("code", "name", "parent", "kind", "synthetic", "attributes", "geometry")


def add_areas(connection: Connection, generation: int, layers: Mapping[Layer, gpd.GeoDataFrame]) -> None:
    """Insert the areas of the layers of a generation."""
    for layer, frame in layers.items():
        _add_frame(connection, generation, layer, frame)


def add_themes(connection: Connection, generation: int, layers: Iterable[ThematicLayer]) -> None:
    """Insert thematic layers of a generation."""
    for layer in layers:
        theme = layer.theme
        values = {"name": theme.name, "title": theme.title, "title_en": theme.title_en, "shape": theme.shape}
        connection.execute(insert(themes).values(generation=generation, **values))
        _add_frame(connection, generation, theme.name, layer.frame)


def load_layers(connection: Connection, generation: Generation) -> dict[Layer, gpd.GeoDataFrame]:
    """Return all layers of a generation as GeoDataFrames, with rows sorted by code."""
    return {layer: _load_frame(connection, generation, layer) for layer in Layer}


def load_area_columns(connection: Connection, generation: Generation) -> dict[Layer, AreaColumns]:
    """Return the columns that a `Locator` needs, for each layer, sorted by code, without importing geopandas."""
    return {layer: _load_columns(connection, generation, layer) for layer in Layer}


def load_themes(connection: Connection, generation: Generation) -> dict[str, ThematicLayer]:
    """Return the thematic layers of a generation by name, with features sorted by code."""
    from geogrid.layers.thematic_layers import ThematicLayer  # noqa: PLC0415 - imports pydantic, which is slow

    columns = (themes.c.name, themes.c.title, themes.c.title_en, themes.c.shape)
    query = select(*columns).where(themes.c.generation == generation.id).order_by(themes.c.name)
    rows = [
        Theme(name, title, title_en, ShapeKind(shape)) for name, title, title_en, shape in connection.execute(query)
    ]
    return {theme.name: ThematicLayer(theme, _load_frame(connection, generation, theme.name)) for theme in rows}


def area_codes(connection: Connection, generation: Generation) -> dict[str, set[str]]:
    """Return the area codes of a generation by layer, without reading geometries."""
    codes: dict[str, set[str]] = {layer.value: set() for layer in Layer}
    query = select(areas.c.layer, areas.c.code).where(areas.c.generation == generation.id)
    for layer, code in connection.execute(query):
        codes.setdefault(layer, set()).add(code)
    return codes


def load_area_tree(connection: Connection, generations: Iterable[Generation]) -> AreaTree:
    """Return the parents of all areas, without reading geometries; for an area of several generations, the last one."""
    query = select(areas.c.code, areas.c.parent).where(areas.c.layer.in_(list(Layer)))
    parents: dict[str, str | None] = {}
    for generation in generations:
        rows = connection.execute(query.where(areas.c.generation == generation.id))
        parents.update({row.code: row.parent for row in rows})
    return AreaTree(parents)


def select_descendants(generation: int, code: str) -> Select[tuple[str]]:
    """Return the query for the codes of an area and of all areas in it, by the parents of a generation."""
    own = select(areas.c.code).where(areas.c.generation == generation, areas.c.layer.in_(list(Layer)))
    inside = own.where(areas.c.code == code).cte("inside", recursive=True)
    return select(inside.union(own.where(areas.c.parent == inside.c.code)).c.code)


def area_names(connection: Connection, generation: Generation, layers: Iterable[Layer]) -> dict[str, str]:
    """Return the area names of the given layers of a generation by code, without reading geometries."""
    query = select(areas.c.code, areas.c.name).where(
        areas.c.generation == generation.id, areas.c.layer.in_(list(layers))
    )
    return {row.code: row.name for row in connection.execute(query)}


def _add_frame(connection: Connection, generation: int, layer: str, frame: gpd.GeoDataFrame) -> None:
    complete = frame if "attributes" in frame else frame.assign(attributes=None)
    rows = [
        {"generation": generation, "layer": layer, **dict(zip(_COLUMNS, row, strict=True))}
        for row in complete[list(_COLUMNS)].itertuples(index=False, name=None)
    ]
    if rows:
        connection.execute(insert(areas), rows)


def _load_columns(connection: Connection, generation: Generation, layer: Layer) -> AreaColumns:
    names = ("code", "name", "parent", *(("geometry",) if layer in GRID_LAYERS else ()))
    query = (
        select(*(areas.c[name] for name in names))
        .where(areas.c.generation == generation.id, areas.c.layer == layer)
        .order_by(areas.c.code)
    )
    rows = connection.execute(query).all()
    columns = ([row[place] for row in rows] for place in range(len(names)))
    return AreaColumns(*columns)


def _load_frame(connection: Connection, generation: Generation, layer: str) -> gpd.GeoDataFrame:
    query = (
        select(*(areas.c[name] for name in _COLUMNS))
        .where(areas.c.generation == generation.id, areas.c.layer == layer)
        .order_by(areas.c.code)
    )
    rows = connection.execute(query).all()
    import geopandas as gpd  # noqa: PLC0415 - slow to import; `load_area_columns` does without it

    return gpd.GeoDataFrame([tuple(row) for row in rows], columns=_COLUMNS, geometry="geometry", crs="EPSG:4326")
