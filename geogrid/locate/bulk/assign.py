"""The grids of all points of a table or a file."""

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
from geogrid.locate.bulk.point_columns import check_crs, find_columns, read_columns
from geogrid.locate.bulk.readers import BATCH_ROWS, open_source
from geogrid.locate.bulk.refusal_codes import RefusalReason
from geogrid.locate.bulk.writers import AssignedRows, Writer, open_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from numpy.typing import NDArray

    from geogrid.locate.bulk.assignment_target import AssignmentTarget, GridAssignment
    from geogrid.locate.bulk.checkpoint import Run
    from geogrid.locate.bulk.point_columns import PointColumnNames
    from geogrid.locate.bulk.readers import PointFile

#: Parts that are made at the same time, and so held in memory.
_THREADS: Final = 2
_AHEAD: Final = 1


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the rows of a file.

    Attributes
    ----------
    rows
        How many there are.
    counts
        How many of each status; see `geogrid.locate.bulk.assignment_target.STATUS_WORDS`.
    resumed
        How many of the rows an interrupted run had done before.
    refused_file
        Where the refused rows are listed, or None if there are none.
    """

    rows: int
    counts: Mapping[str, int]
    resumed: int
    refused_file: Path | None


def assign_table(
    table: pa.Table, target: AssignmentTarget, *, datum: str, lon: str | None = None, lat: str | None = None
) -> pa.Table:
    """Add the codes and the status of each row's point to a table.

    Parameters
    ----------
    table
        Any columns; rows that cannot be located get the status ``refused`` and no codes.
    target
        What to ask, from `geogrid.locate.bulk.assignment_target`.
    datum
        The datum of the points, a canonical name.
    lon, lat
        The columns that hold them; by default those with usual names, or the geometry of GeoParquet.

    Raises
    ------
    FileError
        If the columns are not there, or if the table has a column of a name that is to be added.
    DatumError
        If its metadata name a projection, and `datum` is another one.

    Examples
    --------
    >>> import shapely
    >>> from geogrid.locate.bulk.assignment_target import polygon_target
    >>> from geogrid.locate.index import LayerIndex
    >>> target, _ = polygon_target(LayerIndex(["001"], [shapely.box(113, 40, 114, 41)]), "a square")
    >>> points = pa.table({"id": [7, 8, 9], "lng": ["113.5", "120", "?"], "lat": ["40.5", "40.5", "40.5"]})
    >>> found = assign_table(points, target, datum="wgs84")
    >>> found["code"].to_pylist(), found["status"].to_pylist()
    (['001', None, None], ['inside', 'outside', 'refused'])
    """
    where = find_columns(table.schema, lon, lat)
    check_crs(table.schema, where, datum)
    schema = _schema_with(table.schema, target)
    made = [_assign(batch, where, target, datum, schema)[0].batch for batch in table.to_batches(BATCH_ROWS)]
    return pa.Table.from_batches(made, schema)


def assign_file(
    path: Path,
    out: Path,
    target: AssignmentTarget,
    *,
    datum: str,
    lon: str | None = None,
    lat: str | None = None,
    identity: str = "",
    resume: bool = False,
    force: bool = False,
    tell: Callable[[int, int | None], None] = lambda _rows, _total: None,
    batch_rows: int | None = None,
) -> Summary:
    """Add the codes and the status of each row's point to a file, in bounded memory.

    `out` holds every row of the file in its order. Rows that cannot be located have the status ``refused`` and no
    codes, and are listed with their reasons beside it, in ``OUT.refused.csv``. It appears only when it is complete.

    Parameters
    ----------
    path, out
        Endings say the formats, which may differ.
    target
        What to ask.
    datum
        The datum of the points, a canonical name.
    lon, lat
        The columns that hold them.
    identity
        What `target` was made of: a run is continued only with the same.
    resume
        Continue an interrupted run.
    force
        Replace `out`.
    tell
        Called with the rows of each part that is done, and the number of all rows, or None where it is not known.
    batch_rows
        At most so many rows a part.

    Raises
    ------
    FileError
        If the file cannot be read, or lacks the columns.
    DatumError
        If it names a projection, and `datum` is another one.
    ConflictError
        If `out` is there already, or a run that is to be continued was another one.
    OSError
        If `out` cannot be written.
    """
    if path.resolve() == out.resolve():
        raise FileError(f"{out.name}: OUT is IN.", code="same_file", remedy="Choose another name.")
    found = find_format(out)
    small = {} if batch_rows is None else {"rows": batch_rows, "text_bytes": max(batch_rows * 64, 4_096)}
    source = open_source(path, lon=lon, lat=lat, **small)
    check_crs(source.schema, source.where, datum)
    schema = _schema_with(source.schema, target)
    writer = open_writer(found, schema, source.where)
    settings = _settings(source, found, datum, identity, target)
    with open_run(out, writer.head(), settings, resume=resume, force=force) as run:
        resumed = sum(done.rows for done in run.done)
        tell(resumed, source.rows)
        try:
            _run(source, target, datum, schema, writer, run, tell)
            writer.finish(run.end(writer.tail()))
        except InputError:
            # The input must be changed, so this run cannot be continued.
            run.discard()
            raise
        run.publish()
    return _summary(run, out, resumed)


def _run(
    source: PointFile,
    target: AssignmentTarget,
    datum: str,
    schema: pa.Schema,
    writer: Writer,
    run: Run,
    tell: Callable[[int, int | None], None],
) -> None:
    """Read, and let threads assign and encode some parts at once; what they have made is appended in order."""

    def make(batch: pa.RecordBatch) -> tuple[bytes | memoryview, GridAssignment]:
        rows, answers = _assign(batch, source.where, target, datum, schema)
        try:
            return writer.part(rows), answers
        except (pa.ArrowException, ValueError, OverflowError) as error:
            raise FileError("A value of the input cannot be written.", code="value") from error

    before = sum(done.rows for done in run.done)
    pending: deque[Future[tuple[bytes | memoryview, GridAssignment]]] = deque()
    pool = ThreadPoolExecutor(_THREADS)

    def take() -> None:
        nonlocal before
        part, answers = pending.popleft().result()
        refused = _refused_lines(answers.reasons, before)
        run.add(len(answers.status), _counts(answers.status), writer.between, part, refused)
        before += len(answers.status)
        tell(len(answers.status), source.rows)

    try:
        for batch in _after(source.batches(), before):
            pending.append(pool.submit(make, batch))
            if len(pending) > _THREADS + _AHEAD - 1:
                take()
        while pending:
            take()
    finally:
        pool.shutdown(cancel_futures=True)


def _assign(
    batch: pa.RecordBatch, where: PointColumnNames, target: AssignmentTarget, datum: str, schema: pa.Schema
) -> tuple[AssignedRows, GridAssignment]:
    answers = target.answer(read_columns(batch, where), datum)
    whole = pa.record_batch([*batch.columns, *target.columns(answers)], schema=schema)
    return AssignedRows(whole, answers.lon, answers.lat), answers


def _schema_with(schema: pa.Schema, target: AssignmentTarget) -> pa.Schema:
    for field in target.fields:
        if field.name in schema.names:
            raise FileError(
                "The input has a column of this name already.",
                code="column_taken",
                field=field.name,
                remedy="Rename it or leave it out.",
            )
        schema = schema.append(field)
    return schema


def _after(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Yield what comes after so many rows."""
    for batch in batches:
        if rows < len(batch):
            yield batch.slice(rows) if rows else batch
        rows = max(0, rows - len(batch))


