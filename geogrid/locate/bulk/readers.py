"""Read files of points of any format as batches of columns, in bounded memory."""

from __future__ import annotations

import codecs
import csv as text_csv
import io
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from geogrid.errors import FileError
from geogrid.layers.files.geojson_reader import parse_crs_member
from geogrid.locate.bulk.formats import Format, find_format
from geogrid.locate.bulk.json_block_reader import read_lines
from geogrid.locate.bulk.json_columns import GEOMETRY_COLUMN, JSON_TYPE, find_schema, read_geojson, to_batch
from geogrid.locate.bulk.point_columns import PointColumnNames, find_columns, find_crs, projected_datum
from geogrid.tabular.arrow_buffers import owned_buffer
from geogrid.tabular.csv_format import CsvDialect, detect_dialect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyproj import CRS

    from geogrid.locate.bulk.json_block_reader import Record

#: Approximate bytes and maximum rows of a batch.
BATCH_BYTES: Final = 32 * 2**20
BATCH_ROWS: Final = 2**19
#: Approximate bytes of text in a batch.
_TEXT_BYTES: Final = 16 * 2**20
_PROBE_ROWS: Final = 1_024
_SCAN_BYTES: Final = 2**20
_ARROW_FILE: Final = b"ARROW1"
_UTF8: Final = "utf8"
#: Arrow's message about a row with another number of fields than the header.
_WRONG_COUNT: Final = re.compile(r"Expected \d+ columns, got (\d+)")
_FAULTS: Final = (pa.ArrowException, OSError, UnicodeError, ValueError, OverflowError, MemoryError, KeyError)


@dataclass(frozen=True, slots=True)
class _Opened:
    """Schema, number of rows if known, and reader of a file."""

    schema: pa.Schema
    rows: int | None
    batches: Callable[[], Iterator[pa.RecordBatch]]
    crs: CRS | None = None


@dataclass(frozen=True, slots=True)
class PointFile:
    """A file of points.

    Attributes
    ----------
    path, format
        The file.
    schema
        Schema of the file.
    where
        Columns with the points.
    rows
        Number of rows, or None if unknown before the end.
    crs
        CRS that the file names, if any.
    batches
        Function that reads the file from the beginning.
    """

    path: Path
    format: Format
    schema: pa.Schema
    where: PointColumnNames
    rows: int | None
    crs: CRS | None
    batches: Callable[[], Iterator[pa.RecordBatch]]


def open_source(
    path: Path,
    *,
    lon: str | None = None,
    lat: str | None = None,
    point: str | None = None,
    text_bytes: int = _TEXT_BYTES,
    rows: int = BATCH_ROWS,
) -> PointFile:
    """Open a file of points.

    Parameters
    ----------
    path
        The file; its suffix determines the format.
    lon, lat
        Columns of the coordinates; by default columns with common names, or the geometry.
    point
        One column of both coordinates.
    text_bytes, rows
        Size of a batch. It affects the size of the parts of the output only.

    Raises
    ------
    FileError
        If the file is not readable, or the columns are missing; the message contains the name of the file.
    """
    found = find_format(path)
    if not path.is_file():
        raise FileError(f"{path.name}: The file does not exist.", code="file_missing")
    if not path.stat().st_size:
        raise FileError(f"{path.name}: The file is empty.", code="file_empty")
    with _add_file_name(path, found):
        match found:
            case Format.CSV:
                opened = _open_csv(path, text_bytes)
            case Format.PARQUET | Format.GEOPARQUET:
                opened = _open_parquet(path, rows)
            case Format.NDJSON:
                opened = _open_json(path, text_bytes, geojson=False)
            case Format.GEOJSON:
                opened = _open_json(path, text_bytes, geojson=True)
            case _:
                opened = _open_arrow(path, rows)
        own = found is Format.GEOJSON and lon is None and lat is None and point is None
        where = PointColumnNames(geometry=GEOMETRY_COLUMN) if own else find_columns(opened.schema, lon, lat, point)

    def guarded() -> Iterator[pa.RecordBatch]:
        with _add_file_name(path, found):
            yield from opened.batches()

    crs = opened.crs if own else find_crs(opened.schema, where)
    return PointFile(path, found, opened.schema, where, opened.rows, crs, guarded)


