"""Write batches of columns in any format, as a head, independent parts and a tail.

Threads encode parts in memory, which are then appended, so a file can be resumed after any part. Parquet and Arrow
files cannot be resumed; their parts are stored as an Arrow stream, which a thread converts while it grows.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
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
    from concurrent.futures import Future
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from geogrid.geo.datums import Pair
    from geogrid.locate.bulk.point_columns import PointColumnNames

_STREAM_END: Final = b"\xff\xff\xff\xff\0\0\0\0"
_GEO_VERSION: Final = "1.1.0"
#: Name of the column with the points in GeoParquet.
GEOMETRY: Final = "geometry"


@dataclass(frozen=True, slots=True)
class AssignedRows:
    """A batch with the added columns, and a function that returns its points in WGS 84 degrees (NaN: refused rows)."""

    batch: pa.RecordBatch
    to_wgs84: Callable[[], Pair]


class Writer(Protocol):
    """Encoder of a format."""

    #: Separator of parts.
    between: bytes

    def head(self) -> bytes:
        """Return the bytes before the first part."""

    def part(self, rows: AssignedRows) -> bytes | memoryview:
        """Return rows encoded in the format of the file, without what separates them from other parts."""

    def tail(self) -> bytes:
        """Return the bytes after the last part."""

    def follow(self, path: Path) -> None:
        """Start to convert the file, which has a head and grows part by part."""

    def add(self) -> None:
        """Take notice of a part that the file now has."""

    def finish(self) -> None:
        """Convert the rest of the complete file, and replace it."""

    def stop(self) -> None:
        """End the conversion, whether it is finished or not."""


def open_writer(output_format: Format, schema: pa.Schema, where: PointColumnNames) -> Writer:
    """Return the encoder of a format.

    Parameters
    ----------
    output_format
        The format.
    schema
        The columns, including the added ones.
    where
        The columns with the points.
    """
    geometry = where.geometry
    encoders: dict[Format, Callable[[], Writer]] = {
        Format.CSV: lambda: _Csv(schema),
        Format.NDJSON: _Ndjson,
        Format.GEOJSON: lambda: _GeoJson(schema, geometry),
        Format.PARQUET: lambda: _Parquet(schema),
        Format.GEOPARQUET: lambda: _GeoParquet(schema, geometry),
        Format.ARROW_STREAM: lambda: _ArrowStream(schema),
        Format.ARROW: lambda: _ArrowFile(schema),
    }
    return encoders[output_format]()


class _Plain:
    """Base class: no head, no separator, no tail, no conversion."""

    between = b""

    def head(self) -> bytes:
        return b""

    def tail(self) -> bytes:
        return b""

    def follow(self, path: Path) -> None:
        pass

    def add(self) -> None:
        pass

    def finish(self) -> None:
        pass

    def stop(self) -> None:
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
        """Return features with the geometry of the input if it is GeoJSON, else the point in WGS 84 (RFC 7946)."""
        records = _records(rows.batch)
        own = [record.pop(self._geometry, None) for record in records] if self._geometry else []
        shapes = own if self._kept else _points(*rows.to_wgs84())
        features = [
            encode_json({"type": "Feature", "properties": record, "geometry": shape})
            for record, shape in zip(records, shapes, strict=True)
        ]
        return ",\n".join(features).encode()

    def tail(self) -> bytes:
        return b"\n]}\n"


def _points(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> list[dict[str, object] | None]:
    return [_point(*pair) for pair in zip(lon.tolist(), lat.tolist(), strict=True)]


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
    """Base class of formats that cannot be resumed: parts form an Arrow stream, which is converted while it grows.

    Arrow releases the interpreter lock, so the conversion runs beside the look-ups.
    """

    def __init__(self, schema: pa.Schema) -> None:
        super().__init__(schema)
        #: The number of parts that were added, 0 at the end.
        self._parts: SimpleQueue[int] = SimpleQueue()
        self._pool = ThreadPoolExecutor(1)

    def follow(self, path: Path) -> None:
        self._path, self._converted = path, path.with_name(f"{path.name}.file")
        self._conversion: Future[None] = self._pool.submit(self._convert)

    def add(self) -> None:
        self._parts.put(1)

    def finish(self) -> None:
        self._parts.put(0)
        self._conversion.result()
        self._converted.replace(self._path)

    def stop(self) -> None:
        self._parts.put(0)
        self._pool.shutdown()

    def _convert(self) -> None:
        with (
            pa.OSFile(str(self._path)) as source,
            pa.ipc.open_stream(source) as stream,
            self._open(self._converted) as file,
        ):
            while self._parts.get():
                file.write_batch(stream.read_next_batch())

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
            raise _cannot_hold("An Arrow file", remedy="Use the suffix .arrows for OUT.") from error


class _Parquet(_Converted):
    @contextmanager
    def _open(self, path: Path) -> Iterator[pq.ParquetWriter]:
        try:
            with pq.ParquetWriter(path, self._schema, **_column_options(self._schema)) as writer:
                yield writer
        except pa.ArrowNotImplementedError as error:
            raise _cannot_hold("Parquet") from error


def _column_options(schema: pa.Schema) -> dict[str, list[str]]:
    """Return the columns with statistics and those of each encoding as options of pyarrow.

    Minimum and maximum codes of a row group do not help readers, and take a third of the time of the column. Those of
    other columns do, for example of ``bbox`` in GeoParquet.

    Text gets a dictionary. Ids and coordinates have too many values for one: by default pyarrow builds it and drops it
    again, which takes half of the time. Floats are not split into byte streams: files would be 16 % smaller, but
    Spark 4.0 cannot read them.
    """
    sink = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), sink)
    columns = pq.ParquetFile(sink.getvalue()).schema
    added = (*GRID_COLUMNS.values(), CODE_COLUMN, STATUS_COLUMN)
    leaves = [columns.column(number) for number in range(len(columns.names))]
    return {
        "write_statistics": [leaf.path for leaf in leaves if leaf.path not in added],
        "use_dictionary": [leaf.path for leaf in leaves if leaf.logical_type.type in ("STRING", "ENUM", "JSON")],
    }


class _GeoParquet(_Parquet):
    """Parquet with the geometry of the input if it is WKB, else the point in WGS 84."""

    def __init__(self, schema: pa.Schema, geometry: str | None) -> None:
        self._adds_geometry = b"geo" not in (schema.metadata or {})
        if self._adds_geometry:
            _check_free(schema, geometry)
            names = [name for name in schema.names if name not in (geometry, GEOMETRY)]
            schema = pa.schema(
                [*(schema.field(name) for name in names), pa.field(GEOMETRY, pa.binary())],
                {**(schema.metadata or {}), b"geo": geo_metadata()},
            )
        super().__init__(schema)

    def part(self, rows: AssignedRows) -> bytes | memoryview:
        if self._adds_geometry:
            kept = [rows.batch.column(name) for name in self._schema.names[:-1]]
            made = pa.record_batch([*kept, write_points(*rows.to_wgs84())], schema=self._schema)
            rows = AssignedRows(made, rows.to_wgs84)
        return super().part(rows)


def _check_free(schema: pa.Schema, geometry: str | None) -> None:
    if GEOMETRY in schema.names and geometry != GEOMETRY:
        raise FileError(
            "The input already has a column of this name, which does not contain the points.",
            code="column_taken",
            field=GEOMETRY,
            remedy="Rename that column, or use the suffix .parquet for OUT.",
        )


def geo_metadata() -> bytes:
    """Return the metadata ``geo`` of GeoParquet with points in WGS 84 in the column `GEOMETRY`."""
    # In GeoParquet a column without a CRS is in WGS 84, longitude first.
    column = {"encoding": "WKB", "geometry_types": ["Point"]}
    return json.dumps({"version": _GEO_VERSION, "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}).encode()


def _cannot_hold(output: str, remedy: str = "Choose another format.") -> FileError:
    return FileError(f"{output} cannot store a column of the input.", code="column_type", remedy=remedy)
