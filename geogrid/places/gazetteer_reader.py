"""Reading of gazetteers (标准地名地址) from CSV and XLSX files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.errors import FileError, InputError
from geogrid.geo import datums
from geogrid.model import Address, Point
from geogrid.people.cell_parsing import parse_text
from geogrid.people.column_aliases import normalize_header
from geogrid.tabular.csv_format import read_csv_rows
from geogrid.tabular.row_model import Refusal, TableRow
from geogrid.tabular.xlsx_reader import MAX_ROWS, read_sheet_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Accepted column names by field, case-insensitive.
COLUMNS: Final = {
    "name": ("标准名称", "地名", "名称", "name"),
    "address": ("标准地址", "地址", "详细地址", "address"),
    "kind": ("地名类别", "类别", "类型", "kind", "type"),
    "lon": ("经度", "lon", "lng", "longitude", "x"),
    "lat": ("纬度", "lat", "latitude", "y"),
    "datum": ("坐标系", "datum"),
}
_FIELDS: Final = {name: field for field, names in COLUMNS.items() for name in names}
MAX_KIND: Final = 40
MAX_SOURCE: Final = 100


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The valid places of a file and the refused rows."""

    places: list[Address]
    refused: list[Refusal]


@dataclass(frozen=True, slots=True)
class _PlaceRow:
    name: str
    address: str
    kind: str
    point: Point
    datum: str


def read_gazetteer(content: bytes, suffix: str, datum: str, source: str, *, synthetic: bool = False) -> Gazetteer:
    r"""Return the places of a gazetteer. An invalid row is refused alone.

    Parameters
    ----------
    content
        Content of the file. CSV is UTF-8 or GB 18030.
    suffix
        ``.csv`` or ``.xlsx``.
    datum
        Canonical datum of rows without one.
    source
        Name of the gazetteer.
    synthetic
        Whether the places are synthetic.

    Raises
    ------
    FileError
        If the content does not have this format, is too long, lacks a required column, or `source` is not valid.

    Examples
    --------
    >>> content = "名称,地址,经度,纬度\n示例商店,示例路1号,113.3058,40.0912\n,,113.3,40.09\n".encode()
    >>> gazetteer = read_gazetteer(content, ".csv", "gcj02", "示例", synthetic=True)
    >>> gazetteer.places[0].name, round(gazetteer.places[0].wgs84.lon, 4), gazetteer.refused[0].field
    ('示例商店', 113.2988, 'name')
    """
    _check_source(source)
    rows: list[_PlaceRow] = []
    refused: list[Refusal] = []
    seen: set[tuple[str, str]] = set()
    for row in _read_rows(content, suffix):
        try:
            place = _parse_row(row, datum)
            if (place.name, place.address) in seen:
                raise InputError(  # noqa: TRY301 - all errors are handled below
                    "An earlier row has the same name and address.",
                    code="row_twice",
                    field="name",
                    remedy="Remove one of them, or add different addresses.",
                )
        except InputError as error:
            reason = f"{error.message} {error.remedy}" if error.remedy else error.message
            refused.append(Refusal(row.number, error.field, error.code, reason))
            continue
        seen.add((place.name, place.address))
        rows.append(place)
    return Gazetteer(_build_addresses(rows, source, synthetic=synthetic), refused)


def _check_source(source: str) -> None:
    if not parse_text(source, "source") or len(source) > MAX_SOURCE:
        raise FileError(
            "The source has no name, or a name of more than 100 characters.",
            code="source",
            field="source",
            remedy="Add --source with a short name.",
        )


def _read_rows(content: bytes, suffix: str) -> list[TableRow]:
    lines: Iterable[tuple[int, Sequence[object]]]
    if suffix == ".csv":
        lines = read_csv_rows(content)
    elif suffix == ".xlsx":
        lines = read_sheet_rows(content)
    else:
        raise FileError("The file name suffix is unknown.", code="file_format", remedy="Use .csv or .xlsx.")
    filled = [(number, cells) for number, cells in lines if any(cell not in {None, ""} for cell in cells)]
    if len(filled) > MAX_ROWS:
        raise FileError(
            f"The file has more than {MAX_ROWS:,} rows.", code="too_large", remedy="Split it into several files."
        )
    fields = [_FIELDS.get(normalize_header(cell)) for cell in filled[0][1]] if filled else []
    _check_columns(fields)
    return [
        TableRow(number, {field: cell for field, cell in zip(fields, cells, strict=False) if field})
        for number, cells in filled[1:]
    ]


def _check_columns(fields: Sequence[str | None]) -> None:
    for field, names in COLUMNS.items():
        if fields.count(field) > 1:
            raise FileError(
                "Two columns have the same field.", code="column_twice", field=field, remedy="Remove one of them."
            )
        # An address can replace the name.
        is_required = field in {"lon", "lat"} or (field == "name" and "address" not in fields)
        if is_required and field not in fields:
            raise FileError(
                f"The column {names[0]} ({field}) is missing.",
                code="column_missing",
                field=field,
                remedy="The first row must contain the column names.",
            )


def _parse_row(row: TableRow, default_datum: str) -> _PlaceRow:
    values = row.values
    name, address, kind = (parse_text(values.get(field), field) for field in ("name", "address", "kind"))
    if not (name or address):
        raise InputError("The value is missing.", code="missing", field="name", remedy="Add a name or an address.")
    if len(kind) > MAX_KIND:
        raise InputError(
            f"The text is longer than {MAX_KIND} characters.", code="text_too_long", field="kind", remedy="Shorten it."
        )
    datum_name = parse_text(values.get("datum"), "datum")
    datum = datums.parse_datum(datum_name) if datum_name else default_datum
    point = Point(_parse_number(values.get("lon"), "lon"), _parse_number(values.get("lat"), "lat"))
    datums.check_coordinates(point.lon, point.lat, datum)
    return _PlaceRow(name or address, address, kind, point, datum)


def _parse_number(cell: object, field: str) -> float:
    remedy = "Write decimal degrees such as 113.2988."
    if cell is None or cell == "":
        raise InputError("The value is missing.", code="missing", field=field, remedy=remedy)
    # float() accepts 1_13.3 and True.
    if isinstance(cell, bool) or not isinstance(cell, str | int | float) or "_" in str(cell):
        raise InputError("The value is not a number.", code="type", field=field, remedy=remedy)
    try:
        return float(cell)
    except (ValueError, OverflowError) as error:
        raise InputError("The value is not a number.", code="type", field=field, remedy=remedy) from error


def _build_addresses(rows: Sequence[_PlaceRow], source: str, *, synthetic: bool) -> list[Address]:
    """Return the rows with their points in WGS 84, converted with one call per datum."""
    lon = np.array([row.point.lon for row in rows], dtype=np.float64)
    lat = np.array([row.point.lat for row in rows], dtype=np.float64)
    names = np.array([row.datum for row in rows], dtype=str)
    for datum in np.unique(names).tolist():
        same = names == datum
        lon[same], lat[same] = datums.to_wgs84(lon[same], lat[same], datum)
    return [
        Address(row.name, row.address, row.kind, Point(x, y), row.point, row.datum, source, synthetic)
        for row, x, y in zip(rows, lon.tolist(), lat.tolist(), strict=True)
    ]
