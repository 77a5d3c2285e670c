"""Reader of the tables of all importers: CSV, XLSX and Parquet, with the rows by the known columns of a list."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.tabular.cell_parsing import is_filled, unguard_cell
from geogrid.tabular.column_mapping import NO_MAPPING, ColumnMapping
from geogrid.tabular.csv_format import read_csv_rows
from geogrid.tabular.known_columns import clean_name, missing_error, normalize_header
from geogrid.tabular.row_model import LeftOutRow, TableRow
from geogrid.tabular.xlsx_reader import LIST_LIMITS, TableLimits, read_sheet_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from geogrid.tabular.known_columns import KnownColumns

    Line = tuple[int, Sequence[object]]

#: Last filled row in which the header is looked for, since a title and notes may precede it.
MAX_HEADER_ROW: Final = 10
#: Key of the cells of a row beyond those of the header, for which the row is refused.
EXTRA_CELLS: Final = "\0"
#: A code, number or time: printable ASCII without blanks.
_CODE: Final = re.compile(r"[!-~]+")
_BATCH_ROWS: Final = 10_000


class TabularFormat(StrEnum):
    """File format of a table."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"

    @classmethod
    def of_file(cls, path: Path) -> TabularFormat:
        """Return the format of a file by its suffix.

        Raises
        ------
        FileError
            If the suffix is unknown.
        """
        try:
            return cls(path.suffix.lower().removeprefix("."))
        except ValueError as error:
            raise FileError(
                "The file name suffix is unknown.", code="file_format", remedy="Use .csv, .xlsx or .parquet."
            ) from error


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Options of the caller for reading a table.

    Attributes
    ----------
    mapping
        Columns and values of a mapping file.
    sheet
        Name of the sheet of a workbook; by default the first visible one.
    limits
        Limits of the size of the file.
    """

    mapping: ColumnMapping = NO_MAPPING
    sheet: str | None = None
    limits: TableLimits = LIST_LIMITS


DEFAULT_OPTIONS: Final = ReadOptions()


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file.

    Attributes
    ----------
    rows
        Values by field, without empty rows; read once, in order.
    unknown_columns
        Positions, from 1, of ignored columns.
    left_out
        The rows that are no records, such as notes below the list; complete after the last row has been read.
    """

    rows: Iterator[TableRow]
    unknown_columns: list[int]
    left_out: list[LeftOutRow] = field(default_factory=list)


def read_table(
    content: bytes, file_format: TabularFormat, columns: KnownColumns, options: ReadOptions = DEFAULT_OPTIONS
) -> Table:
    r"""Return the rows of a table.

    Parameters
    ----------
    content
        Content of the file. CSV is UTF-8 or GB 18030, separated by commas, semicolons or tabs.
    file_format
        Format of the file.
    columns
        The columns of the list; others are ignored.
    options
        Mapping, sheet and limits.

    Raises
    ------
    FileError
        If the content does not have this format, is too long, or lacks a required column.

    Examples
    --------
    >>> from geogrid.tabular.known_columns import KnownColumns
    >>> columns = KnownColumns({"code": ("编码",), "people": ("人口",)}, (("code",), ("people",)))
    >>> table = read_table("某街道\n编码;人 口\n1402;7\n制表：某人\n".encode("gbk"), TabularFormat.CSV, columns)
    >>> [dict(row.values) for row in table.rows], [row.number for row in table.left_out]
    ([{'code': '1402', 'people': '7'}], [4])
    """
    if file_format is TabularFormat.PARQUET:
        return _read_parquet(content, columns, options)
    lines = _read_lines(content, file_format, options)
    first = list(islice(lines, MAX_HEADER_ROW))
    for index, (_, cells) in enumerate(first):
        fields = _match_header(columns, cells, options.mapping)
        if not columns.missing(fields):
            return _build_table(cells, fields, chain(first[index + 1 :], lines), options.mapping)
    header = _likely_header(columns, [cells for _, cells in first], options.mapping)
    raise missing_error(columns, columns.missing(columns.match(header, options.mapping.columns)), header)


def map_values(
    values: Mapping[str, object], columns: KnownColumns, mapping: ColumnMapping = NO_MAPPING
) -> dict[str, object]:
    """Return the values of a record by field; members with unknown names are ignored.

    Examples
    --------
    >>> from geogrid.tabular.known_columns import KnownColumns
    >>> map_values({"编码": 7, "备注": "x"}, KnownColumns({"code": ("编码",)}, ()))
    {'code': 7}
    """
    fields = columns.match(list(values), {known: name for known, name in mapping.columns.items() if name in values})
    return {known: mapping.translate(known, cell) for known, cell in zip(fields, values.values(), strict=True) if known}


def _match_header(columns: KnownColumns, cells: Sequence[object], mapping: ColumnMapping) -> list[str | None]:
    """Return the fields of a row, none if it lacks a column of the mapping."""
    names = {normalize_header(cell) for cell in cells}
    mapped = {normalize_header(name) for name in mapping.columns.values()}
    return columns.match(cells, mapping.columns) if mapped <= names else []


