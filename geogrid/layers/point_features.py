"""Reader of records with points from GeoJSON: the properties by the known columns of a list."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import FileError
from geogrid.layers.files.file_datum import resolve_datum
from geogrid.layers.files.geojson_reader import parse_crs_member
from geogrid.tabular.column_mapping import NO_MAPPING, ColumnMapping
from geogrid.tabular.row_model import TableRow
from geogrid.tabular.table_reader import map_values

if TYPE_CHECKING:
    from pyproj import CRS

    from geogrid.tabular.known_columns import KnownColumns


@dataclass(frozen=True, slots=True)
class PointFeatures:
    """The features of a file.

    Attributes
    ----------
    rows
        The values by field. `lon` and `lat` are those of the geometry, None for a feature without a point.
    crs
        The CRS that the file names, if any.
    """

    rows: list[TableRow]
    crs: CRS | None

    def resolve_datum(self, given: str | None) -> str | None:
        """Return the datum of rows without one: the given one, or that of the file.

        Raises
        ------
        DatumError
            If the file names another datum than the given one, or the coordinates do not fit it.
        """
        if self.crs is None:
            return given
        points = [(row.values["lon"], row.values["lat"]) for row in self.rows]
        numbers = [pair for pair in points if all(type(value) in {int, float} for value in pair)]
        coordinates = np.array(numbers, dtype=np.float64).reshape(-1, 2)
        return resolve_datum(self.crs, given, coordinates).datum


def read_point_features(content: bytes, columns: KnownColumns, mapping: ColumnMapping = NO_MAPPING) -> PointFeatures:
    """Return the features of a FeatureCollection.

    Parameters
    ----------
    content
        GeoJSON in UTF-8.
    columns, mapping
        The columns of the list; properties with other names are ignored.

    Raises
    ------
    FileError
        If the content is no FeatureCollection, or names an unknown CRS.

    Examples
    --------
    >>> from geogrid.tabular.known_columns import KnownColumns
    >>> feature = {"properties": {"编码": "7"}, "geometry": {"type": "Point", "coordinates": [113.3, 40.09]}}
    >>> content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    >>> read_point_features(content, KnownColumns({"code": ("编码",)}, ())).rows[0].values
    {'code': '7', 'lon': 113.3, 'lat': 40.09}
    """
    try:
        collection = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FileError("The file is not JSON.", code="geojson", remedy="Export it again as GeoJSON.") from error
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list):
        raise FileError("The file is not a GeoJSON FeatureCollection.", code="geojson", remedy="Export it as GeoJSON.")
    rows = [
        TableRow(number, _feature_values(feature, columns, mapping)) for number, feature in enumerate(features, start=1)
    ]
    return PointFeatures(rows, parse_crs_member(collection.get("crs")))


def _feature_values(feature: Any, columns: KnownColumns, mapping: ColumnMapping) -> dict[str, Any]:  # noqa: ANN401 - parsed JSON
    """Return the properties, lon and lat of a feature; the importer reports missing values."""
    if not isinstance(feature, dict):
        return {"lon": None, "lat": None}
    properties = feature.get("properties")
    geometry = feature.get("geometry")
    values = map_values(properties, columns, mapping) if isinstance(properties, dict) else {}
    values.pop("point", None)
    position = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    if isinstance(position, list) and len(position) in (2, 3):
        return {**values, "lon": position[0], "lat": position[1]}
    return {**values, "lon": None, "lat": None}
