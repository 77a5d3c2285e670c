"""Files of points as batches of columns, whatever their format, in bounded memory."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from geogrid.errors import FileError
from geogrid.locate.bulk.formats import Format, format_of
from geogrid.locate.bulk.json_rows import GEOMETRY, JSON, find_schema, read_geojson, to_batch
from geogrid.locate.bulk.json_text import read_lines
from geogrid.locate.bulk.point_columns import PointColumnNames, find_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pyarrow.csv import InvalidRow

#: About so many bytes of values make a batch, and at most so many rows.
BATCH_BYTES: Final = 32 * 2**20
BATCH_ROWS: Final = 2**19
#: About so many bytes of text.
_TEXT_BYTES: Final = 16 * 2**20
_PROBE_ROWS: Final = 1_024
_SCAN_BYTES: Final = 2**20
_ARROW_FILE: Final = b"ARROW1"
_FAULTS: Final = (pa.ArrowException, OSError, UnicodeError, ValueError, OverflowError, MemoryError, KeyError)


@dataclass(frozen=True, slots=True)
class PointFile:
    """A file of points.

    Attributes
    ----------
    path, format
        The file.
    schema
        Its columns.
    where
        Which of them hold the points.
    rows
        How many rows it has, or None where only reading it to the end would tell.
    batches
        Reads it from the beginning.
    """

    path: Path
    format: Format
    schema: pa.Schema
    where: PointColumnNames
    rows: int | None
    batches: Callable[[], Iterator[pa.RecordBatch]]


def open_source(
    path: Path, *, lon: str | None = None, lat: str | None = None, text_bytes: int = _TEXT_BYTES, rows: int = BATCH_ROWS
) -> PointFile:
    """Look into a file of points.

    Parameters
    ----------
    path
        The file; its ending says the format.
    lon, lat
        The columns; by default those with usual names, or the geometry where the format has one.
    text_bytes, rows
        How much to read at once. It changes how long the parts of the output are, and nothing else.

    Raises
    ------
    FileError
        If it cannot be read, or has no columns for the points. It names the file.
    """
    found = format_of(path)
    if not path.is_file():
        raise FileError(f"{path.name}: The file is not there.", code="file_missing")
    if not path.stat().st_size:
        raise FileError(f"{path.name}: The file is empty.", code="file_empty")
    with _named(path, found):
        match found:
            case Format.CSV:
                parts = _open_csv(path, text_bytes)
            case Format.PARQUET | Format.GEOPARQUET:
                parts = _open_parquet(path, rows)
            case Format.NDJSON:
                parts = _open_json(path, text_bytes, geojson=False)
            case Format.GEOJSON:
                parts = _open_json(path, text_bytes, geojson=True)
            case _:
                parts = _open_arrow(path, rows)
        schema, count, batches = parts
        own = found is Format.GEOJSON and lon is None and lat is None
        where = PointColumnNames(geometry=GEOMETRY) if own else find_columns(schema, lon, lat)

    def guarded() -> Iterator[pa.RecordBatch]:
        with _named(path, found):
            yield from batches()

    return PointFile(path, found, schema, where, count, guarded)


_Opened = tuple[pa.Schema, int | None, "Callable[[], Iterator[pa.RecordBatch]]"]


@contextmanager
def _named(path: Path, found: Format) -> Iterator[None]:
    """Name the file in whatever goes wrong with it."""
    try:
        yield
    except FileError as error:
        raise FileError(
            f"{path.name}: {error.message}", code=error.code, field=error.field, remedy=error.remedy
        ) from error
    except _FAULTS as error:
        raise FileError(
            f"{path.name}: The file is damaged, cut off, or is not {found}.",
            code="file_damaged",
            remedy="Copy or export it again.",
        ) from error


def _open_csv(path: Path, block: int) -> _Opened:
    encoding = _encoding(path)
    try:
        names = _csv_reader(path, encoding, None, max(block, _SCAN_BYTES), lambda _row: "skip").schema.names
    except UnicodeDecodeError as error:
        raise _wrong_encoding() from error
    except pa.ArrowInvalid as error:
        raise _csv_fault(error, 0, [], 0) from error

    def batches() -> Iterator[pa.RecordBatch]:
        before, wrong = 0, []

        def refuse(row: InvalidRow) -> str:
            wrong.append(row.actual_columns)
            return "error"

        try:
            for batch in _csv_reader(path, encoding, names, block, refuse):
                yield batch
                before += len(batch)
        except UnicodeDecodeError as error:
            raise _wrong_encoding() from error
        except pa.ArrowInvalid as error:
            raise _csv_fault(error, before, wrong, len(names)) from error

    # What else than coordinates stands there is text and stays text: a code keeps its zeros and all of its digits.
    return pa.schema([(name, pa.string()) for name in names]), None, batches


def _csv_reader(
    path: Path, encoding: str, names: list[str] | None, block: int, on_invalid: Callable[[InvalidRow], str]
) -> csv.CSVStreamingReader:
    return csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=block, encoding=encoding),
        parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=on_invalid),
        convert_options=csv.ConvertOptions(
            column_types={name: pa.string() for name in names or []}, strings_can_be_null=False
        ),
    )


def _csv_fault(error: pa.ArrowInvalid, before: int, wrong: list[int], columns: int) -> FileError:
    if wrong:
        return FileError(
            f"A row after row {before:,} has {wrong[0]} fields, and the header {columns}.",
            code="csv",
            remedy='Put a text with commas or line breaks in it between "quotes".',
        )
    if "UTF8" in str(error):
        return _wrong_encoding()
    if "Empty CSV" in str(error):
        return FileError("The file has no rows.", code="file_empty")
    return FileError(f"After row {before:,} the file is not CSV, or a row is too long.", code="csv")


def _wrong_encoding() -> FileError:
    return FileError("The text is neither UTF-8 nor GB 18030 throughout.", code="encoding", remedy="Save it as UTF-8.")


def _encoding(path: Path) -> str:
    """Return UTF-8 or GB 18030, whichever the first text that is not ASCII reads as."""
    with path.open("rb") as file:
        while content := file.read(_SCAN_BYTES):
            if content.isascii():
                continue
            # A character may be cut in two by the end of what was read.
            for cut in range(4):
                try:
                    content[: len(content) - cut].decode("utf-8")
                except UnicodeDecodeError:
                    continue
                return "utf8"
            return "gb18030"
    return "utf8"


def _open_parquet(path: Path, most: int) -> _Opened:
    with pq.ParquetFile(path) as file:
        schema, count = file.schema_arrow, file.metadata.num_rows
        size = sum(file.metadata.row_group(group).total_byte_size for group in range(file.metadata.num_row_groups))
        probe = next(file.iter_batches(_PROBE_ROWS), None)
    widest = max(size / max(count, 1), probe.nbytes / max(len(probe), 1) if probe is not None else 0, 1)
    rows = max(1, min(most, int(BATCH_BYTES / widest)))

    def batches() -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=2**20) as file:
            yield from file.iter_batches(rows)

    return schema, count, batches


def _open_json(path: Path, block: int, *, geojson: bool) -> _Opened:
    read = read_geojson if geojson else read_lines
    schema, count = find_schema(read(path, block))
    if geojson:
        # Also where no feature has one.
        others = [field for field in schema if field.name != GEOMETRY]
        schema = pa.schema([*others, pa.field(GEOMETRY, JSON)])

    def batches() -> Iterator[pa.RecordBatch]:
        return (to_batch(records, schema) for records in read(path, block) if records)

    return schema, count, batches


def _open_arrow(path: Path, most: int) -> _Opened:
    with pa.OSFile(str(path)) as file:
        schema = _arrow_reader(file).schema

    def batches() -> Iterator[pa.RecordBatch]:
        with pa.OSFile(str(path)) as file:
            for batch in _arrow_batches(_arrow_reader(file)):
                batch.validate(full=True)
                for begin in range(0, batch.num_rows, most):
                    yield batch.slice(begin, most)

    return schema, None, batches


def _arrow_reader(file: pa.NativeFile) -> pa.RecordBatchFileReader | pa.RecordBatchStreamReader:
    magic = file.read(len(_ARROW_FILE))
    file.seek(0)
    return pa.ipc.open_file(file) if magic == _ARROW_FILE else pa.ipc.open_stream(file)


def _arrow_batches(reader: pa.RecordBatchFileReader | pa.RecordBatchStreamReader) -> Iterator[pa.RecordBatch]:
    if isinstance(reader, pa.RecordBatchFileReader):
        return (reader.get_batch(number) for number in range(reader.num_record_batches))
    return iter(reader)
