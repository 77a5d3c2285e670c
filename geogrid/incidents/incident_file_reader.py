"""Reading of incidents from CSV, GeoJSON and Parquet files.

`read_rows` yields the rows of a file, and `parse_row` turns a row into a report or raises. An invalid row is refused
alone.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from geogrid.errors import FileError, InputError
from geogrid.geo.datums import parse_datum
from geogrid.local_time import local_zone
from geogrid.locate.bulk.arrow_buffers import owned_buffer
from geogrid.model import ImportedHistory, Point, Report
from geogrid.tabular.csv_format import read_csv_rows
from geogrid.tabular.row_model import TableRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geogrid.incidents.source_codes import SourceCodes

#: Required columns. A GeoJSON feature has its point instead of lon and lat.
REQUIRED: Final = ("reported_at", "category", "lon", "lat")
#: Optional columns.
OPTIONAL: Final = (
    "source",
    "datum",
    "description",
    "verified_at",
    "filed_at",
    "dispatched_at",
    "due_at",
    "handled_at",
    "checked_at",
    "closed_at",
    "department",
    "external_id",
    "grid_code",
)


#: Key of the fields of a CSV row beyond those of the header, for which the row is refused.
_REST: Final = "\0"


class FileFormat(StrEnum):
    """File format of incidents."""

    CSV = "csv"
    GEOJSON = "geojson"
    PARQUET = "parquet"


def read_rows(content: bytes, file_format: FileFormat) -> Iterator[TableRow]:
    r"""Read the rows of a file.

    Parameters
    ----------
    content
        Content of the file. CSV is UTF-8, with or without a byte order mark, or GB 18030.
    file_format
        Format of the file.

    Raises
    ------
    FileError
        If the content does not have this format, or lacks a required column.

    Examples
    --------
    >>> rows = read_rows(b"reported_at,category,lon,lat\n2022-01-01T08:00,Z01,113.3,40.09\n", FileFormat.CSV)
    >>> next(rows)  # doctest: +NORMALIZE_WHITESPACE
    TableRow(number=2, values={'reported_at': '2022-01-01T08:00', 'category': 'Z01', 'lon': '113.3', 'lat': '40.09'})
    """
    return _READERS[file_format](content)


def parse_row(row: TableRow, default_datum: str | None, sources: SourceCodes) -> Report:
    """Turn a row into a report.

    Parameters
    ----------
    row
        From `read_rows`.
    default_datum
        Canonical datum of rows without one.
    sources
        The sources of the profile.

    Raises
    ------
    InputError
        If the row is not valid; with the field.
    """
    values = row.values
    if any(values.get(_REST) or ()):
        raise InputError(
            "The row has more fields than the header.",
            code="fields",
            remedy='Enclose texts that contain commas in "quotes".',
        )
    datum = _parse_text(values, "datum")
    if datum is None and default_datum is None:
        raise InputError(
            "The row has no datum and there is no default.",
            code="datum_missing",
            field="datum",
            remedy="Add --datum or a datum column.",
        )
    reported_at = _parse_time(values, "reported_at")
    if reported_at is None:
        raise _missing_error("reported_at")
    return Report(
        reported_at=reported_at,
        category=_parse_text(values, "category") or "",
        source=sources.find(_parse_text(values, "source")),
        point=Point(_parse_number(values, "lon"), _parse_number(values, "lat")),
        datum=parse_datum(datum) if datum else default_datum or "",
        description=_parse_text(values, "description") or "",
        handled_at=_parse_time(values, "handled_at"),
        closed_at=_parse_time(values, "closed_at"),
        external_id=_parse_text(values, "external_id"),
        claimed_grid=_parse_text(values, "grid_code"),
        history=ImportedHistory(
            verified_at=_parse_time(values, "verified_at"),
            filed_at=_parse_time(values, "filed_at"),
            dispatched_at=_parse_time(values, "dispatched_at"),
            checked_at=_parse_time(values, "checked_at"),
            due_at=_parse_time(values, "due_at"),
            department=_parse_text(values, "department"),
        ),
    )


def _read_csv(content: bytes) -> Iterator[TableRow]:
    lines = read_csv_rows(content)
    _, header = next(lines, (1, []))
    _check_columns(header)
    for number, fields in lines:
        rest = {_REST: fields[len(header) :]} if len(fields) > len(header) else {}
        if fields:
            yield TableRow(number, {**dict(zip(header, fields, strict=False)), **rest})


def _read_geojson(content: bytes) -> Iterator[TableRow]:
    try:
        collection = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FileError("The file is not JSON.", code="geojson") from error
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list):
        raise FileError("The file is not a GeoJSON FeatureCollection.", code="geojson")
    for number, feature in enumerate(features, start=1):
        yield TableRow(number, _feature_values(feature))


def _read_parquet(content: bytes) -> Iterator[TableRow]:
    try:
        file = pq.ParquetFile(owned_buffer(content))
    except (pa.ArrowException, OSError) as error:
        raise FileError("The file is not Parquet.", code="parquet") from error
    _check_columns(file.schema_arrow.names)
    columns = [name for name in (*REQUIRED, *OPTIONAL) if name in file.schema_arrow.names]
    number = 0
    try:
        for batch in file.iter_batches(batch_size=10_000, columns=columns):
            for values in batch.to_pylist():
                number += 1
                yield TableRow(number, values)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        # A damaged page, text that is not UTF-8, or a time out of Python's range.
        raise FileError(f"The values after row {number} cannot be read.", code="parquet") from error


_READERS: Final = {
    FileFormat.CSV: _read_csv,
    FileFormat.GEOJSON: _read_geojson,
    FileFormat.PARQUET: _read_parquet,
}


def _check_columns(names: Sequence[str]) -> None:
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise FileError(
            f"The column {missing[0]} is missing.",
            code="column_missing",
            field=missing[0],
            remedy=f"Required columns: {', '.join(REQUIRED)}.",
        )
    duplicates = [name for name in (*REQUIRED, *OPTIONAL) if names.count(name) > 1]
    if duplicates:
        raise FileError(
            f"The column {duplicates[0]} occurs twice.", code="column_twice", field=duplicates[0], remedy="Rename one."
        )


def _feature_values(feature: Any) -> Mapping[str, Any]:  # noqa: ANN401 - parsed JSON
    """Return the properties, lon and lat of a feature; missing values are reported by `parse_row`."""
    if not isinstance(feature, dict):
        return {}
    properties = feature.get("properties")
    geometry = feature.get("geometry")
    values = dict(properties) if isinstance(properties, dict) else {}
    position = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    if isinstance(position, list) and len(position) in (2, 3):
        values |= {"lon": position[0], "lat": position[1]}
    else:
        values |= {"lon": None, "lat": None}
    return values


def _parse_text(values: Mapping[str, Any], field: str) -> str | None:
    value = values.get(field)
    if value is None:
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise InputError("The value is not text.", code="type", field=field)
    return str(value).strip() or None


def _parse_number(values: Mapping[str, Any], field: str) -> float:
    value = values.get(field)
    if value is None or value == "":
        raise _missing_error(field)
    # float() accepts 1_13.3. It also accepts "nan", which the check of the coordinates refuses.
    if isinstance(value, bool) or not isinstance(value, str | int | float) or "_" in str(value):
        raise InputError("The value is not a number.", code="type", field=field)
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise InputError("The value is not a number.", code="type", field=field) from error


def _parse_time(values: Mapping[str, Any], field: str) -> datetime | None:
    """Return a time; without a time zone it is in that of the district."""
    value = values.get(field)
    if value is None or value == "":
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=local_zone())
    except (TypeError, ValueError) as error:
        raise InputError(
            "The value is not a time.", code="time", field=field, remedy="Write it like 2022-01-31T08:30:00+08:00."
        ) from error


def _missing_error(field: str) -> InputError:
    return InputError("The value is missing.", code="missing", field=field)
