"""Writing of the three lists as CSV, XLSX, GeoJSON and GeoPackage."""

from __future__ import annotations

import io
import json
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geogrid.constants import MEDIA_TYPES
from geogrid.errors import QueryError
from geogrid.layers.export.columns import Column
from geogrid.layers.export.gdal_writers import write_geopackage
from geogrid.layers.export.layer_table import LayerTable
from geogrid.tabular.csv_format import write_csv_parts
from geogrid.tabular.workbook_writer import WorkbookWriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.ledger.three_lists import ListTable
    from geogrid.model.provenance import Provenance

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
        return MEDIA_TYPES[self]

    @property
    def holds_many(self) -> bool:
        """Whether a file can contain several lists."""
        return self in {LedgerFormat.XLSX, LedgerFormat.GPKG}


def write_lists(tables: Sequence[ListTable], form: LedgerFormat, provenance: Provenance) -> bytes:
    """Return lists as a file.

    Parameters
    ----------
    tables
        One list, or several for a format that supports it.
    form
        CSV is UTF-8 with a byte order mark. No cell of CSV or XLSX is a formula. XLSX has one sheet per list, with
        title and notes above the header, and a sheet with the provenance. GeoJSON and GeoPackage contain the point of
        each row's site.

    provenance
        Provenance of the file.

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
        return _write_workbook(tables, provenance)
    if form is LedgerFormat.GPKG:
        return _write_geopackage(tables, provenance)
    write = _write_csv if form is LedgerFormat.CSV else _write_geojson
    return write(tables[0], provenance)


def _write_csv(table: ListTable, provenance: Provenance) -> bytes:
    return b"".join(write_csv_parts(table.header, table.rows, provenance.columns()))


def _write_workbook(tables: Sequence[ListTable], provenance: Provenance) -> bytes:
    book = WorkbookWriter()
    for table in tables:
        book.add_sheet(table.title, table.header, table.rows, (table.title, *table.notes))
    book.add_provenance(provenance)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _write_geojson(table: ListTable, provenance: Provenance) -> bytes:
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
    head: dict[str, Any] = {"type": "FeatureCollection", "name": table.name, "title": table.title, "notes": table.notes}
    head |= {"headers": dict(zip(table.fields, table.header, strict=True)), "provenance": provenance.as_json()}
    return json.dumps({**head, "features": features}, ensure_ascii=False).encode()


def _write_geopackage(tables: Sequence[ListTable], provenance: Provenance) -> bytes:
    with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
        path = Path(folder, "lists.gpkg")
        write_geopackage(path, [_build_layer(table) for table in tables], "EPSG:4326", provenance)
        return path.read_bytes()


def _build_layer(table: ListTable) -> LayerTable:
    columns = []
    for position, header in enumerate(table.header):
        values = [row[position] for row in table.rows]
        is_integer = any(isinstance(value, int) for value in values)
        columns.append(Column(header, int if is_integer else str, values))
    shapes = np.array([shapely.Point(point.lon, point.lat) for point in table.points], dtype=object)
    return LayerTable(table.name.value, columns, shapes, " ".join((table.title, *table.notes)), are_points=True)
