"""Lenient reader of the standard files of a generation, for a report on all their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd

from geogrid.layers.codes import ANY_CODES, CodeScheme
from geogrid.layers.files.encodings import is_clean_text
from geogrid.layers.files.geometry_arrays import assemble, check_kind, flatten, read_geojson
from geogrid.layers.generation_file_reader import find_layer_files, read_features
from geogrid.layers.standard_columns import COLUMNS, fill_parents, is_synthetic, plain_attributes
from geogrid.model import ShapeKind

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from geogrid.model import Layer

_TEXT_COLUMNS = ("code", "name", "parent", "kind")


def read_unchecked(directory: Path, scheme: CodeScheme = ANY_CODES) -> dict[Layer, gpd.GeoDataFrame]:
    """Read all layers of a directory without checking them.

    Parameters
    ----------
    directory
        A folder, see `geogrid.layers.generation_file_reader.find_layer_files`.
    scheme
        Code scheme of the district. A missing parent is the one that the code contains.

    Returns
    -------
    dict of Layer to GeoDataFrame
        Columns as of `geogrid.layers.standard_columns.standard_frame`, rows in the order of the file. Missing and
        malformed values are None; polygons may be invalid. A layer without a file is missing.

    Raises
    ------
    FileError
        If a required file is missing, or a file is not a GeoJSON FeatureCollection.

    Examples
    --------
    >>> from geogrid.model import Layer
    >>> from geogrid.reference_files import data_path
    >>> len(read_unchecked(data_path("boundaries"))[Layer.DEDICATED])
    273
    """
    return {
        layer: fill_parents(_frame(read_features(path)), layer, scheme)
        for layer, path in find_layer_files(directory).items()
    }


def _frame(features: list[Any]) -> gpd.GeoDataFrame:
    rows = [_row(feature) for feature in features]
    return gpd.GeoDataFrame(rows, columns=list(COLUMNS), geometry=_shapes(features), crs="EPSG:4326")


def _row(feature: Any) -> tuple[object, ...]:  # noqa: ANN401 - parsed JSON
    raw = feature.get("properties") if isinstance(feature, dict) else None
    properties = raw if isinstance(raw, dict) else {}
    texts = (_text(properties.get(name)) for name in _TEXT_COLUMNS)
    synthetic = is_synthetic(properties.get("synthetic"))
    attributes = plain_attributes({name: value for name, value in properties.items() if name not in _TEXT_COLUMNS})
    return *texts, synthetic, attributes


def _text(value: object) -> str | None:
    # Codes are often exported as integers. In Python a bool is an integer too.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and is_clean_text(value) else None


def _shapes(features: list[Any]) -> NDArray[np.object_]:
    raw = (feature.get("geometry") if isinstance(feature, dict) else None for feature in features)
    shapes = [check_kind(read_geojson(geometry), ShapeKind.POLYGON) for geometry in raw]
    return assemble(shapes, ShapeKind.POLYGON, flatten(shapes))
