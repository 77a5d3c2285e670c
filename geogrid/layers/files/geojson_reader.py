"""Reader of GeoJSON, parsed as JSON and not by GDAL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pyproj import CRS
from pyproj.exceptions import CRSError

from geogrid.errors import FileError
from geogrid.layers.files.error_context import at_feature
from geogrid.layers.files.geometry_arrays import Shape, check_budget, read_geojson
from geogrid.layers.files.layer_file_content import Driver, LayerFile, check_size
from geogrid.layers.files.limits import MAX_DEPTH, MAX_VERTICES

if TYPE_CHECKING:
    from pathlib import Path

# Maximum number of lists and objects: one per vertex, and an allowance for rings and features.
_MAX_LISTS: Final = MAX_VERTICES + MAX_VERTICES // 4
_MAX_COMMAS: Final = 3 * _MAX_LISTS


def read(path: Path) -> LayerFile:
    """Read a FeatureCollection."""
    content = _parse(path)
    features = content.get("features")
    if content.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise FileError("The file is not a GeoJSON FeatureCollection.", code="format", remedy="Export it as GeoJSON.")
    check_size(len(features), 0)
    shapes: list[Shape] = []
    records: list[dict[str, Any]] = []
    for number, feature in enumerate(features, start=1):
        with at_feature(number):
            shape, record = _feature(feature)
        shapes.append(shape)
        records.append(record)
    columns = {
        column: [record.get(column) for record in records] for column in dict.fromkeys(c for r in records for c in r)
    }
    check_size(len(features), len(columns))
    return LayerFile(Driver.GEOJSON, columns, shapes, parse_crs_member(content.get("crs")), "utf-8")


def _parse(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    # An empty list has 3 bytes in the file and 64 in memory, a number 4 and 32, so count before parsing.
    if data.count(b"[") + data.count(b"{") > _MAX_LISTS or data.count(b",") > _MAX_COMMAS:
        check_budget(MAX_VERTICES + 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError("The file is not UTF-8.", code="encoding", remedy="Save it as UTF-8.") from error
    del data
    try:
        content = json.loads(text, parse_constant=_refuse_constant, object_hook=_convert_geometry)
    except (ValueError, RecursionError) as error:
        raise FileError(
            "The file is not valid JSON, is truncated or is nested too deeply.",
            code="json",
            remedy="Export it again as GeoJSON.",
        ) from error
    if not isinstance(content, dict):
        raise FileError("The file is not a GeoJSON FeatureCollection.", code="format", remedy="Export it as GeoJSON.")
    return content


def _convert_geometry(value: dict[str, Any]) -> dict[str, Any]:
    """Convert the geometry of a feature to arrays during parsing: lists take ten times the memory."""
    if value.get("type") == "Feature":
        value["geometry"] = read_geojson(value.get("geometry"))
    return value


def _feature(feature: Any) -> tuple[Shape, dict[str, Any]]:  # noqa: ANN401 - parsed JSON
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise FileError("This is not a GeoJSON Feature.", code="format", remedy="Export it again as GeoJSON.")
    geometry, record = feature["geometry"], feature.get("properties") or {}
    if not isinstance(record, dict):
        raise FileError("The properties are not an object.", code="format", field="properties")
    _check_depth(record)
    return geometry, record


def _check_depth(record: dict[str, Any]) -> None:
    level: list[Any] = [record]
    for _ in range(MAX_DEPTH):
        level = [item for value in level for item in _items(value)]
        if not level:
            return
    raise FileError(
        "A property is nested too deeply.", code="nested", field="properties", remedy="Use flat properties."
    )


def _items(value: Any) -> list[Any]:  # noqa: ANN401 - parsed JSON
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def parse_crs_member(member: Any) -> CRS | None:  # noqa: ANN401 - parsed JSON
    """Return the CRS that the member crs of a FeatureCollection names, or None without one.

    Raises
    ------
    FileError
        If the CRS is unknown.
    """
    if member is None:
        return None
    try:
        return CRS.from_user_input(str(member["properties"]["name"])[:100])
    except (KeyError, TypeError, CRSError) as error:
        raise FileError(
            "The member crs names an unknown CRS.", code="crs_unknown", field="crs", remedy="Remove the member crs."
        ) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
