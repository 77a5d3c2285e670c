"""Add the grids of all points to a table or a file."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from geogrid.errors import FileError, InputError
from geogrid.locate.bulk.assignment_target import STATUS_WORDS
from geogrid.locate.bulk.checkpoint import open_run, refused_path
from geogrid.locate.bulk.formats import find_format
from geogrid.locate.bulk.point_columns import check_crs, find_columns, find_crs, read_columns
from geogrid.locate.bulk.readers import BATCH_ROWS, open_source
from geogrid.locate.bulk.refusal_codes import RefusalReason
from geogrid.locate.bulk.writers import AssignedRows, Writer, open_writer
from geogrid.locate.raster_index import prepare_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from numpy.typing import NDArray

    from geogrid.locate.bulk.assignment_target import AssignmentTarget, GridAssignment
    from geogrid.locate.bulk.checkpoint import Run
    from geogrid.locate.bulk.formats import Format
    from geogrid.locate.bulk.point_columns import PointColumnNames
    from geogrid.locate.bulk.readers import PointFile

#: Parts that are processed at the same time, and parts that wait; all are in memory.
_THREADS: Final = 2
_AHEAD: Final = 1
#: Approximate size of a row in a file that does not state its number of rows.
_ROW_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Summary:
    """Result of a file.

    Attributes
    ----------
    rows
        Number of rows.
    counts
        Number of rows by status; see `geogrid.locate.bulk.assignment_target.STATUS_WORDS`.
    resumed
        Number of rows that an interrupted run had processed.
    refused_file
        File with the list of refused rows, or None if no row is refused.
    """

    rows: int
    counts: Mapping[str, int]
    resumed: int
    refused_file: Path | None

    def first_refusal(self) -> str:
        """Return the row number and the reason of the first refused row, or an empty string."""
        if self.refused_file is None:
            return ""
        with self.refused_file.open(encoding="utf-8") as lines:
            next(lines)
            number, _, sentence = next(lines).rstrip("\n").split(",", maxsplit=2)
        remedy = next((reason.remedy for reason in RefusalReason if reason.sentence == sentence), "")
        return f"row {number}: {sentence} {remedy}".strip()


def assign_table(
    table: pa.Table,
    target: AssignmentTarget,
    *,
    datum: str,
    lon: str | None = None,
    lat: str | None = None,
    point: str | None = None,
) -> pa.Table:
    """Return a table with the codes and the status of each row's point.

    Parameters
    ----------
    table
        Table with any columns. Rows with an invalid point get the status ``refused`` and no codes.
    target
        The layers to look up, from `geogrid.locate.bulk.assignment_target`.
    datum
        Canonical name of the datum of the points.
    lon, lat
        The columns of the coordinates; by default columns with common names, or the geometry of GeoParquet.
    point
        One column of both coordinates, such as ``113.2988,40.09``.

    Raises
    ------
    FileError
        If the columns are missing, or the table already has a column of an added name.
    DatumError
        If the metadata contain a projection other than `datum`.

    Examples
    --------
    >>> import shapely
    >>> from geogrid.locate.bulk.assignment_target import polygon_target
    >>> from geogrid.locate.tree_index import LayerIndex
    >>> target, _ = polygon_target(LayerIndex(["001"], [shapely.box(113, 40, 114, 41)]), "a square")
    >>> points = pa.table({"id": [7, 8, 9], "lng": ["113.5", "120", "?"], "lat": ["40.5", "40.5", "40.5"]})
    >>> result = assign_table(points, target, datum="wgs84")
    >>> result["code"].to_pylist(), result["status"].to_pylist()
    (['001', None, None], ['inside', 'outside', 'refused'])
    """
    where = find_columns(table.schema, lon, lat, point)
    check_crs(find_crs(table.schema, where), datum)
    schema = _schema_with(table.schema, target)
    batches = [_assign(batch, where, target, datum, schema)[0].batch for batch in table.to_batches(BATCH_ROWS)]
    return pa.Table.from_batches(batches, schema)


def assign_file(
    path: Path,
    out: Path,
    target: AssignmentTarget,
    *,
    datum: str,
    lon: str | None = None,
    lat: str | None = None,
    point: str | None = None,
    identity: str = "",
    resume: bool = False,
    force: bool = False,
    on_progress: Callable[[int, int | None], None] = lambda _rows, _total: None,
    batch_rows: int | None = None,
    run_bytes: int = 0,
) -> Summary:
    """Write a file with the codes and the status of each row's point, in bounded memory.

    `out` contains all rows in their order. Rows with an invalid point get the status ``refused`` and no codes, and
    ``OUT.refused.csv`` lists them with the reason. `out` appears only when it is complete.

    Parameters
    ----------
    path, out
        Input and output. The suffixes determine the formats, which may differ.
    target
        The layers to look up.
    datum
        Canonical name of the datum of the points.
    lon, lat, point
        The columns of the coordinates, or one column of both.
    identity
        Identifies the layers of `target`; a run is resumed only with the same identity.
    resume
        Continue an interrupted run.
    force
        Replace `out`.
    on_progress
        Called after each part with its number of rows and the total number of rows, None if unknown.
    batch_rows
        Maximum number of rows in a part.
    run_bytes
        Size of all files that this process assigns, if there are more. Long runs import the compiled kernel.

    Raises
    ------
    FileError
        If the file is not readable, or the columns are missing.
    DatumError
        If the metadata contain a projection other than `datum`.
    ConflictError
        If `out` exists, or the interrupted run had other input or options.
    OSError
        If `out` is not writable.
    """
    if path.resolve() == out.resolve():
        raise FileError(
            f"{out.name}: OUT and IN are the same file.", code="same_file", remedy="Choose another name for OUT."
        )
    output_format = find_format(out)
    limits = {} if batch_rows is None else {"rows": batch_rows, "text_bytes": max(batch_rows * 64, 4_096)}
    source = open_source(path, lon=lon, lat=lat, point=point, **limits)
    check_crs(source.crs, datum)
    schema = _schema_with(source.schema, target)
    writer = open_writer(output_format, schema, source.where)
    settings = _run_settings(source, output_format, datum, identity, target)
    prepare_run(_estimate_rows(source, run_bytes), datum)
    with open_run(out, writer.head(), settings, resume=resume, force=force) as run:
        resumed = sum(part.rows for part in run.checkpoints)
        on_progress(resumed, source.rows)
        try:
            _write(source, target, datum, schema, writer, run, on_progress)
        except InputError:
            # The input must be corrected, so the run cannot be resumed.
            run.discard()
            raise
        run.publish()
    return _summary(run, out, resumed)


def _estimate_rows(source: PointFile, run_bytes: int) -> int:
    """Return the approximate number of rows in a file and in other files like it."""
    size = max(source.path.stat().st_size, 1)
    rows = size // _ROW_BYTES if source.rows is None else source.rows
    return int(rows * max(1, run_bytes / size))


def _write(
    source: PointFile,
    target: AssignmentTarget,
    datum: str,
    schema: pa.Schema,
    writer: Writer,
    run: Run,
    on_progress: Callable[[int, int | None], None],
) -> None:
    """Write all parts, and convert the file to its format."""
    writer.follow(run.data)
    try:
        for _ in run.checkpoints:
            writer.add()
        _run(source, target, datum, schema, writer, run, on_progress)
        run.end(writer.tail())
        writer.finish()
    finally:
        writer.stop()


def _run(
    source: PointFile,
    target: AssignmentTarget,
    datum: str,
    schema: pa.Schema,
    writer: Writer,
    run: Run,
    on_progress: Callable[[int, int | None], None],
) -> None:
    """Read batches, process some of them in threads, and append the parts in order."""

    def process(batch: pa.RecordBatch) -> tuple[bytes | memoryview, GridAssignment]:
        rows, assignment = _assign(batch, source.where, target, datum, schema)
        try:
            return writer.part(rows), assignment
        except (pa.ArrowException, ValueError, OverflowError) as error:
            raise FileError("The output format cannot hold a value of the input.", code="value") from error

    before = sum(part.rows for part in run.checkpoints)
    pending: deque[Future[tuple[bytes | memoryview, GridAssignment]]] = deque()
    pool = ThreadPoolExecutor(_THREADS)

    def append_first() -> None:
        nonlocal before
        part, assignment = pending.popleft().result()
        refused = _list_refused(assignment.reasons, before)
        run.add(len(assignment.status), _count_status(assignment.status), writer.between, part, refused)
        writer.add()
        before += len(assignment.status)
        on_progress(len(assignment.status), source.rows)

    try:
        for batch in _skip_rows(source.batches(), before):
            pending.append(pool.submit(process, batch))
            if len(pending) > _THREADS + _AHEAD - 1:
                append_first()
        while pending:
            append_first()
    finally:
        pool.shutdown(cancel_futures=True)


def _assign(
    batch: pa.RecordBatch, where: PointColumnNames, target: AssignmentTarget, datum: str, schema: pa.Schema
) -> tuple[AssignedRows, GridAssignment]:
    assignment = target.assign(read_columns(batch, where), datum)
    extended = pa.record_batch([*batch.columns, *target.columns(assignment)], schema=schema)
    return AssignedRows(extended, assignment.to_wgs84), assignment


def _schema_with(schema: pa.Schema, target: AssignmentTarget) -> pa.Schema:
    for field in target.fields:
        if field.name in schema.names:
            raise FileError(
                "The input already has a column of this name.",
                code="column_taken",
                field=field.name,
                remedy="Rename or remove that column.",
            )
        schema = schema.append(field)
    return schema


def _skip_rows(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the batches after a number of rows."""
    for batch in batches:
        if rows < len(batch):
            yield batch.slice(rows) if rows else batch
        rows = max(0, rows - len(batch))


