"""Strict reader of the seven standard GeoJSON files of a generation.

The files are parsed as JSON, not by GDAL: GDAL selects the driver by content, not by name, and deeply nested geometries
crash GEOS. Only polygons are passed to shapely.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import geopandas as gpd
import numpy as np
import shapely
from shapely.errors import ShapelyError

from geogrid.errors import FileError, GeogridError, LayerError
from geogrid.layers.codes import check_code, parent_of
from geogrid.model import BASE_LAYERS, DedicatedKind, Layer

if TYPE_CHECKING:
    from os import PathLike

#: The file name of each layer, in reading order.
LAYER_FILES = {
    Layer.DISTRICT: "district.geojson",
    Layer.STREET: "streets.geojson",
    Layer.COMMUNITY: "communities.geojson",
    Layer.VILLAGE: "villages.geojson",
    Layer.URBAN: "urban.geojson",
    Layer.RURAL: "rural.geojson",
    Layer.DEDICATED: "dedicated.geojson",
}
#: Tolerated overlap of two areas in square degrees, about 0.1 m²: the effect of rounding to 7 decimals.
_OVERLAP_DEG2 = 1e-11
_COLUMNS = ["code", "name", "parent", "kind", "synthetic"]


def find_layer_file(directory: Path, layer: Layer) -> Path:
    """Return the file of a layer in a folder: the standard one, or the one that ``geogrid layers export`` writes.

    Examples
    --------
    >>> from geogrid.reference_files import data_path
    >>> find_layer_file(data_path("boundaries"), Layer.STREET).name
    'streets.geojson'
    """
    standard, exported = directory / LAYER_FILES[layer], directory / f"{layer.value}.geojson"
    return exported if exported.is_file() and not standard.is_file() else standard


def read_generation(directory: str | PathLike[str]) -> dict[Layer, gpd.GeoDataFrame]:
    """Read and validate all layers of a directory.

    Parameters
    ----------
    directory
        The folder with the files of `LAYER_FILES`.

    Returns
    -------
    dict of Layer to GeoDataFrame
        One frame per layer, see `read_layer`.

    Raises
    ------
    FileError
        If a file is missing, or is not a GeoJSON FeatureCollection.
    LayerError
        If a code is malformed or duplicate, a parent is missing, or areas overlap.

    Examples
    --------
    >>> from geogrid.reference_files import data_path
    >>> layers = read_generation(data_path("boundaries"))
    >>> {layer.value: len(frame) for layer, frame in layers.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'district': 1, 'street': 18, 'community': 155, 'village': 47,
     'urban': 1073, 'rural': 183, 'dedicated': 273}
    """
    layers = {layer: read_layer(find_layer_file(Path(directory), layer), layer) for layer in LAYER_FILES}
    _check_parents(layers)
    _check_overlaps(layers)
    return layers


def read_layer(path: str | PathLike[str], layer: Layer) -> gpd.GeoDataFrame:
    """Read and validate one layer of areas from a GeoJSON file.

    Parameters
    ----------
    path
        A FeatureCollection of Polygon or MultiPolygon features in WGS 84 with the properties ``code`` and ``name``, and
        optional ``parent``, ``kind`` and ``synthetic``.
    layer
        The layer, which determines the format of its codes.

    Returns
    -------
    GeoDataFrame
        Columns code, name, parent, kind, synthetic and geometry (EPSG:4326), sorted by code.

    Raises
    ------
    FileError, LayerError
        The message names the file, the feature (from 1) and the property.
    """
    path = Path(path)
    features = read_features(path)
    rows = [_row(path, number, feature, layer) for number, feature in enumerate(features, start=1)]
    frame = gpd.GeoDataFrame(rows, columns=[*_COLUMNS, "geometry"], geometry="geometry", crs="EPSG:4326")
    frame = frame.sort_values("code", ignore_index=True)
    duplicated = frame["code"].duplicated()
    if duplicated.any():
        raise LayerError(f"{path.name}: the code {frame['code'][duplicated].iloc[0]} occurs twice.", code="code_twice")
    return frame


def read_features(path: Path) -> list[Any]:
    """Return the unchecked features of a GeoJSON file.

    Raises
    ------
    FileError
        If the file is missing or is not a FeatureCollection.
    """
    features: list[Any] = read_collection(path)["features"]
    return features


def read_collection(path: Path) -> dict[str, Any]:
    """Return the unchecked content of a GeoJSON FeatureCollection, with its foreign members.

    Raises
    ------
    FileError
        As `read_features`.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except FileNotFoundError as error:
        raise FileError(f"The file {path.name} is missing.", remedy="Build it again or restore it.") from error
    except OSError as error:
        raise FileError(f"The file {path.name} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"The file {path.name} is not valid JSON.", remedy="Export it again as GeoJSON.") from error
    if not isinstance(content, dict) or not isinstance(content.get("features"), list):
        raise FileError(f"The file {path.name} is not a GeoJSON FeatureCollection.")
    return content


def _row(path: Path, number: int, feature: Any, layer: Layer) -> tuple[object, ...]:  # noqa: ANN401 - parsed JSON
    try:
        properties = feature["properties"]
        code, name = _text(properties, "code"), _text(properties, "name")
        check_code(code, layer)
        kind = DedicatedKind(properties["kind"]).value if layer is Layer.DEDICATED else None
        geometry = _polygon(feature["geometry"])
    except GeogridError as error:
        raise LayerError(f"{path.name}, feature {number}: {error}", code=error.code, field=error.field) from error
    except (KeyError, TypeError, ValueError) as error:
        raise LayerError(
            f"{path.name}, feature {number}: a member is missing or has a wrong value ({error})."
        ) from error
    parent = properties.get("parent")
    return code, name, parent, kind, bool(properties.get("synthetic", False)), geometry


def _text(properties: dict[str, Any], field: str) -> str:
    value = properties[field]
    if not isinstance(value, str) or not value.strip():
        raise LayerError("The value is not a text.", field=field)
    return value


def _polygon(geometry: dict[str, Any]) -> shapely.Geometry:
    if geometry["type"] not in {"Polygon", "MultiPolygon"}:
        raise LayerError("The geometry is not a polygon.", field="geometry")
    try:
        shape = shapely.geometry.shape(geometry)
    except (ShapelyError, IndexError) as error:
        raise LayerError("The coordinates are not lists of rings.", field="geometry") from error
    west, south, east, north = shape.bounds
    # The bounds of an empty polygon are NaN; this condition lets it pass to the next check.
    if west < -180 or east > 180 or south < -90 or north > 90:  # noqa: PLR2004 - degrees
        raise LayerError(
            "The coordinates are not longitude and latitude in degrees.",
            code="not_degrees",
            field="geometry",
            remedy="Convert the layer to WGS 84 (EPSG:4326).",
        )
    if east - west > 180:  # noqa: PLR2004 - degrees
        raise LayerError(
            "The polygon lies on both sides of 180°.",
            code="antimeridian",
            field="geometry",
            remedy="Import the layers of one side only.",
        )
    if shape.is_empty or not shape.is_valid:
        raise LayerError(f"The polygon is not valid: {shapely.is_valid_reason(shape)}.", field="geometry")
    return shape


def _check_parents(layers: dict[Layer, gpd.GeoDataFrame]) -> None:
    known = {code for frame in layers.values() for code in frame["code"]}
    for layer, frame in layers.items():
        if layer is Layer.DISTRICT:
            continue
        correct = frame["parent"].isin(known) & (frame["parent"] == frame["code"].map(parent_of))
        if not correct.all():
            first = frame["code"][~correct].iloc[0]
            raise LayerError(
                f"{LAYER_FILES[layer]}: the parent of {first} does not exist or does not match its code.",
                code="parent_unknown",
                field="parent",
            )


def _check_overlaps(layers: dict[Layer, gpd.GeoDataFrame]) -> None:
    """Raise if two areas of a level overlap: a point in both would have no unique grid."""
    for group in ((Layer.STREET,), (Layer.COMMUNITY, Layer.VILLAGE), BASE_LAYERS, (Layer.DEDICATED,)):
        shapes = np.concatenate([layers[layer].geometry.to_numpy() for layer in group])
        if shapely.coverage_is_valid(shapes):
            continue
        left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        left, right = left[left < right], right[left < right]
        shared = shapely.area(shapely.intersection(shapes[left], shapes[right]))
        if shared.max(initial=0.0) > _OVERLAP_DEG2:
            worst = shared.argmax()
            codes = np.concatenate([layers[layer]["code"].to_numpy() for layer in group])
            raise LayerError(
                f"{LAYER_FILES[group[0]]}: {codes[left[worst]]} and {codes[right[worst]]} overlap.",
                code="overlap",
                field="geometry",
                remedy="Correct the shared border, or run: geogrid layers check --fix",
            )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