def _counts(status: NDArray[np.int8]) -> list[int]:
    return list(np.bincount(status, minlength=len(STATUS_WORDS)).tolist())


def _refused_lines(reasons: NDArray[np.uint8], before: int) -> bytes:
    """Return a line for each refused row: its number in the file from 1, the code and the sentence."""
    return "".join(
        f"{before + row + 1},{RefusalReason(reasons[row]).code},{RefusalReason(reasons[row]).sentence}\n"
        for row in np.flatnonzero(reasons).tolist()
    ).encode()


def _settings(source: PointFile, found: Any, datum: str, identity: str, target: AssignmentTarget) -> dict[str, Any]:  # noqa: ANN401
    state = source.path.stat()
    return {
        "input": [state.st_size, state.st_mtime_ns],
        "columns": [source.where.lon, source.where.lat, source.where.geometry],
        "format": str(found),
        "datum": datum,
        "layers": list(target.codes),
        "generation or polygons": identity,
        "version": [version("geogrid"), pa.__version__],
    }


def _summary(run: Run, out: Path, resumed: int) -> Summary:
    sums = np.sum([done.counts for done in run.done] or [[0] * len(STATUS_WORDS)], axis=0).tolist()
    refused = refused_path(out) if sums[-1] else None
    return Summary(sum(sums), dict(zip(STATUS_WORDS, sums, strict=True)), resumed, refused)
