"""Read a layer file of any format that a city's GIS office brings."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np

from geogrid.errors import FileError, InputError, LayerError
from geogrid.geo.datums import CoordinateFault, coordinate_error, find_faults, to_wgs84
from geogrid.layers.files import gdal, geojson, gpkg, parquet
from geogrid.layers.files.column_mapping import FieldMapping, as_code, as_text
from geogrid.layers.files.encodings import checked_text
from geogrid.layers.files.error_context import at_feature, in_file, plain
from geogrid.layers.files.file_datum import settle
from geogrid.layers.files.file_signature import check_file, is_zip, sniff
from geogrid.layers.files.geometry_arrays import assemble, check_budget, check_kind, flatten
from geogrid.layers.files.layer_file import Driver, LayerFile
from geogrid.layers.files.unpack import copy_alone, gather, unzip
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
    """A layer as a file has it, its coordinates turned into WGS 84.

    Attributes
    ----------
    frame
        Columns code, name, parent, kind (None where the file has none), attributes (a dict a feature with all other
        columns) and geometry (EPSG:4326), in the order of the file.
    shape
        What the features are, polygons or lines.
    driver
        The format.
    datum
        The datum that the coordinates were in, see `geogrid.geo.datums.parse_datum`.
    encoding
        The encoding of the text.
    mapping
        The columns that were used.
    notes
        What else was done or noticed, a sentence each.
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
        A GeoPackage, GeoJSON, FlatGeobuf or GeoParquet file, the .shp file of a Shapefile, or a zip archive with one.
        The content decides, not the name.
    layer
        The layer of a GeoPackage that has several.
    datum
        The datum of the coordinates, where the file does not name it: GeoJSON, or a Shapefile without .prj.
    mapping
        The columns that hold code, name, parent and kind; by default those with usual names.

    Returns
    -------
    RawLayer
        Polygons and multipolygons in WGS 84 degrees. They are what the file has: neither the rings nor the codes
        are checked yet.

    Raises
    ------
    FileError
        If the file cannot be read, or is too large.
    DatumError
        If the datum is missing, contradicts the file, or cannot be that of the coordinates.
    LayerError
        If a feature has no code, no polygon or impossible coordinates, or if the columns are not clear. All of them
        name the file, and where it applies the feature (from 1) and the field.

    Examples
    --------
    >>> from geogrid.resources import data_path
    >>> raw = read_file(data_path("boundaries", "streets.geojson"), datum="wgs84")
    >>> raw.features, raw.driver.value, raw.frame["name"][0]
    (18, 'GeoJSON', '永泰街道')
    """
    return _read_file(path, ShapeKind.POLYGON, layer, datum, mapping)


def read_line_file(
    path: Path, *, layer: str | None = None, datum: str | None = None, mapping: FieldMapping | None = None
) -> RawLayer:
    """Read a layer of lines, such as streets with their wardens; parameters and errors as in `read_file`.

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
    """Read a layer of polygons or of lines, whichever the file holds; parameters and errors as in `read_file`.

    Examples
    --------
    >>> from geogrid.resources import data_path
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
            source = _source(path, layer)
            kind = kind or source.shapes[0].kind
            return _raw(source, kind, datum, (mapping or FieldMapping()).resolve(source.columns))
    except OSError as error:
        raise FileError(f"{path.name}: The file cannot be read.", code="file_unreadable") from error


def _source(path: Path, layer: str | None) -> LayerFile:
    with tempfile.TemporaryDirectory(prefix="geogrid-") as name:
        folder = Path(name)
        if is_zip(path):
            shp, stem = unzip(path, folder)
            if sniff(shp) is not Driver.SHAPEFILE:
                raise FileError("The .shp file of the archive is not one.", code="format", remedy="Export it again.")
            _check_layer(layer, stem)
            return gdal.read_shapefile(shp)
        driver = sniff(path)
        if driver is Driver.GPKG:
            return gpkg.read(path, layer)
        _check_layer(layer, path.stem)
        if driver is Driver.SHAPEFILE:
            return gdal.read_shapefile(gather(path, folder))
        if driver is Driver.FLATGEOBUF:
            return gdal.read_flatgeobuf(copy_alone(path, folder))
        return geojson.read(path) if driver is Driver.GEOJSON else parquet.read(path)


def _check_layer(layer: str | None, only: str) -> None:
    if layer not in {None, only}:
        raise FileError(f"The file has one layer, {only}.", code="layer_choice", field="layer", remedy="Name no layer.")


def _raw(source: LayerFile, kind: ShapeKind, given: str | None, mapping: FieldMapping) -> RawLayer:
    for number, shape in enumerate(source.shapes, start=1):
        with at_feature(number):
            check_kind(shape, kind)
    check_budget(sum(shape.vertices for shape in source.shapes))
    coordinates = flatten(source.shapes)
    settled = settle(source.crs, given, coordinates)
    degrees = _degrees(source.shapes, coordinates, settled.datum)
    columns = _columns(source, mapping)
    frame = gpd.GeoDataFrame(columns, geometry=assemble(source.shapes, kind, degrees), crs="EPSG:4326")
    notes = [*source.notes, *([settled.note] if settled.note else []), *_remarks(source, degrees)]
    return RawLayer(frame, kind, source.driver, settled.datum, source.encoding, mapping, tuple(map(plain, notes)))


def _degrees(shapes: Sequence[Shape], coordinates: FloatArray, datum: str) -> FloatArray:
    found = find_faults(coordinates[:, 0], coordinates[:, 1], datum)
    _raise_first(shapes, found)
    degrees = np.column_stack(to_wgs84(coordinates[:, 0], coordinates[:, 1], datum))
    # A pair that the projection cannot invert comes out as infinities.
    found[~np.isfinite(degrees).all(axis=1)] = CoordinateFault.OUT_OF_RANGE
    _raise_first(shapes, found)
    return degrees


def _raise_first(shapes: Sequence[Shape], found: NDArray[np.uint8]) -> None:
    bad = np.flatnonzero(found)
    if bad.size:
        ends = np.cumsum([shape.vertices for shape in shapes])
        error = coordinate_error(CoordinateFault(int(found[bad[0]])))
        with at_feature(int(np.searchsorted(ends, bad[0], side="right")) + 1):
            raise LayerError(error.message, code=error.code, field="geometry", remedy=error.remedy)


def _columns(source: LayerFile, mapping: FieldMapping) -> dict[str, list[Any]]:
    used = asdict(mapping)
    columns: dict[str, list[Any]] = {"code": _each(source.columns[str(mapping.code)], used["code"], as_code)}
    for field in _FIELDS[1:]:
        column = used[field]
        values = source.columns[column] if column else [None] * len(source.shapes)
        columns[field] = _each(values, column, as_code if field == "parent" else as_text, optional=True)
    others = [column for column in source.columns if column not in used.values()]
    columns["attributes"] = [
        dict(zip(others, values, strict=True))
        for values in zip(*(source.columns[column] for column in others), strict=True)
    ] or [{} for _ in source.shapes]
    return columns


def _each(
    values: Sequence[Any], column: str | None, read: Callable[[Any], str], *, optional: bool = False
) -> list[str | None]:
    """Read the values of a column; what is wrong with one names the feature and the column of the file."""
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


def _remarks(source: LayerFile, degrees: FloatArray) -> list[str]:
    remarks = []
    if not all(shape.flat for shape in source.shapes):
        remarks.append("Heights or measures (Z, M) are left out.")
    if (degrees < _CHINA[0]).any() or (degrees > _CHINA[1]).any():
        remarks.append("Some of the layer lies outside China: check its datum.")
    return remarks
