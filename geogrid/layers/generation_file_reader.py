"""Strict reader of the standard GeoJSON files of a generation.

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
from geogrid.layers.codes import ANY_CODES, CodeScheme
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
#: The levels below the district; the layers of a level do not overlap.
_LEVELS = ((Layer.STREET,), (Layer.COMMUNITY, Layer.VILLAGE), BASE_LAYERS, (Layer.DEDICATED,))
#: Tolerated overlap of two areas in square degrees, about 0.1 m²: the effect of rounding to 7 decimals.
_OVERLAP_DEG2 = 1e-11
_COLUMNS = ["code", "name", "parent", "kind", "synthetic"]


def find_layer_file(directory: Path, layer: Layer) -> Path | None:
    """Return the file of a layer in a folder, standard or exported; None if there is none.

    Examples
    --------
    >>> from geogrid.reference_files import data_path
    >>> find_layer_file(data_path("boundaries"), Layer.STREET).name
    'streets.geojson'
    """
    names = (LAYER_FILES[layer], f"{layer.value}.geojson")
    return next((path for name in names if (path := directory / name).is_file()), None)


def find_layer_files(directory: str | PathLike[str]) -> dict[Layer, Path]:
    """Return the files of a folder by layer. A layer without a file does not exist in the district.

    Raises
    ------
    FileError
        If the district has no file, or if there are neither urban nor rural grids.

    Examples
    --------
    >>> from geogrid.reference_files import data_path
    >>> len(find_layer_files(data_path("boundaries")))
    7
    """
    paths = {layer: find_layer_file(Path(directory), layer) for layer in LAYER_FILES}
    found = {layer: path for layer, path in paths.items() if path}
    for required in ((Layer.DISTRICT,), BASE_LAYERS):
        if found.keys().isdisjoint(required):
            names = " or ".join(LAYER_FILES[layer] for layer in required)
            raise FileError(
                f"The file {names} is missing in this folder.",
                code="file_missing",
                remedy="A district needs its outline and one layer of grids; every other layer may be absent.",
            )
    return found


def read_generation(directory: str | PathLike[str], scheme: CodeScheme = ANY_CODES) -> dict[Layer, gpd.GeoDataFrame]:
    """Read and validate all layers of a directory.

    Parameters
    ----------
    directory
        A folder with files of `LAYER_FILES`, see `find_layer_files`.
    scheme
        The code scheme of the district; by default any code.

    Returns
    -------
    dict of Layer to GeoDataFrame
        One frame per layer, see `read_layer`; empty for a layer without a file.

    Raises
    ------
    FileError
        If a required file is missing, or a file is not a GeoJSON FeatureCollection.
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
    files = find_layer_files(directory)
    layers = {layer: read_layer(files[layer], layer, scheme) if layer in files else _frame([]) for layer in Layer}
    _check_parents(layers, scheme)
    _check_overlaps(layers)
    return layers


def read_layer(path: str | PathLike[str], layer: Layer, scheme: CodeScheme = ANY_CODES) -> gpd.GeoDataFrame:
    """Read and validate one layer of areas from a GeoJSON file.

    Parameters
    ----------
    path
        A FeatureCollection of Polygon or MultiPolygon features in WGS 84 with the properties ``code`` and ``name``, and
        optional ``parent``, ``kind`` and ``synthetic``.
    layer
        The layer, which determines the pattern of its codes.
    scheme
        The code scheme of the district; by default any code. A missing parent is the one that the code contains.

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
    rows = [_row(path, number, feature, layer, scheme) for number, feature in enumerate(features, start=1)]
    frame = _frame(rows).sort_values("code", ignore_index=True)
    duplicated = frame["code"].duplicated()
    if duplicated.any():
        raise LayerError(f"{path.name}: the code {frame['code'][duplicated].iloc[0]} occurs twice.", code="code_twice")
    return frame


def _frame(rows: list[tuple[object, ...]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, columns=[*_COLUMNS, "geometry"], geometry="geometry", crs="EPSG:4326")


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


def _row(path: Path, number: int, feature: Any, layer: Layer, scheme: CodeScheme) -> tuple[object, ...]:  # noqa: ANN401 - parsed JSON
    try:
        properties = feature["properties"]
        code, name = _text(properties, "code"), _text(properties, "name")
        _check_code(code, layer, scheme)
        kind = DedicatedKind(properties["kind"]).value if layer is Layer.DEDICATED else None
        geometry = _polygon(feature["geometry"])
    except GeogridError as error:
        raise LayerError(f"{path.name}, feature {number}: {error}", code=error.code, field=error.field) from error
    except (KeyError, TypeError, ValueError) as error:
        raise LayerError(
            f"{path.name}, feature {number}: a member is missing or has a wrong value ({error})."
        ) from error
    parent = properties.get("parent") or scheme.read_parent(layer, code)
    return code, name, parent, kind, bool(properties.get("synthetic", False)), geometry


def _check_code(code: str, layer: Layer, scheme: CodeScheme) -> None:
    if not scheme.matches(layer, code):
        raise LayerError(
            f"The code does not match {scheme.describe(layer)}.",
            code="code_scheme",
            field="code",
            remedy="Correct the code, or the pattern of this layer in the profile of the district.",
        )


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


def _check_parents(layers: dict[Layer, gpd.GeoDataFrame], scheme: CodeScheme) -> None:
    known: set[str] = set()
    # Layers of one level cannot contain each other's parents.
    for level in ((Layer.DISTRICT,), *_LEVELS):
        for layer in level:
            for code, parent in zip(layers[layer]["code"], layers[layer]["parent"], strict=True):
                if layer is not Layer.DISTRICT and parent not in known:
                    raise _parent_error(layer, f"the parent of {code} is in no higher layer")
                if (in_code := scheme.read_parent(layer, code)) not in {None, parent}:
                    raise _parent_error(layer, f"{code} contains the parent {in_code}, which is not its parent")
        known.update(code for layer in level for code in layers[layer]["code"])


def _parent_error(layer: Layer, fault: str) -> LayerError:
    return LayerError(
        f"{LAYER_FILES[layer]}: {fault}.",
        code="parent_unknown",
        field="parent",
        remedy="Correct the property parent, or add the area.",
    )


def _check_overlaps(layers: dict[Layer, gpd.GeoDataFrame]) -> None:
    """Raise if two areas of a level overlap: a point in both would have no unique grid."""
    for group in _LEVELS:
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
