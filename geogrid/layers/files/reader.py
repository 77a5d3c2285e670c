"""Reader of layer files of any supported format, converted to WGS 84."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np

from geogrid.errors import FileError, InputError, LayerError
from geogrid.geo.coordinate_checks import CoordinateFault, coordinate_error, find_faults
from geogrid.geo.datums import to_wgs84
from geogrid.layers.files import gdal_reader, geojson_reader, gpkg_reader, parquet_reader
from geogrid.layers.files.column_mapping import FieldMapping, as_code, as_text
from geogrid.layers.files.encodings import checked_text
from geogrid.layers.files.error_context import at_feature, in_file, printable
from geogrid.layers.files.file_datum import resolve_datum
from geogrid.layers.files.file_signature import check_file, detect_format, is_zip
from geogrid.layers.files.file_staging import copy_file, copy_shapefile, extract_shapefile
from geogrid.layers.files.geometry_arrays import assemble, check_budget, check_kind, flatten
from geogrid.layers.files.layer_file_content import Driver, LayerFile
from geogrid.model import ShapeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geogrid.layers.files.geometry_arrays import FloatArray, Shape

_FIELDS: Final = ("code", "name", "parent", "kind")
# China with its seas, in degrees.
_CHINA: Final = ((73.0, 3.0), (136.0, 54.0))


@dataclass(frozen=True, slots=True)
class RawLayer:
    """The content of a layer file, with coordinates converted to WGS 84.

    Attributes
    ----------
    frame
        Columns code, name, parent, kind (None if missing), attributes (a dict of all other columns) and geometry
        (EPSG:4326), in the order of the file.
    shape
        Whether the features are polygons or lines.
    driver
        The format.
    datum
        The datum of the file's coordinates, see `geogrid.geo.datums.parse_datum`.
    encoding
        The encoding of the text.
    mapping
        The columns that were used.
    notes
        Remarks of the reader, one sentence each.
    """

    frame: gpd.GeoDataFrame
    shape: ShapeKind
    driver: Driver
    datum: str
    encoding: str
    mapping: FieldMapping
    notes: tuple[str, ...]

    @property
    def features(self) -> int:
        """The number of features."""
        return len(self.frame)


def read_file(
    path: Path, *, layer: str | None = None, datum: str | None = None, mapping: FieldMapping | None = None
) -> RawLayer:
    """Read a layer of polygons.

    Parameters
    ----------
    path
        A GeoPackage, GeoJSON, FlatGeobuf or GeoParquet file, the .shp file of a Shapefile, or a zip archive with a
        Shapefile. The format is detected by content.
    layer
        The layer of a GeoPackage that has several.
    datum
        The datum of the coordinates if the file names none: GeoJSON, or a Shapefile without .prj.
    mapping
        The columns of code, name, parent and kind; by default those with known names.

    Returns
    -------
    RawLayer
        Polygons and multipolygons in WGS 84 degrees. Rings and codes are not checked.

    Raises
    ------
    FileError
        If the file cannot be read, or is too large.
    DatumError
        If the datum is missing, contradicts the file, or does not fit the coordinates.
    LayerError
        If a feature has no code, no polygon or invalid coordinates, or if the columns are ambiguous. All errors name
        the file and, if applicable, the feature (from 1) and the field.

    Examples
    --------
    >>> from geogrid.reference_files import data_path
    >>> raw = read_file(data_path("boundaries", "streets.geojson"), datum="wgs84")
    >>> raw.features, raw.driver.value, raw.frame["name"][0]
    (18, 'GeoJSON', '永泰街道')
    """
    return _read_file(path, ShapeKind.POLYGON, layer, datum, mapping)


def read_line_file(
    path: Path, *, layer: str | None = None, datum: str | None = None, mapping: FieldMapping | None = None
) -> RawLayer:
    """Read a layer of lines, such as roads; parameters and errors as in `read_file`.

    Examples
    --------
    >>> import json, tempfile
    >>> line = {"type": "LineString", "coordinates": [[113.29, 40.09], [113.30, 40.09]]}
    >>> feature = {"type": "Feature", "properties": {"编码": "L01"}, "geometry": line}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "lanes.geojson")
    ...     _ = path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    ...     read_line_file(path, datum="wgs84").frame.geometry[0].wkt
    'LINESTRING (113.29 40.09, 113.3 40.09)'
    """
    return _read_file(path, ShapeKind.LINE, layer, datum, mapping)


def read_any_file(
    path: Path, *, layer: str | None = None, datum: str | None = None, mapping: FieldMapping | None = None
) -> RawLayer:
    """Read a layer of polygons or of lines, by its first feature; parameters and errors as in `read_file`.

    Examples
    --------
    >>> from geogrid.reference_files import data_path
    >>> read_any_file(data_path("boundaries", "streets.geojson"), datum="wgs84").shape.value
    'Polygon'
    """
    return _read_file(path, None, layer, datum, mapping)


def _read_file(
    path: Path, kind: ShapeKind | None, layer: str | None, datum: str | None, mapping: FieldMapping | None
) -> RawLayer:
    try:
        with in_file(path.name):
            check_file(path)
            source = _read_source(path, layer)
            kind = kind or source.shapes[0].kind
            return _convert_layer(source, kind, datum, (mapping or FieldMapping()).resolve(source.columns))
    except OSError as error:
        raise FileError(f"{path.name}: The file cannot be read.", code="file_unreadable") from error


def _read_source(path: Path, layer: str | None) -> LayerFile:
    with tempfile.TemporaryDirectory(prefix="geogrid-") as name:
        folder = Path(name)
        if is_zip(path):
            shp, stem = extract_shapefile(path, folder)
            if detect_format(shp) is not Driver.SHAPEFILE:
                raise FileError(
                    "The .shp file of the archive is not a Shapefile.", code="format", remedy="Export it again."
                )
            _check_layer(layer, stem)
            return gdal_reader.read_shapefile(shp)
        driver = detect_format(path)
        if driver is Driver.GPKG:
            return gpkg_reader.read(path, layer)
        _check_layer(layer, path.stem)
        if driver is Driver.SHAPEFILE:
            return gdal_reader.read_shapefile(copy_shapefile(path, folder))
        if driver is Driver.FLATGEOBUF:
            return gdal_reader.read_flatgeobuf(copy_file(path, folder))
        return geojson_reader.read(path) if driver is Driver.GEOJSON else parquet_reader.read(path)


def _check_layer(layer: str | None, only: str) -> None:
    if layer not in {None, only}:
        raise FileError(
            f"The file has only the layer {only}.", code="layer_choice", field="layer", remedy="Omit the layer name."
        )


def _convert_layer(source: LayerFile, kind: ShapeKind, given: str | None, mapping: FieldMapping) -> RawLayer:
    for number, shape in enumerate(source.shapes, start=1):
        with at_feature(number):
            check_kind(shape, kind)
    check_budget(sum(shape.vertices for shape in source.shapes))
    coordinates = flatten(source.shapes)
    resolved = resolve_datum(source.crs, given, coordinates)
    degrees = _to_degrees(source.shapes, coordinates, resolved.datum)
    columns = _select_columns(source, mapping)
    frame = gpd.GeoDataFrame(columns, geometry=assemble(source.shapes, kind, degrees), crs="EPSG:4326")
    notes = [*source.notes, *([resolved.note] if resolved.note else []), *_geometry_notes(source, degrees)]
    return RawLayer(frame, kind, source.driver, resolved.datum, source.encoding, mapping, tuple(map(printable, notes)))


def _to_degrees(shapes: Sequence[Shape], coordinates: FloatArray, datum: str) -> FloatArray:
    invalid = find_faults(coordinates[:, 0], coordinates[:, 1], datum)
    _raise_first(shapes, invalid)
    degrees = np.column_stack(to_wgs84(coordinates[:, 0], coordinates[:, 1], datum))
    # The inverse projection returns infinity for coordinates out of its range.
    invalid[~np.isfinite(degrees).all(axis=1)] = CoordinateFault.OUT_OF_RANGE
    _raise_first(shapes, invalid)
    return degrees


def _raise_first(shapes: Sequence[Shape], invalid: NDArray[np.uint8]) -> None:
    bad = np.flatnonzero(invalid)
    if bad.size:
        ends = np.cumsum([shape.vertices for shape in shapes])
        error = coordinate_error(CoordinateFault(int(invalid[bad[0]])))
        with at_feature(int(np.searchsorted(ends, bad[0], side="right")) + 1):
            raise LayerError(error.message, code=error.code, field="geometry", remedy=error.remedy)


def _select_columns(source: LayerFile, mapping: FieldMapping) -> dict[str, list[Any]]:
    used = asdict(mapping)
    columns: dict[str, list[Any]] = {"code": _convert(source.columns[str(mapping.code)], used["code"], as_code)}
    for field in _FIELDS[1:]:
        column = used[field]
        values = source.columns[column] if column else [None] * len(source.shapes)
        columns[field] = _convert(values, column, as_code if field == "parent" else as_text, optional=True)
    others = [column for column in source.columns if column not in used.values()]
    columns["attributes"] = [
        dict(zip(others, values, strict=True))
        for values in zip(*(source.columns[column] for column in others), strict=True)
    ] or [{} for _ in source.shapes]
    return columns


def _convert(
    values: Sequence[Any], column: str | None, read: Callable[[Any], str], *, optional: bool = False
) -> list[str | None]:
    """Convert the values of a column; errors name the feature and the column of the file."""
    texts: list[str | None] = []
    for number, value in enumerate(values, start=1):
        if optional and (value is None or value == ""):
            texts.append(None)
            continue
        try:
            with at_feature(number):
                texts.append(checked_text(read(value)))
        except InputError as error:
            raise LayerError(error.message, code=error.code, field=column, remedy=error.remedy) from error
    return texts


def _geometry_notes(source: LayerFile, degrees: FloatArray) -> list[str]:
    notes = []
    if not all(shape.flat for shape in source.shapes):
        notes.append("Z and M values are ignored.")
    if (degrees < _CHINA[0]).any() or (degrees > _CHINA[1]).any():
        notes.append("Part of the layer lies outside China: check its datum.")
    return notes
