"""Writing of incidents as CSV, XLSX, GeoJSON, GeoPackage and Parquet, page by page.

CSV and GeoJSON are streams. The other formats are files, to which each page is appended, so that the memory does not
grow with the number of incidents.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geogrid.constants import MEDIA_TYPES
from geogrid.incidents.export_columns import COLUMNS
from geogrid.layers.export.columns import Column
from geogrid.layers.export.gdal_writers import write_geopackage
from geogrid.layers.export.layer_table import LayerTable
from geogrid.local_time import local_zone
from geogrid.locate.bulk.wkb import write_points
from geogrid.locate.bulk.writers import GEOMETRY, geo_metadata
from geogrid.model.provenance import yes_or_no
from geogrid.tabular.csv_format import write_csv_parts
from geogrid.tabular.workbook_writer import WorkbookWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from geogrid.incidents.export_columns import ExportNames, Value
    from geogrid.model import Incident
    from geogrid.model.provenance import Provenance

_NAME: Final = "incidents"
_CRS: Final = "EPSG:4326"
_TITLES: Final = ("事件", "Incidents")


class IncidentFormat(StrEnum):
    """File format of an export of incidents.

    Examples
    --------
    >>> [form.suffix for form in IncidentFormat if form.is_stream]
    ['.csv', '.geojson']
    """

    CSV = "csv"
    XLSX = "xlsx"
    GEOJSON = "geojson"
    GPKG = "gpkg"
    PARQUET = "parquet"

    @property
    def suffix(self) -> str:
        """File name suffix."""
        return f".{self}"

    @property
    def media_type(self) -> str:
        """Media type for HTTP."""
        return MEDIA_TYPES[self]

    @property
    def is_stream(self) -> bool:
        """Whether the format can be written from its first to its last byte."""
        return self in _STREAMS


@dataclass(frozen=True, slots=True)
class IncidentExport:
    """Incidents to export.

    Attributes
    ----------
    pages
        The incidents in pages; they can be read once.
    names
        Names of codes, in the language of the file.
    provenance
        Provenance of the file.
    """

    pages: Iterable[Sequence[Incident]]
    names: ExportNames
    provenance: Provenance


def stream_incidents(export: IncidentExport, form: IncidentFormat) -> Iterator[bytes]:
    """Yield an export in a format that is a stream: CSV, or GeoJSON with a feature a line."""
    return _STREAMS[form](export)


def write_incidents(path: Path, export: IncidentExport, form: IncidentFormat) -> None:
    """Write an export to a file.

    Parameters
    ----------
    path
        The file; an existing one is replaced.
    export
        The incidents.
    form
        CSV is UTF-8 with a byte order mark. Codes are text in each format, and no cell is a formula. GeoJSON,
        GeoPackage and Parquet (GeoParquet) contain the points in WGS 84.

    Raises
    ------
    OSError, SetupError
        If the file cannot be written.
    """
    if form.is_stream:
        with path.open("wb") as file:
            file.writelines(stream_incidents(export, form))
    else:
        _FILES[form](path, export)


def _values(incident: Incident, names: ExportNames) -> list[Value]:
    return [column.value(incident, names) for column in COLUMNS]


def _headings(export: IncidentExport) -> list[str]:
    return [column.heading(export.names.language) for column in COLUMNS]


def _to_cell(value: Value, export: IncidentExport) -> str | int | float | None:
    """Return a value as tables have it: times as text with offset, truth values in words."""
    if isinstance(value, bool):
        return yes_or_no(value, export.names.language)
    return _to_text(value) if isinstance(value, datetime) else value


def _to_text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _rows(export: IncidentExport) -> Iterator[list[str | int | float | None]]:
    for incident in chain.from_iterable(export.pages):
        yield [_to_cell(value, export) for value in _values(incident, export.names)]


def _stream_csv(export: IncidentExport) -> Iterator[bytes]:
    return write_csv_parts(_headings(export), _rows(export), export.provenance.columns())


def _stream_geojson(export: IncidentExport) -> Iterator[bytes]:
    headings = dict(zip((column.field for column in COLUMNS), _headings(export), strict=True))
    head = {
        "type": "FeatureCollection",
        "name": _NAME,
        "headers": headings,
        "provenance": export.provenance.as_json(),
    }
    yield f'{_json_text(head)[:-1]}, "features": [\n'.encode()
    between = ""
    for page in export.pages:
        lines = ",\n".join(_json_text(_feature(incident, export.names)) for incident in page)
        yield f"{between}{lines}".encode()
        between = ",\n"
    yield b"\n]}\n"


def _feature(incident: Incident, names: ExportNames) -> dict[str, Any]:
    fields = (column.field for column in COLUMNS)
    properties = {
        field: _to_text(value) if isinstance(value, datetime) else value
        for field, value in zip(fields, _values(incident, names), strict=True)
    }
    point = {"type": "Point", "coordinates": [properties["lon"], properties["lat"]]}
    return {"type": "Feature", "id": incident.id, "properties": properties, "geometry": point}


def _json_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _write_workbook(path: Path, export: IncidentExport) -> None:
    book = WorkbookWriter()
    book.add_sheet(export.names.of(*_TITLES), _headings(export), _rows(export))
    book.add_provenance(export.provenance)
    book.save(path)


def _write_geopackage(path: Path, export: IncidentExport) -> None:
    write_geopackage(path, _layer_tables(export), _CRS, export.provenance)


def _layer_tables(export: IncidentExport) -> Iterator[LayerTable]:
    """Yield the pages as parts of one layer; an empty one if there are no incidents."""
    is_empty = True
    for page in export.pages:
        yield _layer_table(page, export)
        is_empty = False
    if is_empty:
        yield _layer_table((), export)


def _layer_table(page: Sequence[Incident], export: IncidentExport) -> LayerTable:
    rows = [[_to_cell(value, export) for value in _values(incident, export.names)] for incident in page]
    columns = [
        Column(heading, column.kind if column.kind in (int, float) else str, [row[place] for row in rows])
        for place, (column, heading) in enumerate(zip(COLUMNS, _headings(export), strict=True))
    ]
    points = [shapely.Point(incident.placement.wgs84.lon, incident.placement.wgs84.lat) for incident in page]
    return LayerTable(_NAME, columns, np.array(points, dtype=object), export.names.of(*_TITLES), are_points=True)


_ARROW_TYPES: Final[Mapping[type, pa.DataType]] = {
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    str: pa.string(),
}


def _write_parquet(path: Path, export: IncidentExport) -> None:
    schema = _arrow_schema(export)
    with pq.ParquetWriter(path, schema) as writer:
        for page in export.pages:
            writer.write_batch(_arrow_batch(page, schema, export.names))


def _arrow_type(kind: type) -> pa.DataType:
    return pa.timestamp("us", tz=str(local_zone())) if kind is datetime else _ARROW_TYPES[kind]


def _arrow_schema(export: IncidentExport) -> pa.Schema:
    fields = [
        pa.field(column.field, _arrow_type(column.kind), metadata={"title": heading})
        for column, heading in zip(COLUMNS, _headings(export), strict=True)
    ]
    metadata = {"geo": geo_metadata(), "provenance": export.provenance.json_text()}
    return pa.schema([*fields, pa.field(GEOMETRY, pa.binary())], metadata)


def _arrow_batch(page: Sequence[Incident], schema: pa.Schema, names: ExportNames) -> pa.RecordBatch:
    columns = zip(*(_values(incident, names) for incident in page), strict=True)
    # The schema has the geometry behind the columns.
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=False)]
    lon, lat = (
        np.array([getattr(incident.placement.wgs84, axis) for incident in page], dtype=np.float64)
        for axis in ("lon", "lat")
    )
    return pa.record_batch([*arrays, write_points(lon, lat)], schema=schema)


_STREAMS: Final[Mapping[IncidentFormat, Callable[[IncidentExport], Iterator[bytes]]]] = {
    IncidentFormat.CSV: _stream_csv,
    IncidentFormat.GEOJSON: _stream_geojson,
}
_FILES: Final[Mapping[IncidentFormat, Callable[[Path, IncidentExport], None]]] = {
    IncidentFormat.XLSX: _write_workbook,
    IncidentFormat.GPKG: _write_geopackage,
    IncidentFormat.PARQUET: _write_parquet,
}
