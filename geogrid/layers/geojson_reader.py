"""Read the GeoJSON files of a generation.

The files are read as JSON, not through GDAL: its drivers follow what a file says rather than what it is called, and
deeply nested geometry crashes GEOS. Only polygons get as far as shapely.
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

#: The file of each layer, in the order in which they are read.
LAYER_FILES = {
    Layer.DISTRICT: "district.geojson",
    Layer.STREET: "streets.geojson",
    Layer.COMMUNITY: "communities.geojson",
    Layer.VILLAGE: "villages.geojson",
    Layer.URBAN: "urban.geojson",
    Layer.RURAL: "rural.geojson",
    Layer.DEDICATED: "dedicated.geojson",
}
#: What two areas may share, in square degrees: a tenth of a square metre, as rounding to 7 decimals leaves it.
_OVERLAP_DEG2 = 1e-11
_COLUMNS = ["code", "name", "parent", "kind", "synthetic"]


def read_generation(directory: str | PathLike[str]) -> dict[Layer, gpd.GeoDataFrame]:
    """Read all layers of a directory.

    Parameters
    ----------
    directory
        A folder with the files of `LAYER_FILES`.

    Returns
    -------
    dict of Layer to GeoDataFrame
        One frame a layer, see `read_layer`.

    Raises
    ------
    FileError
        If a file is missing or is not what it should be.
    LayerError
        If a layer breaks its rules: a code out of scheme or twice, a parent that is not there, areas that overlap.

    Examples
    --------
    >>> from geogrid.resources import data_path
    >>> layers = read_generation(data_path("boundaries"))
    >>> {layer.value: len(frame) for layer, frame in layers.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'district': 1, 'street': 18, 'community': 155, 'village': 47,
     'urban': 1073, 'rural': 183, 'dedicated': 273}
    """
    layers = {layer: read_layer(Path(directory, name), layer) for layer, name in LAYER_FILES.items()}
    _check_parents(layers)
    _check_overlaps(layers)
    return layers


def read_layer(path: str | PathLike[str], layer: Layer) -> gpd.GeoDataFrame:
    """Read one layer from a GeoJSON file.

    Parameters
    ----------
    path
        A FeatureCollection of Polygon or MultiPolygon features in WGS 84, with the properties ``code`` and ``name``,
        and where they apply ``parent``, ``kind`` and ``synthetic``.
    layer
        The layer, which says what a code looks like.

    Returns
    -------
    GeoDataFrame
        Columns code, name, parent, kind, synthetic and geometry (EPSG:4326), sorted by code.

    Raises
    ------
    FileError, LayerError
        With the file, the number of the feature (from 1) and the property.
    """
    path = Path(path)
    features = features_of(path)
    rows = [_row(path, number, feature, layer) for number, feature in enumerate(features, start=1)]
    frame = gpd.GeoDataFrame(rows, columns=[*_COLUMNS, "geometry"], geometry="geometry", crs="EPSG:4326")
    frame = frame.sort_values("code", ignore_index=True)
    twice = frame["code"].duplicated()
    if twice.any():
        raise LayerError(f"{path.name}: the code {frame['code'][twice].iloc[0]} stands twice.", code="code_twice")
    return frame


def features_of(path: Path) -> list[Any]:
    """Return the features of a GeoJSON file as they stand in it, unchecked.

    Raises
    ------
    FileError
        If it is missing, or no FeatureCollection.
    """
    features: list[Any] = collection_of(path)["features"]
    return features


def collection_of(path: Path) -> dict[str, Any]:
    """Return a GeoJSON file as it stands, with its own members beside the features.

    Raises
    ------
    FileError
        As `features_of`.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except FileNotFoundError as error:
        raise FileError(f"The file {path.name} is not there.", remedy="Rebuild it or restore it.") from error
    except OSError as error:
        raise FileError(f"The file {path.name} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"The file {path.name} is not JSON.", remedy="Export it again as GeoJSON.") from error
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
        raise LayerError(f"{path.name}, feature {number}: a property is missing or wrong ({error}).") from error
    parent = properties.get("parent")
    return code, name, parent, kind, bool(properties.get("synthetic", False)), geometry


def _text(properties: dict[str, Any], field: str) -> str:
    value = properties[field]
    if not isinstance(value, str) or not value.strip():
        raise LayerError("The value is not text.", field=field)
    return value


def _polygon(geometry: dict[str, Any]) -> shapely.Geometry:
    if geometry["type"] not in {"Polygon", "MultiPolygon"}:
        raise LayerError("The geometry is not a polygon.", field="geometry")
    try:
        shape = shapely.geometry.shape(geometry)
    except (ShapelyError, IndexError) as error:
        raise LayerError("The rings are not lists of positions.", field="geometry") from error
    west, south, east, north = shape.bounds
    # Written so that NaN, the bounds of an empty polygon, passes on to the next check.
    if west < -180 or east > 180 or south < -90 or north > 90:  # noqa: PLR2004 - degrees
        raise LayerError(
            "The coordinates are not degrees, longitude first.",
            code="not_degrees",
            field="geometry",
            remedy="GeoJSON is in WGS 84: turn the layer into it.",
        )
    if shape.is_empty or not shape.is_valid:
        raise LayerError(f"The polygon is not valid: {shapely.is_valid_reason(shape)}.", field="geometry")
    return shape


def _check_parents(layers: dict[Layer, gpd.GeoDataFrame]) -> None:
    known = {code for frame in layers.values() for code in frame["code"]}
    for layer, frame in layers.items():
        if layer is Layer.DISTRICT:
            continue
        right = frame["parent"].isin(known) & (frame["parent"] == frame["code"].map(parent_of))
        if not right.all():
            first = frame["code"][~right].iloc[0]
            raise LayerError(
                f"{LAYER_FILES[layer]}: {first} names a parent that is not there, or not its own.",
                code="parent_unknown",
                field="parent",
            )


def _check_overlaps(layers: dict[Layer, gpd.GeoDataFrame]) -> None:
    """Refuse layers in which a point may lie in two areas: an answer would depend on codes alone."""
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
                remedy="Mend the shared border in the GIS.",
            )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
