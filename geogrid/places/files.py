"""Gazetteers from files (标准地名地址): places and standard addresses, CSV and XLSX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.errors import FileError, InputError
from geogrid.geo import datums
from geogrid.model import Address, Point
from geogrid.people.cells import parse_text
from geogrid.people.columns import normalize_header
from geogrid.tabular.delimited import read_csv_rows
from geogrid.tabular.table_rows import Refusal, TableRow
from geogrid.tabular.workbook import MAX_ROWS, read_sheet_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: By field, in any case of letters.
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
    """The places of a file: those that can be kept, and the rows that cannot."""

    places: list[Address]
    refused: list[Refusal]


def read_gazetteer(content: bytes, suffix: str, datum: str, source: str, *, synthetic: bool = False) -> Gazetteer:
    r"""Read a list of places; each bad row is refused by itself.

    Parameters
    ----------
    content
        The file's bytes. CSV is UTF-8 or GB 18030.
    suffix
        ``.csv`` or ``.xlsx``.
    datum
        The canonical datum of rows that name none.
    source
        What the list is called.
    synthetic
        Whether its places are made up.

    Raises
    ------
    FileError
        If it is something else, too long, lacks a needed column, or the name of the source cannot be kept.

    Examples
    --------
    >>> content = "名称,地址,经度,纬度\n示例商店,示例路1号,113.3058,40.0912\n,,113.3,40.09\n".encode()
    >>> found = read_gazetteer(content, ".csv", "gcj02", "示例", synthetic=True)
    >>> found.places[0].name, round(found.places[0].wgs84.lon, 4), found.refused[0].field
    ('示例商店', 113.2988, 'name')
    """
    _check_source(source)
    taken: list[tuple[str, str, str, Point, str]] = []
    refused: list[Refusal] = []
    seen: set[tuple[str, str]] = set()
    for row in _rows(content, suffix):
        try:
            found = _parse(row, datum)
            if found[:2] in seen:
                raise InputError(  # noqa: TRY301 - one way out
                    "An earlier row has this name and address already.",
                    code="row_twice",
                    field="name",
                    remedy="Keep one of them, or tell them apart by their addresses.",
                )
        except InputError as error:
            reason = f"{error.message} {error.remedy}" if error.remedy else error.message
            refused.append(Refusal(row.number, error.field, error.code, reason))
            continue
        seen.add(found[:2])
        taken.append(found)
    return Gazetteer(_placed(taken, source, synthetic=synthetic), refused)


def _check_source(source: str) -> None:
    if not parse_text(source, "source") or len(source) > MAX_SOURCE:
        raise FileError("The list has no name.", code="source", field="source", remedy="Give --source a short name.")


def _rows(content: bytes, suffix: str) -> list[TableRow]:
    lines: Iterable[tuple[int, Sequence[object]]]
    if suffix == ".csv":
        lines = read_csv_rows(content)
    elif suffix == ".xlsx":
        lines = read_sheet_rows(content)
    else:
        raise FileError("The ending is not known.", code="file_format", remedy="Use .csv or .xlsx.")
    filled = [(number, cells) for number, cells in lines if any(cell not in {None, ""} for cell in cells)]
    if len(filled) > MAX_ROWS:
        raise FileError(f"The file has more than {MAX_ROWS:,} rows.", code="too_large", remedy="Divide it.")
    fields = [_FIELDS.get(normalize_header(cell)) for cell in filled[0][1]] if filled else []
    _check_columns(fields)
    return [
        TableRow(number, {field: cell for field, cell in zip(fields, cells, strict=False) if field})
        for number, cells in filled[1:]
    ]


def _check_columns(fields: Sequence[str | None]) -> None:
    for field, names in COLUMNS.items():
        if fields.count(field) > 1:
            raise FileError("Two columns are the same field.", code="column_twice", field=field, remedy="Keep one.")
        # What has an address needs no other name.
        needed = field in {"lon", "lat"} or (field == "name" and "address" not in fields)
        if needed and field not in fields:
            raise FileError(
                f"The column {names[0]} ({field}) is missing.",
                code="column_missing",
                field=field,
                remedy="Put the names of the columns into the first row.",
            )


def _parse(row: TableRow, default_datum: str) -> tuple[str, str, str, Point, str]:
    values = row.values
    name, address, kind = (parse_text(values.get(field), field) for field in ("name", "address", "kind"))
    if not (name or address):
        raise InputError("The value is missing.", code="missing", field="name", remedy="Give a name or an address.")
    if len(kind) > MAX_KIND:
        raise InputError(
            f"The text is longer than {MAX_KIND} characters.", code="text_too_long", field="kind", remedy="Shorten it."
        )
    said = parse_text(values.get("datum"), "datum")
    datum = datums.parse_datum(said) if said else default_datum
    point = Point(_number(values.get("lon"), "lon"), _number(values.get("lat"), "lat"))
    datums.check(point.lon, point.lat, datum)
    return name or address, address, kind, point, datum


def _number(cell: object, field: str) -> float:
    remedy = "Write decimal degrees such as 113.2988."
    if cell is None or cell == "":
        raise InputError("The value is missing.", code="missing", field=field, remedy=remedy)
    # 1_13.3 is a number to Python, and so is True.
    if isinstance(cell, bool) or not isinstance(cell, str | int | float) or "_" in str(cell):
        raise InputError("The value is not a number.", code="type", field=field, remedy=remedy)
    try:
        return float(cell)
    except (ValueError, OverflowError) as error:
        raise InputError("The value is not a number.", code="type", field=field, remedy=remedy) from error


def _placed(taken: Sequence[tuple[str, str, str, Point, str]], source: str, *, synthetic: bool) -> list[Address]:
    """Turn the points into WGS 84, one call a datum."""
    lon = np.array([point.lon for *_, point, _ in taken], dtype=np.float64)
    lat = np.array([point.lat for *_, point, _ in taken], dtype=np.float64)
    names = np.array([datum for *_, datum in taken], dtype=str)
    for datum in np.unique(names).tolist():
        rows = names == datum
        lon[rows], lat[rows] = datums.to_wgs84(lon[rows], lat[rows], datum)
    return [
        Address(name, address, kind, Point(x, y), point, datum, source, synthetic)
        for (name, address, kind, point, datum), x, y in zip(taken, lon.tolist(), lat.tolist(), strict=True)
    ]
