"""GeoPackage, FlatGeobuf, Shapefile and tiles, written by GDAL, each by the driver of that name and no other."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from geogrid.errors import SetupError
from geogrid.layers.export.columns import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from geogrid.layers.export.checked_layer import LayerTable
    from geogrid.layers.export.columns import Column

_NOTE: Final = 200
_FAULTS: Final = (DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError, RuntimeError, ValueError)


def write_geopackage(path: Path, tables: Iterable[LayerTable], crs: str) -> tuple[str, ...]:
    """Write one table a layer; returns GDAL's notes."""
    notes: tuple[str, ...] = ()
    for number, table in enumerate(tables):
        options = {"IDENTIFIER": table.name, "DESCRIPTION": table.notice}
        notes += write_table(path, "GPKG", table, crs, layer_options=options, append=number > 0)
    return notes


def write_flatgeobuf(path: Path, table: LayerTable, crs: str) -> tuple[str, ...]:
    """Write a layer with its spatial index, which puts the features into an order of its own; returns GDAL's notes."""
    options = {"TITLE": table.name, "DESCRIPTION": table.notice}
    return write_table(path, "FlatGeobuf", table, crs, layer_options=options)


def write_table(path: Path, driver: str, table: LayerTable, crs: str, **options: Any) -> tuple[str, ...]:  # noqa: ANN401 - pyogrio's
    """Write a layer by a driver of GDAL; returns its notes.

    Raises
    ------
    SetupError
        If GDAL cannot.
    """
    arrays = [_array(column) for column in table.columns]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            pyogrio.raw.write(
                str(path),
                shapely.to_wkb(table.shapes),
                [values for values, _ in arrays],
                [column.name for column in table.columns],
                field_mask=[mask for _, mask in arrays],
                layer=table.name,
                driver=driver,
                geometry_type=_geometry_type(table),
                promote_to_multi=not table.has_points,
                crs=crs,
                **options,
            )
        except _FAULTS as error:
            raise SetupError(
                f"{table.name}: The layer cannot be written as {driver}.",
                code="cannot_write",
                remedy="Look whether there is space; other formats hold more and longer columns.",
            ) from error
    return tuple(f"{table.name}: GDAL: {shown(str(item.message), _NOTE)}" for item in caught)


def _geometry_type(table: LayerTable) -> str:
    if table.has_points:
        return "Point"
    return "MultiLineString" if table.has_lines else "MultiPolygon"


_FILL: Final[Mapping[type, object]] = {bool: False, int: 0, float: 0.0}
_DTYPE: Final[Mapping[type, type]] = {bool: np.bool_, int: np.int64, float: np.float64}


def _array(column: Column) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the values as an array, and where they are missing."""
    if column.kind is str:
        return np.array([*column.values, None], dtype=object)[:-1], None
    missing = np.array([value is None for value in column.values], dtype=bool)
    filled = [_FILL[column.kind] if value is None else value for value in column.values]
    return np.array(filled, dtype=_DTYPE[column.kind]), missing
