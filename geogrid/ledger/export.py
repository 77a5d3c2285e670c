"""Writing of the three lists as CSV, XLSX, GeoJSON and GeoPackage."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from geogrid.errors import QueryError
from geogrid.layers.export.checked_layer import LayerTable
from geogrid.layers.export.columns import Column
from geogrid.layers.export.gdal_writers import write_geopackage
from geogrid.tabular.delimited import guard_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.ledger.three_lists import ListTable

_WIDTH: Final = 20
_DEGREES: Final = 7


class LedgerFormat(StrEnum):
    """File format of the lists.

    Examples
    --------
    >>> [form.suffix for form in LedgerFormat if form.holds_many]
    ['.xlsx', '.gpkg']
    """

    CSV = "csv"
    XLSX = "xlsx"
    GEOJSON = "geojson"
    GPKG = "gpkg"

    @property
    def suffix(self) -> str:
        """File name suffix."""
        return f".{self}"

    @property
    def media_type(self) -> str:
        """Media type for HTTP."""
        return _MEDIA[self]

    @property
    def holds_many(self) -> bool:
        """Whether a file can contain several lists."""
        return self in {LedgerFormat.XLSX, LedgerFormat.GPKG}


_MEDIA: Final = {
    LedgerFormat.CSV: "text/csv",
    LedgerFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    LedgerFormat.GEOJSON: "application/geo+json",
    LedgerFormat.GPKG: "application/geopackage+sqlite3",
}


def write_lists(tables: Sequence[ListTable], form: LedgerFormat) -> bytes:
    """Return lists as a file.

    Parameters
    ----------
    tables
        One list, or several for a format that supports it.
    form
        CSV is UTF-8 with a byte order mark. No cell of CSV or XLSX is a formula. XLSX has one sheet per list, with
        title and notes above the header. GeoJSON and GeoPackage contain the point of each row's site.

    Raises
    ------
    QueryError
        If there are several lists and the format supports only one.
    """
    if len(tables) != 1 and not form.holds_many:
        raise QueryError(
            f"A {form} file can contain only one list.",
            code="list_choice",
            field="list",
            remedy="Name one list, or choose xlsx or gpkg.",
        )
    if form is LedgerFormat.XLSX:
        return _write_workbook(tables)
    if form is LedgerFormat.GPKG:
        return _write_geopackage(tables)
    return _write_csv(tables[0]) if form is LedgerFormat.CSV else _write_geojson(tables[0])


def _write_csv(table: ListTable) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.header)
    writer.writerows([guard_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


def _write_workbook(tables: Sequence[ListTable]) -> bytes:
    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.title)
        for number in range(1, len(table.header) + 1):
            sheet.column_dimensions[get_column_letter(number)].width = _WIDTH
        sheet.freeze_panes = f"A{len(table.notes) + 3}"
        sheet.append([_bold_cell(sheet, table.title)])
        for note in table.notes:
            sheet.append([_text_cell(sheet, note)])
        sheet.append([_bold_cell(sheet, name) for name in table.header])
        for row in table.rows:
            sheet.append([_text_cell(sheet, cell) if isinstance(cell, str) else cell for cell in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _text_cell(sheet: Any, text: str) -> Any:  # noqa: ANN401 - openpyxl has no types
    # openpyxl refuses characters that XML does not permit.
    printable = text if text.isprintable() else "".join(sign if sign.isprintable() else " " for sign in text)
    if not printable.startswith("="):
        return printable
    cell = WriteOnlyCell(sheet, printable)
    cell.data_type = "s"
    return cell


def _bold_cell(sheet: Any, text: str) -> Any:  # noqa: ANN401 - openpyxl has no types
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _write_geojson(table: ListTable) -> bytes:
    features = [
        {
            "type": "Feature",
            "id": row[0],
            "properties": dict(zip(table.fields, row, strict=True)),
            "geometry": {
                "type": "Point",
                "coordinates": [round(point.lon, _DEGREES), round(point.lat, _DEGREES)],
            },
        }
        for row, point in zip(table.rows, table.points, strict=True)
    ]
    head = {"type": "FeatureCollection", "name": table.name, "title": table.title, "notes": table.notes}
    headers = dict(zip(table.fields, table.header, strict=True))
    return json.dumps({**head, "headers": headers, "features": features}, ensure_ascii=False).encode()


def _write_geopackage(tables: Sequence[ListTable]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
        path = Path(folder, "lists.gpkg")
        write_geopackage(path, [_build_layer(table) for table in tables], "EPSG:4326")
        return path.read_bytes()


def _build_layer(table: ListTable) -> LayerTable:
    columns = []
    for position, header in enumerate(table.header):
        values = [row[position] for row in table.rows]
        is_integer = any(isinstance(value, int) for value in values)
        columns.append(Column(header, int if is_integer else str, values))
    shapes = np.array([shapely.Point(point.lon, point.lat) for point in table.points], dtype=object)
    return LayerTable(table.name.value, columns, shapes, " ".join((table.title, *table.notes)))
