"""Batches of columns as files, whatever their format: a head, parts that stand by themselves, and a tail.

Each part is made in memory, by any thread, and then appended. So several can be made at once, and a file that was cut
off after any part can be continued. Parquet and Arrow files cannot be continued: they are kept as an Arrow stream until
all parts are there.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from geogrid.errors import FileError
from geogrid.locate.bulk.assignment_target import CODE_COLUMN, GRID_COLUMNS, STATUS_COLUMN
from geogrid.locate.bulk.formats import Format
from geogrid.locate.bulk.text_columns import encode_json, to_csv_column, to_json_values
from geogrid.locate.bulk.wkb import write_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from geogrid.locate.bulk.point_columns import PointColumnNames

_STREAM_END: Final = b"\xff\xff\xff\xff\0\0\0\0"
_GEO_VERSION: Final = "1.1.0"
_GEOMETRY: Final = "geometry"


@dataclass(frozen=True, slots=True)
class AssignedRows:
    """A batch with the columns of ours, and its points in WGS 84 degrees, NaN where there is none."""

    batch: pa.RecordBatch
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


class Writer(Protocol):
    """How a format is written."""

    #: What stands between two parts.
    between: bytes

    def head(self) -> bytes:
        """Return what stands before the first part."""

    def part(self, rows: AssignedRows) -> bytes | memoryview:
        """Return some rows."""

    def tail(self) -> bytes:
        """Return what stands after the last part."""

    def finish(self, path: Path) -> None:
        """Do what can be done only when the file is whole."""


def open_writer(found: Format, schema: pa.Schema, where: PointColumnNames) -> Writer:
    """Return how a format is written.

    Parameters
    ----------
    found
        The format.
    schema
        The columns, those of ours among them.
    where
        Which of them hold the points.
    """
    geometry = where.geometry
    makers: dict[Format, Callable[[], Writer]] = {
        Format.CSV: lambda: _Csv(schema),
        Format.NDJSON: _Ndjson,
        Format.GEOJSON: lambda: _GeoJson(schema, geometry),
        Format.PARQUET: lambda: _Parquet(schema),
        Format.GEOPARQUET: lambda: _GeoParquet(schema, geometry),
        Format.ARROW_STREAM: lambda: _ArrowStream(schema),
        Format.ARROW: lambda: _ArrowFile(schema),
    }
    return makers[found]()


class _Plain:
    """What most formats have in common: nothing before, between and after."""

    between = b""

    def head(self) -> bytes:
        return b""

    def tail(self) -> bytes:
        return b""

    def finish(self, path: Path) -> None:
        pass


class _Csv(_Plain):
    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema

    def head(self) -> bytes:
        names = pa.schema([(name, pa.string()) for name in self._schema.names])
        sink = pa.BufferOutputStream()
        csv.write_csv(names.empty_table(), sink)
        return bytes(sink.getvalue())

    def part(self, rows: AssignedRows) -> bytes:
        columns = [to_csv_column(column) for column in rows.batch.columns]
        sink = pa.BufferOutputStream()
        table = pa.table(columns, names=rows.batch.schema.names)
        csv.write_csv(table, sink, csv.WriteOptions(include_header=False, batch_size=8_192))
        return bytes(sink.getvalue())


class _Ndjson(_Plain):
    def part(self, rows: AssignedRows) -> bytes:
        return "".join(f"{encode_json(record)}\n" for record in _records(rows.batch)).encode()


class _GeoJson(_Plain):
    between = b",\n"

    def __init__(self, schema: pa.Schema, geometry: str | None) -> None:
        self._geometry = geometry
        self._kept = geometry is not None and isinstance(schema.field(geometry).type, pa.JsonType)

    def head(self) -> bytes:
        return b'{"type":"FeatureCollection","features":[\n'

    def part(self, rows: AssignedRows) -> bytes:
        """Keep a geometry that was GeoJSON; otherwise write the point in WGS 84, as RFC 7946 has it."""
        records = _records(rows.batch)
        own = [record.pop(self._geometry, None) for record in records] if self._geometry else []
        shapes = (
            own if self._kept else [_point(*pair) for pair in zip(rows.lon.tolist(), rows.lat.tolist(), strict=True)]
        )
        features = [
            encode_json({"type": "Feature", "properties": record, "geometry": shape})
            for record, shape in zip(records, shapes, strict=True)
        ]
        return ",\n".join(features).encode()

    def tail(self) -> bytes:
        return b"\n]}\n"


def _point(lon: float, lat: float) -> dict[str, object] | None:
    # Nine decimals are a tenth of a millimetre.
    return None if lon != lon else {"type": "Point", "coordinates": [round(lon, 9), round(lat, 9)]}  # noqa: PLR0124 - NaN


def _records(batch: pa.RecordBatch) -> list[dict[str, object]]:
    names = batch.schema.names
    return [dict(zip(names, values, strict=True)) for values in zip(*map(to_json_values, batch.columns), strict=True)]


class _ArrowStream(_Plain):
    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._head = bytes(schema.serialize())

    def head(self) -> bytes:
        return self._head

    def part(self, rows: AssignedRows) -> bytes | memoryview:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._schema) as stream:
            stream.write_batch(rows.batch)
        return memoryview(sink.getvalue())[len(self._head) : -len(_STREAM_END)]

    def tail(self) -> bytes:
        return _STREAM_END


class _Converted(_ArrowStream):
    """A format that cannot be continued after a cut: the parts are an Arrow stream, converted when it is complete."""

    def finish(self, path: Path) -> None:
        whole = path.with_name(f"{path.name}.file")
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as stream, self._open(whole) as file:
            for batch in stream:
                file.write_batch(batch)
        whole.replace(path)

    @contextmanager
    def _open(self, path: Path) -> Iterator[Any]:
        """Open a file of the format for batches."""
        raise NotImplementedError


class _ArrowFile(_Converted):
    @contextmanager
    def _open(self, path: Path) -> Iterator[pa.RecordBatchFileWriter]:
        options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
        try:
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, self._schema, options=options) as file:
                yield file
        except pa.ArrowInvalid as error:
            raise _cannot_hold("An Arrow file", remedy="Name OUT .arrows: a stream can.") from error


class _Parquet(_Converted):
    @contextmanager
    def _open(self, path: Path) -> Iterator[pq.ParquetWriter]:
        # The minimum and maximum code of a row group select nothing, and take a third of the column's time.
        added = (*GRID_COLUMNS.values(), CODE_COLUMN, STATUS_COLUMN)
        measured = [name for name in self._schema.names if name not in added]
        try:
            with pq.ParquetWriter(path, self._schema, write_statistics=measured) as writer:
                yield writer
        except pa.ArrowNotImplementedError as error:
            raise _cannot_hold("Parquet") from error


class _GeoParquet(_Parquet):
    """Parquet with a geometry: that of the input where it is WKB already, otherwise the point in WGS 84."""

    def __init__(self, schema: pa.Schema, geometry: str | None) -> None:
        self._made = b"geo" not in (schema.metadata or {})
        if self._made:
            _check_free(schema, geometry)
            names = [name for name in schema.names if name not in (geometry, _GEOMETRY)]
            schema = pa.schema(
                [*(schema.field(name) for name in names), pa.field(_GEOMETRY, pa.binary())],
                {**(schema.metadata or {}), b"geo": _geo_metadata()},
            )
        super().__init__(schema)

    def part(self, rows: AssignedRows) -> bytes | memoryview:
        if self._made:
            kept = [rows.batch.column(name) for name in self._schema.names[:-1]]
            made = pa.record_batch([*kept, write_points(rows.lon, rows.lat)], schema=self._schema)
            rows = AssignedRows(made, rows.lon, rows.lat)
        return super().part(rows)


def _check_free(schema: pa.Schema, geometry: str | None) -> None:
    if _GEOMETRY in schema.names and geometry != _GEOMETRY:
        raise FileError(
            "The input has a column of this name already, and its points are not in it.",
            code="column_taken",
            field=_GEOMETRY,
            remedy="Rename it, or name OUT .parquet.",
        )


def _geo_metadata() -> bytes:
    # By GeoParquet, a column that names no CRS is in WGS 84, longitude first.
    column = {"encoding": "WKB", "geometry_types": ["Point"]}
    return json.dumps({"version": _GEO_VERSION, "primary_column": _GEOMETRY, "columns": {_GEOMETRY: column}}).encode()


def _cannot_hold(what: str, remedy: str = "Choose another format.") -> FileError:
    return FileError(f"{what} cannot hold a column of the input.", code="column_type", remedy=remedy)
