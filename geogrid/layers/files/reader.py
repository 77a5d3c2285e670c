"""Reader of layer files of any supported format, converted to WGS 84."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np

from geogrid.errors import FileError, InputError, LayerError
from geogrid.geo.coordinate_checks import CoordinateFault, coordinate_error, find_faults
from geogrid.geo.datums import to_wgs84
from geogrid.layers.files import dxf_reader, gdal_reader, geojson_reader, gpkg_reader, kml_reader, parquet_reader
from geogrid.layers.files.column_mapping import FieldMapping, as_code, as_text
from geogrid.layers.files.encodings import checked_text
from geogrid.layers.files.error_context import at_feature, in_file, printable
from geogrid.layers.files.file_datum import resolve_datum
from geogrid.layers.files.file_signature import check_file, is_zip
from geogrid.layers.files.file_staging import stage_layer, unpack_layer
from geogrid.layers.files.geometry_arrays import assemble, check_budget, check_kind, flatten
from geogrid.layers.files.layer_file_content import Driver, LayerFile, choose_layer
from geogrid.model import ShapeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geogrid.layers.files.geometry_arrays import FloatArray, Shape

#: Readers of formats with several layers.
_LAYERED: Final[dict[Driver, Callable[[Path, str | None], LayerFile]]] = {
    Driver.GPKG: gpkg_reader.read,
    Driver.KML: kml_reader.read,
    Driver.GEODATABASE: gdal_reader.read_geodatabase,
    Driver.DXF: dxf_reader.read,
}
#: Readers of formats with one layer.
_SINGLE: Final[dict[Driver, Callable[[Path], LayerFile]]] = {
    Driver.SHAPEFILE: gdal_reader.read_shapefile,
    Driver.FLATGEOBUF: gdal_reader.read_flatgeobuf,
    Driver.GEOJSON: geojson_reader.read,
    Driver.GEOPARQUET: parquet_reader.read,
    Driver.MAPINFO_TAB: gdal_reader.read_mapinfo,
    Driver.MAPINFO_MIF: gdal_reader.read_mapinfo,
}

_FIELDS: Final = ("code", "name", "parent", "kind")
# China with its seas, in degrees.
_CHINA: Final = ((73.0, 3.0), (136.0, 54.0))


@dataclass(frozen=True, slots=True)
class ShapeFault:
    """The error of one feature's geometry; features are counted from 1."""

    feature: int
    error: LayerError


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
    faults
        The features without a usable geometry; empty unless the file was read unchecked.
    """

    frame: gpd.GeoDataFrame
    shape: ShapeKind
    driver: Driver
    datum: str
    encoding: str
    mapping: FieldMapping
    notes: tuple[str, ...]
    faults: tuple[ShapeFault, ...] = ()

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
        A GeoPackage, GeoJSON, FlatGeobuf, GeoParquet, KML, KMZ or DXF file, the .shp, .tab or .mif file of a Shapefile
        or MapInfo layer, the .gdb folder of a file geodatabase, or a zip archive with one of them. The format is
        detected by content. Of a DXF drawing the closed polylines are read, and the texts inside them as columns.
    layer
        The layer of a file that has several: a table of a GeoPackage or geodatabase, a folder of a KML file, a layer of
        a DXF drawing, or a file of an archive.
    datum
        The datum of the coordinates if the file names none: GeoJSON, DXF, or a Shapefile without .prj.
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
    return _require_shapes(path, _read_file(path, ShapeKind.POLYGON, layer, datum, mapping))


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
    return _require_shapes(path, _read_file(path, ShapeKind.LINE, layer, datum, mapping))


def read_unchecked_file(
    path: Path, *, layer: str | None = None, datum: str | None = None, mapping: FieldMapping | None = None
) -> RawLayer:
    """Read a layer of polygons with its faulty features, for a check that reports all of them.

    Parameters and errors as in `read_file`, except that a feature without a usable polygon is no error. Its geometry is
    None, or lines if a ring is open.

    Examples
    --------
    >>> from geogrid.reference_files import data_path
    >>> read_unchecked_file(data_path("boundaries", "streets.geojson"), datum="wgs84").faults
    ()
    """
    return _read_file(path, ShapeKind.POLYGON, layer, datum, mapping)


def read_any_file(
    path: Path, *, layer: str | None = None, datum: str | None = None, mapping: FieldMapping | None = None
) -> RawLayer:
    """Read a layer of polygons or of lines, by its first feature; otherwise as `read_unchecked_file`.

    Examples
    --------
    >>> from geogrid.reference_files import data_path
    >>> read_any_file(data_path("boundaries", "streets.geojson"), datum="wgs84").shape.value
    'Polygon'
    """
    return _read_file(path, None, layer, datum, mapping)


def _require_shapes(path: Path, raw: RawLayer) -> RawLayer:
    for fault in raw.faults:
        with in_file(path.name), at_feature(fault.feature):
            raise fault.error
    return raw


def _read_file(
    path: Path, kind: ShapeKind | None, layer: str | None, datum: str | None, mapping: FieldMapping | None
) -> RawLayer:
    try:
        with in_file(path.name):
            check_file(path)
            source = _read_source(path, layer)
            kind = kind or next((shape.kind for shape in source.shapes if shape.kind), ShapeKind.POLYGON)
            resolved = (mapping or FieldMapping()).resolve(source.columns, source.nested_columns)
            return _convert_layer(source, kind, datum, resolved)
    except OSError as error:
        raise FileError(f"{path.name}: The file cannot be read.", code="file_unreadable") from error


def _read_source(path: Path, layer: str | None) -> LayerFile:
    with tempfile.TemporaryDirectory(prefix="geogrid-") as name:
        stage = unpack_layer if is_zip(path) else stage_layer
        file = stage(path, Path(name), layer)
        if file.driver in _LAYERED:
            return _LAYERED[file.driver](file.path, file.layer)
        choose_layer(file.layer, [file.name])
        return _SINGLE[file.driver](file.path)


def _convert_layer(source: LayerFile, kind: ShapeKind, given: str | None, mapping: FieldMapping) -> RawLayer:
    shapes = [check_kind(shape, kind) for shape in source.shapes]
    _require_kind(shapes)
    check_budget(sum(shape.vertices for shape in shapes))
    coordinates = flatten(shapes)
    resolved = resolve_datum(source.crs, given, coordinates[np.isfinite(coordinates).all(axis=1)])
    degrees = _to_degrees(coordinates, resolved.datum)
    shapes = _mark_faults(shapes, coordinates, degrees, resolved.datum)
    columns = _select_columns(source, mapping)
    frame = gpd.GeoDataFrame(columns, geometry=assemble(shapes, kind, degrees), crs="EPSG:4326")
    notes = [*source.notes, *([resolved.note] if resolved.note else []), *_geometry_notes(source, degrees)]
    faults = tuple(ShapeFault(number, shape.fault) for number, shape in enumerate(shapes, start=1) if shape.fault)
    return RawLayer(
        frame, kind, source.driver, resolved.datum, source.encoding, mapping, tuple(map(printable, notes)), faults
    )


def _require_kind(shapes: Sequence[Shape]) -> None:
    """Raise if all geometries are of another kind: this is another layer, not a faulty one."""
    faults = [shape.fault for shape in shapes]
    if faults[0] and all(fault and fault.code == "geometry_type" for fault in faults):
        with at_feature(1):
            raise faults[0]


def _to_degrees(coordinates: FloatArray, datum: str) -> FloatArray:
    """Return the coordinates in WGS 84; NaN or infinity where the projection has no inverse."""
    return np.column_stack(to_wgs84(coordinates[:, 0], coordinates[:, 1], datum))


def _mark_faults(shapes: Sequence[Shape], coordinates: FloatArray, degrees: FloatArray, datum: str) -> list[Shape]:
    """Return the shapes, with a fault where a coordinate is not usable in the datum."""
    invalid = find_faults(coordinates[:, 0], coordinates[:, 1], datum)
    # The inverse projection returns infinity for coordinates out of its range.
    invalid[(invalid == CoordinateFault.NONE) & ~np.isfinite(degrees).all(axis=1)] = CoordinateFault.OUT_OF_RANGE
    marked = list(shapes)
    bad = np.flatnonzero(invalid)
    owners = np.searchsorted(np.cumsum([shape.vertices for shape in shapes]), bad, side="right")
    for number, first in zip(*np.unique(owners, return_index=True), strict=True):
        if marked[number].fault is None:
            error = coordinate_error(CoordinateFault(int(invalid[bad[first]])))
            fault = LayerError(error.message, code=error.code, field="geometry", remedy=error.remedy)
            marked[number] = replace(marked[number], fault=fault)
    return marked


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
