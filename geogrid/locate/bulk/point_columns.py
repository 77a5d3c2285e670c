"""Find the coordinate columns of a table, and read their points."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyproj import CRS
from pyproj.exceptions import CRSError

from geogrid.errors import FileError
from geogrid.geo.local_projections import crs_datum
from geogrid.layers.files.file_datum import conflict_error
from geogrid.locate.bulk.refusal_codes import RefusalReason
from geogrid.locate.bulk.wkb import read_points
from geogrid.tabular.known_columns import clean_name, list_names, normalize_header
from geogrid.tabular.point_columns import LAT_NAMES, LON_NAMES, PAIR_PATTERN, POINT_NAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Decimal numbers; unlike in Python, 1_0 and 0x10 are refused.
_NUMBER: Final = r"^([+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(nan|inf|infinity))$"
#: A number that a spreadsheet keeps as text: ="113.3", or with an apostrophe.
_GUARDED: Final = r"""^(?:="([^"]*)"|'(.*))$"""


@dataclass(frozen=True, slots=True)
class PointColumnNames:
    """Names of the columns with the points: either `lon` and `lat`, or `geometry`, or `point` with both numbers."""

    lon: str | None = None
    lat: str | None = None
    geometry: str | None = None
    point: str | None = None


@dataclass(frozen=True, slots=True)
class PointColumns:
    """The points of a table.

    Attributes
    ----------
    lon, lat : ndarray of float64, shape (n,)
        Coordinates in the datum of the table; undefined for refused rows.
    reasons : ndarray of uint8, shape (n,)
        Reason of each refused row, see `RefusalReason`.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    reasons: NDArray[np.uint8]


class _GeoJSONPoint(msgspec.Struct):
    type: str
    coordinates: list[float]


_POINT: Final = msgspec.json.Decoder(_GeoJSONPoint)


def find_columns(
    schema: pa.Schema, lon: str | None = None, lat: str | None = None, point: str | None = None
) -> PointColumnNames:
    """Return the names of the columns with the points.

    Parameters
    ----------
    schema
        Schema of the table. The geometry of GeoParquet is used if `lon` and `lat` are not given.
    lon, lat
        Names of the columns; by default columns with common names.
    point
        Name of one column of both coordinates; by default a column with a common name, if none has that of a
        longitude or latitude.

    Raises
    ------
    FileError
        If a column is missing, ambiguous or not numeric; the message lists the columns.

    Examples
    --------
    >>> find_columns(pa.schema([("id", pa.int64()), ("LNG", pa.float64()), ("纬度", pa.string())]))
    PointColumnNames(lon='LNG', lat='纬度', geometry=None, point=None)
    """
    duplicates = {name for name in schema.names if schema.names.count(name) > 1}
    if duplicates:
        raise FileError(
            "Two columns have the same name.",
            code="column_twice",
            field=clean_name(min(duplicates)),
            remedy="Rename one of them.",
        )
    if point:
        return PointColumnNames(point=_choose_point(schema, point))
    geometry = find_geometry(schema)
    if geometry and not lon and not lat:
        return PointColumnNames(geometry=geometry)
    if not lon and not lat and not _known(schema, LON_NAMES) and not _known(schema, LAT_NAMES):
        pairs = [name for name in _known(schema, POINT_NAMES) if _is_text(schema.field(name).type)]
        if len(pairs) == 1:
            return PointColumnNames(point=pairs[0])
    return PointColumnNames(_choose(schema, "lon", lon, LON_NAMES), _choose(schema, "lat", lat, LAT_NAMES))


def find_geometry(schema: pa.Schema) -> str | None:
    """Return the geometry column according to the GeoParquet metadata, or None without metadata.

    Raises
    ------
    FileError
        If the geometry is not in WKB.
    """
    text = (schema.metadata or {}).get(b"geo")
    if text is None:
        return None
    try:
        geo = json.loads(text)
        name = geo["primary_column"]
        kind = schema.field(name).type
        encoding = geo["columns"][name]["encoding"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise FileError("The GeoParquet metadata are invalid.", code="format", field="geometry") from error
    if encoding != "WKB" or not _is_bytes(kind):
        raise FileError(
            "The geometry column is not WKB.", code="format", field="geometry", remedy="Give --lon and --lat."
        )
    return str(name)


def find_crs(schema: pa.Schema, where: PointColumnNames) -> CRS | None:
    """Return the CRS in the GeoParquet metadata, or None if it is missing or unknown."""
    text = (schema.metadata or {}).get(b"geo")
    if text is None or where.geometry is None:
        return None
    try:
        return CRS.from_user_input(json.loads(text)["columns"][where.geometry]["crs"])
    except (KeyError, TypeError, ValueError, RecursionError, CRSError):
        return None


def projected_datum(crs: CRS | None) -> str | None:
    """Return the datum of a projected CRS; None for any other.

    A geographic CRS is not returned, because GCJ-02 has no CRS and such files usually state WGS 84.

    Raises
    ------
    DatumError
        If the shift of the CRS to WGS 84 is unknown.
    """
    return crs_datum(crs) if crs is not None and crs.is_projected else None


def check_crs(crs: CRS | None, datum: str) -> None:
    """Raise if a file names another projected CRS than the datum; `find_faults` finds degrees under a projected datum.

    Raises
    ------
    DatumError
        If `projected_datum` is another one than `datum`.
    """
    named = projected_datum(crs)
    if named is not None and datum != named:
        raise conflict_error(named, datum)


def read_columns(batch: pa.RecordBatch, where: PointColumnNames) -> PointColumns:
    """Return the points of a batch."""
    if where.geometry is not None:
        column = batch.column(where.geometry)
        lon, lat, reasons = read_points(_to_binary(column)) if _is_bytes(column.type) else _read_geojson(column)
        return PointColumns(lon, lat, reasons)
    if where.point is not None:
        return _read_pairs(batch.column(where.point))
    lon, lon_reasons = _read_numbers(batch.column(where.lon))
    lat, lat_reasons = _read_numbers(batch.column(where.lat))
    return PointColumns(lon, lat, np.where(lon_reasons, lon_reasons, lat_reasons))


def _choose(schema: pa.Schema, field: str, name: str | None, usual: tuple[str, ...]) -> str:
    if name is None:
        found = _known(schema, usual)
        if len(found) != 1:
            message = f"Several columns match: {list_names(found)}." if found else _missing_column(schema)
            raise FileError(message, code="column_missing", field=field, remedy=_column_remedy(field))
        name = found[0]
    elif name not in schema.names:
        raise FileError(_missing_column(schema), code="column_missing", field=field, remedy=_column_remedy(field))
    if not _may_be_number(schema.field(name).type):
        raise FileError("The column is not numeric.", code="column_type", field=clean_name(name))
    return name


def _choose_point(schema: pa.Schema, name: str) -> str:
    if name not in schema.names:
        raise FileError(
            _missing_column(schema), code="column_missing", field="point", remedy="Give the column with --point."
        )
    if not _is_text(schema.field(name).type):
        raise FileError(
            "The column is not text with both coordinates.",
            code="column_type",
            field=clean_name(name),
            remedy="Give two columns with --lon and --lat.",
        )
    return name


def _known(schema: pa.Schema, usual: tuple[str, ...]) -> list[str]:
    return [name for name in schema.names if normalize_header(name) in usual]


def _column_remedy(field: str) -> str:
    return f"Give the column with --{field}, or one column of both coordinates with --point."


def _missing_column(schema: pa.Schema) -> str:
    return f"The column is missing; the columns are: {list_names(schema.names)}."


def _may_be_number(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _may_be_number(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return _may_be_number(kind.storage_type)
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return number or pa.types.is_null(kind) or _is_text(kind)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    """Return whether values are bytes, also of an extension type: GeoArrow registers one for the WKB of geopandas."""
    storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    return bool(pa.types.is_binary(storage) or pa.types.is_large_binary(storage) or pa.types.is_binary_view(storage))


def _to_binary(column: pa.Array) -> pa.Array:
    storage = column.storage if isinstance(column.type, pa.BaseExtensionType) else column
    return pc.cast(storage, pa.large_binary()) if pa.types.is_binary_view(storage.type) else storage


def _read_numbers(column: pa.Array) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    if isinstance(column.type, pa.BaseExtensionType):
        # JSON text of a member with mixed types.
        column = pc.utf8_trim(column.storage, characters='"')
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    reasons = np.zeros(len(column), dtype=np.uint8)
    if _is_text(column.type):
        column, reasons = _parse_text(column)
    elif column.null_count:
        reasons[column.is_null().to_numpy(zero_copy_only=False)] = RefusalReason.MISSING
    values = pc.cast(column, pa.float64(), safe=False)
    if values.null_count:
        values = pc.fill_null(values, np.nan)
    return values.to_numpy(zero_copy_only=False), reasons


def _parse_text(column: pa.Array) -> tuple[pa.Array, NDArray[np.uint8]]:
    """Return the numbers in text, null for invalid text, and the reasons of refused rows."""
    reasons = np.zeros(len(column), dtype=np.uint8)
    try:
        values = pc.cast(column, pa.float64())
    except pa.ArrowInvalid:
        column = pc.utf8_trim_whitespace(pc.cast(column, pa.large_string()))
        column = pc.replace_substring_regex(column, _GUARDED, r"\1\2")
        number = pc.match_substring_regex(column, _NUMBER, ignore_case=True)
        wrong = pc.and_(pc.invert(number), pc.not_equal(column, ""))
        reasons[pc.fill_null(wrong, fill_value=False).to_numpy(zero_copy_only=False)] = RefusalReason.NOT_A_NUMBER
        values = pc.cast(pc.if_else(number, column, None), pa.float64())
    missing = values.is_null().to_numpy(zero_copy_only=False) & (reasons == RefusalReason.NONE)
    reasons[missing] = RefusalReason.MISSING
    return values, reasons


def _read_pairs(column: pa.Array) -> PointColumns:
    text = pc.fill_null(pc.cast(column, pa.large_string()), "")
    pairs = pc.extract_regex(text, PAIR_PATTERN)
    reasons = np.zeros(len(column), dtype=np.uint8)
    reasons[pairs.is_null().to_numpy(zero_copy_only=False)] = RefusalReason.NOT_A_PAIR
    reasons[pc.equal(pc.utf8_trim_whitespace(text), "").to_numpy(zero_copy_only=False)] = RefusalReason.MISSING
    lon, lat = (
        pc.fill_null(pc.cast(pc.struct_field(pairs, name), pa.float64()), np.nan).to_numpy(zero_copy_only=False)
        for name in ("lon", "lat")
    )
    return PointColumns(lon, lat, reasons)


def _pair(point: _GeoJSONPoint) -> list[float]:
    if point.type != "Point" or len(point.coordinates) < 2:  # noqa: PLR2004 - longitude and latitude
        raise ValueError("not a point")
    return point.coordinates[:2]


def _read_geojson(column: pa.Array) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint8]]:
    pairs = np.full((len(column), 2), np.nan)
    reasons = np.zeros(len(column), dtype=np.uint8)
    for row, text in enumerate(column.storage.to_pylist()):
        if text is None:
            reasons[row] = RefusalReason.MISSING
            continue
        try:
            point = _POINT.decode(text)
            pairs[row] = _pair(point)
        except (msgspec.MsgspecError, ValueError):
            reasons[row] = RefusalReason.NOT_A_POINT
    return pairs[:, 0].copy(), pairs[:, 1].copy(), reasons