def _likely_header(columns: KnownColumns, rows: Sequence[Sequence[object]], mapping: ColumnMapping) -> Sequence[object]:
    """Return the row with the fewest missing columns, among these the row with the most cells."""

    def missing(cells: Sequence[object]) -> tuple[int, int]:
        return len(columns.missing(_match_header(columns, cells, mapping))), -sum(map(is_filled, cells))

    return min(rows, key=missing, default=())


def _read_lines(content: bytes, file_format: TabularFormat, options: ReadOptions) -> Iterator[Line]:
    if file_format is TabularFormat.XLSX:
        yield from _clean_lines(read_sheet_rows(content, options.sheet, options.limits))
        return
    if options.sheet is not None:
        raise FileError("A CSV file has no sheets.", code="sheet_unknown", field="sheet", remedy="Omit the sheet.")
    yield from _limit_lines(_clean_lines(read_csv_rows(content)), options.limits.text_rows)


def _clean_lines(lines: Iterable[Line]) -> Iterator[Line]:
    for number, cells in lines:
        if any(is_filled(cell) for cell in cells):
            yield number, [unguard_cell(cell) for cell in cells]


def _limit_lines(lines: Iterable[Line], rows: int | None) -> Iterator[Line]:
    for count, line in enumerate(lines, start=1):
        if rows is not None and count > rows:
            raise _rows_error(rows)
        yield line


def _rows_error(rows: int) -> FileError:
    return FileError(f"The file has more than {rows:,} rows.", code="too_large", remedy="Split it into several files.")


def _build_table(
    header: Sequence[object], fields: Sequence[str | None], lines: Iterable[Line], mapping: ColumnMapping
) -> Table:
    left_out: list[LeftOutRow] = []
    return Table(_build_rows(header, fields, lines, mapping, left_out), _unknown(header, fields), left_out)


def _unknown(header: Sequence[object], fields: Sequence[str | None]) -> list[int]:
    return [
        place
        for place, (cell, known) in enumerate(zip(header, fields, strict=True), start=1)
        if not known and normalize_header(cell)
    ]


def _build_rows(
    header: Sequence[object],
    fields: Sequence[str | None],
    lines: Iterable[Line],
    mapping: ColumnMapping,
    left_out: list[LeftOutRow],
) -> Iterator[TableRow]:
    for number, cells in lines:
        if _is_record(header, fields, cells):
            values = {
                known: mapping.translate(known, cell) for known, cell in zip(fields, cells, strict=False) if known
            }
            extra = [cell for cell in cells[len(fields) :] if is_filled(cell)]
            yield TableRow(number, {**values, EXTRA_CELLS: extra} if extra else values)
        else:
            left_out.append(LeftOutRow(number, clean_name(next(cell for cell in cells if is_filled(cell)))))


def _is_record(header: Sequence[object], fields: Sequence[str | None], cells: Sequence[object]) -> bool:
    """Return whether a row is neither a note, nor a repeated header, nor only a serial number."""
    filled = [place for place, cell in enumerate(cells) if is_filled(cell)]
    known = [place for place in filled if place >= len(fields) or fields[place]]
    if not known or (len(known) > 1 and all(cells[place] == header[place] for place in known if place < len(header))):
        return False
    return len(filled) > 1 or not _is_note(cells[filled[0]], filled[0])


def _is_note(cell: object, place: int) -> bool:
    """Return whether the only filled cell of a row is a note: text in the first column or with a colon, no code."""
    if not isinstance(cell, str) or _CODE.fullmatch(cell.strip()) or not any(sign.isalpha() for sign in cell):
        return False
    return place == 0 or ":" in cell or "：" in cell


def _read_parquet(content: bytes, columns: KnownColumns, options: ReadOptions) -> Table:
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    from geogrid.tabular.arrow_buffers import owned_buffer  # noqa: PLC0415

    if options.sheet is not None:
        raise FileError("A Parquet file has no sheets.", code="sheet_unknown", field="sheet", remedy="Omit the sheet.")
    try:
        file = pq.ParquetFile(owned_buffer(content))
    except (pa.ArrowException, OSError) as error:
        raise FileError("The file is not Parquet.", code="parquet") from error
    header = file.schema_arrow.names
    fields = columns.match(header, options.mapping.columns)
    missing = columns.missing(fields)
    if missing:
        raise missing_error(columns, missing, header)
    limit = options.limits.text_rows
    if limit is not None and file.metadata.num_rows > limit:
        raise _rows_error(limit)
    known = {name: column for name, column in zip(header, fields, strict=True) if column}

    def rows() -> Iterator[TableRow]:
        number = 0
        try:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=list(known)):
                for record in batch.to_pylist():
                    number += 1
                    yield TableRow(
                        number,
                        {known[name]: options.mapping.translate(known[name], cell) for name, cell in record.items()},
                    )
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            # A damaged page, text that is not UTF-8, or a time out of Python's range.
            raise FileError(f"The values after row {number} cannot be read.", code="parquet") from error

    return Table(rows(), _unknown(header, fields))