def _count_status(status: NDArray[np.int8]) -> list[int]:
    return list(np.bincount(status, minlength=len(STATUS_WORDS)).tolist())


def _list_refused(reasons: NDArray[np.uint8], before: int) -> bytes:
    """Return a CSV line for each refused row: row number in the file from 1, code and message of the reason."""
    return "".join(
        f"{before + row + 1},{RefusalReason(reasons[row]).code},{RefusalReason(reasons[row]).sentence}\n"
        for row in np.flatnonzero(reasons).tolist()
    ).encode()


def _run_settings(
    source: PointFile, output_format: Format, datum: str, identity: str, target: AssignmentTarget
) -> dict[str, Any]:
    state = source.path.stat()
    return {
        "input": [state.st_size, state.st_mtime_ns],
        "columns": [source.where.lon, source.where.lat, source.where.geometry, source.where.point],
        "format": str(output_format),
        "datum": datum,
        "layers": list(target.codes),
        "generation or polygons": identity,
        "version": [version("geogrid"), pa.__version__],
    }


def _summary(run: Run, out: Path, resumed: int) -> Summary:
    sums = np.sum([part.counts for part in run.checkpoints] or [[0] * len(STATUS_WORDS)], axis=0).tolist()
    refused = refused_path(out) if sums[-1] else None
    return Summary(sum(sums), dict(zip(STATUS_WORDS, sums, strict=True)), resumed, refused)
