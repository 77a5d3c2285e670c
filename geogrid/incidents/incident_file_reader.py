"""Reading of incidents from tables and GeoJSON files.

`read_incident_file` returns the rows of a file, and `parse_row` turns a row into a report or raises. An invalid row is
refused alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from geogrid.errors import FileError, InputError
from geogrid.geo.datums import parse_datum
from geogrid.incidents.incident_columns import INCIDENT_COLUMNS
from geogrid.layers.point_features import read_point_features
from geogrid.local_time import local_zone
from geogrid.model import ImportedHistory, Report
from geogrid.tabular.cell_parsing import parse_time
from geogrid.tabular.point_columns import read_point
from geogrid.tabular.table_reader import DEFAULT_OPTIONS, EXTRA_CELLS, ReadOptions, TabularFormat, read_table
from geogrid.tabular.xlsx_reader import RECORD_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from geogrid.incidents.value_names import IncidentNames
    from geogrid.tabular.row_model import LeftOutRow, TableRow


class FileFormat(StrEnum):
    """File format of incidents."""

    CSV = "csv"
    XLSX = "xlsx"
    GEOJSON = "geojson"
    PARQUET = "parquet"

    @classmethod
    def of_file(cls, path: Path) -> FileFormat:
        """Return the format of a file by its suffix.

        Raises
        ------
        FileError
            If the suffix is unknown.
        """
        suffix = path.suffix.lower()
        if suffix == ".json":
            return cls.GEOJSON
        try:
            return cls(suffix.removeprefix("."))
        except ValueError as error:
            suffixes = ", ".join(f".{file_format}" for file_format in cls)
            raise FileError(
                "The file name suffix is unknown.", code="file_format", remedy=f"Use one of {suffixes}."
            ) from error


@dataclass(frozen=True, slots=True)
class IncidentFile:
    """The rows of a file.

    Attributes
    ----------
    rows
        Values by field (`geogrid.incidents.incident_columns.INCIDENT_COLUMNS`); read once, in order.
    datum
        Canonical datum of rows without one, or None.
    left_out
        The rows that are no records, such as notes; complete after the last row has been read.
    """

    rows: Iterator[TableRow]
    datum: str | None
    left_out: list[LeftOutRow] = field(default_factory=list)


def read_incident_file(
    content: bytes, file_format: FileFormat, datum: str | None, options: ReadOptions = DEFAULT_OPTIONS
) -> IncidentFile:
    r"""Return the rows of a file.

    Parameters
    ----------
    content
        Content of the file.
    file_format
        Format of the file.
    datum
        Canonical datum of rows without one, if the caller gives it.
    options
        Mapping and sheet; the limits are those of records.

    Raises
    ------
    FileError
        If the content does not have this format, or lacks a required column.
    DatumError
        If a GeoJSON file names another datum than the given one.

    Examples
    --------
    >>> content = "上报时间,类别,经度,纬度\n2022-01-01 08:00,Z01,113.3,40.09\n".encode()
    >>> next(read_incident_file(content, FileFormat.CSV, "wgs84").rows).values
    {'reported_at': '2022-01-01 08:00', 'category': 'Z01', 'lon': '113.3', 'lat': '40.09'}
    """
    if file_format is FileFormat.GEOJSON:
        features = read_point_features(content, INCIDENT_COLUMNS, options.mapping)
        return IncidentFile(iter(features.rows), features.resolve_datum(datum))
    table = read_table(
        content, TabularFormat(file_format.value), INCIDENT_COLUMNS, replace(options, limits=RECORD_LIMITS)
    )
    return IncidentFile(table.rows, datum, table.left_out)


def parse_row(row: TableRow, default_datum: str | None, names: IncidentNames) -> Report:
    """Turn a row into a report.

    Parameters
    ----------
    row
        From `read_incident_file`.
    default_datum
        Canonical datum of rows without one.
    names
        The names of categories and sources.

    Raises
    ------
    InputError
        If the row is not valid; with the field.
    """
    values = row.values
    if values.get(EXTRA_CELLS):
        raise InputError(
            "The row has more fields than the header.",
            code="fields",
            remedy='Enclose texts that contain commas in "quotes".',
        )
    datum, category = _parse_text(values, "datum"), _parse_text(values, "category")
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
    if category is None:
        raise _missing_error("category")
    return Report(
        reported_at=reported_at,
        category=names.categories.find(category),
        source=names.sources.find(_parse_text(values, "source")),
        point=read_point(values),
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


def _parse_text(values: Mapping[str, Any], field: str) -> str | None:
    value = values.get(field)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        # pandas stores a column of whole numbers with gaps as floats.
        value = int(value)
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise InputError(
            "The value is not text.",
            code="type",
            field=field,
            remedy="Write text or a whole number without a fraction.",
        )
    return str(value).strip() or None


def _parse_time(values: Mapping[str, Any], field: str) -> datetime | None:
    return parse_time(values.get(field), field, local_zone())


def _missing_error(field: str) -> InputError:
    return InputError("The value is missing.", code="missing", field=field, remedy="Fill in the cell.")