def named_datum(path: Path) -> str | None:
    """Return the datum of the projected CRS that a GeoParquet file names, or None.

    Raises
    ------
    FileError
        If the file is damaged.
    DatumError
        If the shift of the CRS to WGS 84 is unknown.
    """
    found = find_format(path)
    if found not in {Format.PARQUET, Format.GEOPARQUET} or not path.is_file():
        return None
    with _add_file_name(path, found):
        schema = pq.read_schema(path)
        return projected_datum(find_crs(schema, find_columns(schema, None, None)))


@contextmanager
def _add_file_name(path: Path, found: Format) -> Iterator[None]:
    """Add the name of the file to errors."""
    try:
        yield
    except FileError as error:
        raise FileError(
            f"{path.name}: {error.message}", code=error.code, field=error.field, remedy=error.remedy
        ) from error
    except _FAULTS as error:
        raise FileError(
            f"{path.name}: The file is damaged, truncated, or not {found}.",
            code="file_damaged",
            remedy="Copy or export the file again.",
        ) from error


def _open_csv(path: Path, block: int) -> _Opened:
    encoding = _detect_encoding(path)
    try:
        layout = _csv_layout(path, encoding, max(block, _SCAN_BYTES))
    except UnicodeDecodeError as error:
        raise _wrong_encoding() from error
    except pa.ArrowInvalid as error:
        raise _csv_fault(error, 0, 0) from error

    def batches() -> Iterator[pa.RecordBatch]:
        before = 0
        try:
            with _as_utf8(path, encoding) as readable:
                for batch in _csv_reader(readable, layout, block):
                    yield batch
                    before += len(batch)
        except UnicodeDecodeError as error:
            raise _wrong_encoding() from error
        except pa.ArrowInvalid as error:
            raise _csv_fault(error, before, len(layout.names)) from error

    # All columns are text, so that codes keep leading zeros and all digits.
    return _Opened(pa.schema([(name, pa.string()) for name in layout.names]), None, batches)


@dataclass(frozen=True, slots=True)
class _CsvLayout:
    """The column names of a CSV file, and its separator."""

    names: list[str]
    dialect: CsvDialect

    def parse_options(self) -> csv.ParseOptions:
        return csv.ParseOptions(newlines_in_values=True, delimiter=self.dialect.delimiter)


def _csv_layout(path: Path, encoding: str, block: int) -> _CsvLayout:
    """Return the column names and the separator of a CSV file. This starts no reader thread on the file.

    The csv module finds the end of the header record, and Arrow parses that record.
    """
    with path.open("rb") as file:
        head = file.read(block)
    # The block may end inside a character; only a character of the header would be missed, and Arrow refuses that.
    text = codecs.getincrementaldecoder(encoding)().decode(head)
    dialect = detect_dialect(text)
    lines = io.StringIO(text, newline="")
    for _ in range(dialect.skipped_lines):
        lines.readline()
    header: list[str] = []

    def numbered() -> Iterator[str]:
        for line in lines:
            header.append(line)
            yield line

    try:
        for fields in text_csv.reader(numbered(), delimiter=dialect.delimiter):
            if fields:
                break
    except text_csv.Error as error:
        raise pa.ArrowInvalid(str(error)) from error
    record = owned_buffer("".join(header).encode())
    layout = _CsvLayout([], dialect)
    layout.names.extend(csv.read_csv(record, csv.ReadOptions(use_threads=False), layout.parse_options()).column_names)
    return layout


def _csv_reader(path: Path, layout: _CsvLayout, block: int) -> csv.CSVStreamingReader:
    # No Python callback (invalid_row_handler, encoding): a reader thread of Arrow may still run when the interpreter
    # exits. Up to Python 3.13 a thread that then waits for the interpreter lock ends the process with SIGABRT.
    return csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=block, skip_rows=layout.dialect.skipped_lines),
        parse_options=layout.parse_options(),
        convert_options=csv.ConvertOptions(
            column_types={name: pa.string() for name in layout.names}, strings_can_be_null=False
        ),
    )


