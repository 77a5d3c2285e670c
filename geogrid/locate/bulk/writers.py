"""Batches of columns as files, whatever their format: a head, parts that stand by themselves, and a tail.

Each part is made in memory, by any thread, and then appended. So several can be made at once, and a file that was cut
off after any part can be continued.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from geogrid.errors import FileError
from geogrid.locate.bulk.assignment_target import CODE, GRID_COLUMNS, STATUS
from geogrid.locate.bulk.formats import Format
from geogrid.locate.bulk.parquet_parts import MAGIC, Footer, join_footers, split
from geogrid.locate.bulk.text_columns import as_csv, as_members, encode
from geogrid.locate.bulk.wkb import write_points

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from geogrid.locate.bulk.point_columns import PointColumnNames

_STREAM_END: Final = b"\xff\xff\xff\xff\0\0\0\0"
_GEO_VERSION: Final = "1.1.0"
_GEOMETRY: Final = "geometry"


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch with the columns of ours, and its points in WGS 84 degrees, NaN where there is none."""

    batch: pa.RecordBatch
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file, and what its tail needs to know of it."""

    content: bytes | memoryview
    note: bytes = b""


class Writer(Protocol):
    """How a format is written."""

    #: What stands between two parts.
    between: bytes

    def head(self) -> bytes:
        """Return what stands before the first part."""

    def part(self, rows: Rows) -> Part:
        """Return some rows."""

    def tail(self, notes: Sequence[tuple[bytes, int]]) -> bytes:
        """Return what stands after the last part, from the note and the place of each."""

    def finish(self, path: Path) -> None:
        """Do what can be done only when the file is whole."""


def writer_for(found: Format, schema: pa.Schema, where: PointColumnNames) -> Writer:
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

    def tail(self, _notes: Sequence[tuple[bytes, int]]) -> bytes:
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

    def part(self, rows: Rows) -> Part:
        columns = [as_csv(column) for column in rows.batch.columns]
        sink = pa.BufferOutputStream()
        table = pa.table(columns, names=rows.batch.schema.names)
        csv.write_csv(table, sink, csv.WriteOptions(include_header=False, batch_size=8_192))
        return Part(bytes(sink.getvalue()))


class _Ndjson(_Plain):
    def part(self, rows: Rows) -> Part:
        return Part("".join(f"{encode(record)}\n" for record in _records(rows.batch)).encode())


class _GeoJson(_Plain):
    between = b",\n"

    def __init__(self, schema: pa.Schema, geometry: str | None) -> None:
        self._geometry = geometry
        self._kept = geometry is not None and isinstance(schema.field(geometry).type, pa.JsonType)

    def head(self) -> bytes:
        return b'{"type":"FeatureCollection","features":[\n'

    def part(self, rows: Rows) -> Part:
        """Keep a geometry that was GeoJSON; otherwise write the point in WGS 84, as RFC 7946 has it."""
        records = _records(rows.batch)
        own = [record.pop(self._geometry, None) for record in records] if self._geometry else []
        shapes = (
            own if self._kept else [_point(*pair) for pair in zip(rows.lon.tolist(), rows.lat.tolist(), strict=True)]
        )
        features = [
            encode({"type": "Feature", "properties": record, "geometry": shape})
            for record, shape in zip(records, shapes, strict=True)
        ]
        return Part(",\n".join(features).encode())

    def tail(self, _notes: Sequence[tuple[bytes, int]]) -> bytes:
        return b"\n]}\n"


def _point(lon: float, lat: float) -> dict[str, object] | None:
    # Nine decimals are a tenth of a millimetre.
    return None if lon != lon else {"type": "Point", "coordinates": [round(lon, 9), round(lat, 9)]}  # noqa: PLR0124 - NaN


def _records(batch: pa.RecordBatch) -> list[dict[str, object]]:
    names = batch.schema.names
    return [dict(zip(names, values, strict=True)) for values in zip(*map(as_members, batch.columns), strict=True)]


class _Parquet(_Plain):
    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        # The least and the greatest code of a row group find nothing, and cost a third of the time of the column.
        added = (*GRID_COLUMNS.values(), CODE, STATUS)
        self._measured = [name for name in schema.names if name not in added]

    def head(self) -> bytes:
        return MAGIC

    def part(self, rows: Rows) -> Part:
        return Part(*split(self._write(rows.batch)))

    def tail(self, notes: Sequence[tuple[bytes, int]]) -> bytes:
        _, empty = split(self._write(None))
        return join_footers(empty, [Footer(note, begin) for note, begin in notes])

    def _write(self, batch: pa.RecordBatch | None) -> memoryview:
        sink = pa.BufferOutputStream()
        try:
            with pq.ParquetWriter(sink, self._schema, write_statistics=self._measured) as writer:
                if batch is not None:
                    writer.write_batch(batch, row_group_size=max(len(batch), 1))
        except pa.ArrowNotImplementedError as error:
            raise _cannot_hold("Parquet") from error
        return memoryview(sink.getvalue())


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

    def part(self, rows: Rows) -> Part:
        if self._made:
            kept = [rows.batch.column(name) for name in self._schema.names[:-1]]
            made = pa.record_batch([*kept, write_points(rows.lon, rows.lat)], schema=self._schema)
            rows = Rows(made, rows.lon, rows.lat)
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


class _ArrowStream(_Plain):
    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._head = bytes(schema.serialize())

    def head(self) -> bytes:
        return self._head

    def part(self, rows: Rows) -> Part:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._schema) as stream:
            stream.write_batch(rows.batch)
        return Part(memoryview(sink.getvalue())[len(self._head) : -len(_STREAM_END)])

    def tail(self, _notes: Sequence[tuple[bytes, int]]) -> bytes:
        return _STREAM_END


class _ArrowFile(_ArrowStream):
    """It grows as a stream, and is given the list of its batches in the end."""

    def finish(self, path: Path) -> None:
        whole = path.with_name(f"{path.name}.file")
        options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
        try:
            with (
                pa.OSFile(str(path)) as source,
                pa.OSFile(str(whole), "wb") as sink,
                pa.ipc.open_stream(source) as stream,
                pa.ipc.new_file(sink, stream.schema, options=options) as file,
            ):
                for batch in stream:
                    file.write_batch(batch)
        except pa.ArrowInvalid as error:
            raise _cannot_hold("An Arrow file", remedy="Name OUT .arrows: a stream can.") from error
        whole.replace(path)


def _cannot_hold(what: str, remedy: str = "Choose another format.") -> FileError:
    return FileError(f"{what} cannot hold a column of the input.", code="column_type", remedy=remedy)
