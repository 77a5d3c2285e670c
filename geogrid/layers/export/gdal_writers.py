"""Writers through GDAL, each with an explicit driver."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from geogrid.errors import SetupError
from geogrid.layers.export.columns import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from geogrid.layers.export.columns import Column
    from geogrid.layers.export.layer_table import LayerTable
    from geogrid.model.provenance import Provenance

_MAX_NOTE: Final = 200
_ERRORS: Final = (DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError, RuntimeError, ValueError)


def write_geopackage(
    path: Path, tables: Iterable[LayerTable], crs: str, provenance: Provenance | None = None
) -> tuple[str, ...]:
    """Write a GeoPackage with one table per layer, and return the warnings of GDAL.

    Tables with the same name are parts of one layer. The provenance is in the description and the metadata of each.
    """
    notes: tuple[str, ...] = ()
    written: set[str] = set()
    for table in tables:
        options = {} if table.name in written else _describe_layer(table, provenance)
        notes += write_table(path, "GPKG", table, crs, append=bool(written), **options)
        written.add(table.name)
    return notes


def _describe_layer(table: LayerTable, provenance: Provenance | None) -> dict[str, Any]:
    described = {"IDENTIFIER": table.name, "DESCRIPTION": describe_file(table, provenance)}
    metadata = {"layer_metadata": provenance.texts()} if provenance else {}
    return {"layer_options": described, **metadata}


def describe_file(table: LayerTable, provenance: Provenance | None) -> str:
    """Return the notice of a layer, and the provenance of its file, as one text."""
    return f"{table.notice} {provenance.sentence()}" if provenance else table.notice


def write_flatgeobuf(path: Path, table: LayerTable, crs: str, provenance: Provenance | None = None) -> tuple[str, ...]:
    """Write a FlatGeobuf file, sorted by its spatial index, and return the warnings of GDAL."""
    options = {"TITLE": table.name, "DESCRIPTION": describe_file(table, provenance)}
    return write_table(path, "FlatGeobuf", table, crs, layer_options=options)


def write_table(path: Path, driver: str, table: LayerTable, crs: str, **options: Any) -> tuple[str, ...]:  # noqa: ANN401 - pyogrio's
    """Write a layer with a GDAL driver, and return its warnings.

    Raises
    ------
    SetupError
        If GDAL cannot write the layer.
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
        except _ERRORS as error:
            raise SetupError(
                f"{table.name}: The layer cannot be written as {driver}.",
                code="cannot_write",
                remedy="Check the disk space, or choose a format with more and longer columns.",
            ) from error
    return tuple(f"{table.name}: GDAL: {printable(str(item.message), _MAX_NOTE)}" for item in caught)


def _geometry_type(table: LayerTable) -> str:
    if table.has_points:
        return "Point"
    return "MultiLineString" if table.has_lines else "MultiPolygon"


_FILL: Final[Mapping[type, object]] = {bool: False, int: 0, float: 0.0}
_DTYPE: Final[Mapping[type, type]] = {bool: np.bool_, int: np.int64, float: np.float64}


def _array(column: Column) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the values as an array, with a mask of missing values."""
    if column.kind is str:
        return np.array([*column.values, None], dtype=object)[:-1], None
    missing = np.array([value is None for value in column.values], dtype=bool)
    filled = [_FILL[column.kind] if value is None else value for value in column.values]
    return np.array(filled, dtype=_DTYPE[column.kind]), missing