@contextmanager
def _as_utf8(path: Path, encoding: str) -> Iterator[Path]:
    """Yield a UTF-8 file of the same text: the file itself, or a temporary copy that is removed afterwards."""
    if encoding == _UTF8:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
        copy = Path(folder) / "points.csv"
        with path.open(encoding=encoding, newline="") as source, copy.open("w", encoding=_UTF8, newline="") as target:
            shutil.copyfileobj(source, target, _SCAN_BYTES)
        yield copy


def _csv_fault(error: pa.ArrowInvalid, before: int, columns: int) -> FileError:
    if found := _WRONG_COUNT.search(str(error)):
        return FileError(
            f"A row after row {before:,} has {found[1]} fields, the header has {columns}.",
            code="csv",
            remedy='Enclose text with commas or line breaks in "quotes".',
        )
    if "UTF8" in str(error):
        return _wrong_encoding()
    if "Empty CSV" in str(error):
        return FileError("The file has no rows.", code="file_empty")
    return FileError(f"After row {before:,} the file is not CSV, or a row is too long.", code="csv")


def _wrong_encoding() -> FileError:
    return FileError("The text is neither UTF-8 nor GB 18030.", code="encoding", remedy="Save the file as UTF-8.")


def _detect_encoding(path: Path) -> str:
    """Return the encoding, UTF-8 or GB 18030, of the first block that is not ASCII."""
    with path.open("rb") as file:
        while content := file.read(_SCAN_BYTES):
            if content.isascii():
                continue
            # The end of the block may split a character.
            for cut in range(4):
                try:
                    content[: len(content) - cut].decode("utf-8")
                except UnicodeDecodeError:
                    continue
                return _UTF8
            return "gb18030"
    return _UTF8


def _open_parquet(path: Path, max_rows: int) -> _Opened:
    with pq.ParquetFile(path) as file:
        schema, count = file.schema_arrow, file.metadata.num_rows
        size = sum(file.metadata.row_group(group).total_byte_size for group in range(file.metadata.num_row_groups))
        probe = next(file.iter_batches(_PROBE_ROWS), None)
    widest = max(size / max(count, 1), probe.nbytes / max(len(probe), 1) if probe is not None else 0, 1)
    rows = max(1, min(max_rows, int(BATCH_BYTES / widest)))

    def batches() -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=2**20) as file:
            yield from file.iter_batches(rows)

    return _Opened(schema, count, batches)


def _open_json(path: Path, block: int, *, geojson: bool) -> _Opened:
    read = read_geojson if geojson else read_lines
    members: Record = {}
    schema, count = find_schema(read_geojson(path, block, members) if geojson else read_lines(path, block))
    if geojson:
        # Add the column even if no feature has a geometry.
        others = [field for field in schema if field.name != GEOMETRY_COLUMN]
        schema = pa.schema([*others, pa.field(GEOMETRY_COLUMN, JSON_TYPE)])

    def batches() -> Iterator[pa.RecordBatch]:
        return (to_batch(records, schema) for records in read(path, block) if records)

    return _Opened(schema, count, batches, _find_crs(members))


def _find_crs(members: Record) -> CRS | None:
    """Return the CRS that the member crs of GeoJSON names, or None if it is missing or unknown."""
    try:
        return parse_crs_member(members.get("crs"))
    except FileError:
        return None


def _open_arrow(path: Path, max_rows: int) -> _Opened:
    with pa.OSFile(str(path)) as file:
        schema = _arrow_reader(file).schema

    def batches() -> Iterator[pa.RecordBatch]:
        with pa.OSFile(str(path)) as file:
            for batch in _arrow_batches(_arrow_reader(file)):
                batch.validate(full=True)
                for begin in range(0, batch.num_rows, max_rows):
                    yield batch.slice(begin, max_rows)

    return _Opened(schema, None, batches)


def _arrow_reader(file: pa.NativeFile) -> pa.RecordBatchFileReader | pa.RecordBatchStreamReader:
    magic = file.read(len(_ARROW_FILE))
    file.seek(0)
    return pa.ipc.open_file(file) if magic == _ARROW_FILE else pa.ipc.open_stream(file)


def _arrow_batches(reader: pa.RecordBatchFileReader | pa.RecordBatchStreamReader) -> Iterator[pa.RecordBatch]:
    if isinstance(reader, pa.RecordBatchFileReader):
        return (reader.get_batch(number) for number in range(reader.num_record_batches))
    return iter(reader)
