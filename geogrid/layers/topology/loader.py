"""Read the files of a generation in whatever state, so that a report can name all that is wrong with them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely
from shapely.errors import ShapelyError

from geogrid.layers.convert import COLUMNS, is_synthetic, plain_attributes
from geogrid.layers.files.encodings import is_whole
from geogrid.layers.geojson_reader import LAYER_FILES, features_of

if TYPE_CHECKING:
    from pathlib import Path

    from geogrid.model import Layer

_WORDS = ("code", "name", "parent", "kind")


def read_unchecked(directory: Path) -> dict[Layer, gpd.GeoDataFrame]:
    """Read all layers of a directory, good or bad.

    Parameters
    ----------
    directory
        A folder with the files of `geogrid.layers.geojson_reader.LAYER_FILES`.

    Returns
    -------
    dict of Layer to GeoDataFrame
        Columns as of `geogrid.layers.convert.standard_frame`, rows in the order of the file; what is missing or is not
        what it should be is None. Shapes may be of any kind of polygon, valid or not.

    Raises
    ------
    FileError
        If a file is missing or is no GeoJSON FeatureCollection.

    Examples
    --------
    >>> from geogrid.model import Layer
    >>> from geogrid.resources import data_path
    >>> len(read_unchecked(data_path("boundaries"))[Layer.DEDICATED])
    273
    """
    return {layer: _frame(features_of(directory / name)) for layer, name in LAYER_FILES.items()}


def _frame(features: list[Any]) -> gpd.GeoDataFrame:
    rows = [_row(feature) for feature in features]
    return gpd.GeoDataFrame(rows, columns=[*COLUMNS, "geometry"], geometry="geometry", crs="EPSG:4326")


def _row(feature: Any) -> tuple[object, ...]:  # noqa: ANN401 - parsed JSON
    feature = feature if isinstance(feature, dict) else {}
    found = feature.get("properties")
    properties = found if isinstance(found, dict) else {}
    words = (_word(properties.get(name)) for name in _WORDS)
    synthetic = is_synthetic(properties.get("synthetic"))
    others = plain_attributes({name: value for name, value in properties.items() if name not in _WORDS})
    return *words, synthetic, others, _polygon(feature.get("geometry"))


def _word(value: object) -> str | None:
    # Codes are often exported as numbers; a truth value is a number too, and no code.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and is_whole(value) else None


def _polygon(geometry: object) -> shapely.Geometry | None:
    # Only these two: collections may be nested so deeply that GEOS crashes. A tuple, for what cannot be hashed.
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return None
    try:
        return shapely.force_2d(shapely.geometry.shape(geometry))
    except (ShapelyError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        # What rings that are not lists of positions raise depends on what they are instead.
        return None
