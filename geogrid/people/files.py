"""Lists of people from files: CSV and XLSX."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.people.columns import COLUMNS, MAX_HEADER_ROW, REQUIRED, match_fields, missing_fields, normalize_header
from geogrid.tabular.delimited import read_csv_rows
from geogrid.tabular.table_rows import TableRow
from geogrid.tabular.workbook import MAX_ROWS, read_sheet_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Under this name a row keeps cells past those of the header, until it is refused for them.
EXTRA_CELLS: Final = "\0"


class PeopleFormat(StrEnum):
    """A format that lists of people are read from."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class PeopleList:
    """A list as it stands in a file.

    Attributes
    ----------
    rows
        With values by field, see `geogrid.people.columns.COLUMNS`; empty rows are left out.
    unknown_columns
        The columns, from 1, whose header is not known: left alone, and named so that a slip of the pen is seen.
    """

    rows: list[TableRow]
    unknown_columns: list[int]


def read_people_list(content: bytes, file_format: PeopleFormat, *, sheet: str | None = None) -> PeopleList:
    r"""Read a list of people.

    Parameters
    ----------
    content
        The file's bytes. CSV is UTF-8 or GB 18030.
    file_format
        What it is.
    sheet
        The sheet of a workbook; by default the first that is not hidden.

    Raises
    ------
    FileError
        If it is something else, too long, or lacks a required column.

    Examples
    --------
    >>> text = "某街道网格员名单\n编码,岗位,姓名,起\n140213051001001,网格长,甲某,2026-03-01\n"
    >>> read_people_list(text.encode(), PeopleFormat.CSV).rows[0].values["duty"]
    '网格长'
    """
    lines = _csv_cells(content, sheet) if file_format is PeopleFormat.CSV else read_sheet_rows(content, sheet)
    best: list[str] = list(REQUIRED)
    for place, (_, cells) in enumerate(lines):
        missing = missing_fields(cells)
        best = min(best, missing, key=len)
        if not missing:
            fields = match_fields(cells)
            unknown = [
                column
                for column, cell in enumerate(cells, start=1)
                if normalize_header(cell) and not fields[column - 1]
            ]
            return PeopleList([_row(number, fields, rest) for number, rest in lines[place + 1 :]], unknown)
        if place + 1 == MAX_HEADER_ROW:
            break
    raise _no_header(best)


def _csv_cells(content: bytes, sheet: str | None) -> list[tuple[int, tuple[object, ...]]]:
    if sheet is not None:
        raise FileError("A CSV file has no sheets.", code="sheet_unknown", field="sheet", remedy="Leave it out.")
    return list(_bounded(content))


def _bounded(content: bytes) -> Iterator[tuple[int, tuple[object, ...]]]:
    filled = ((number, tuple(fields)) for number, fields in read_csv_rows(content) if any(map(str.strip, fields)))
    for count, line in enumerate(filled, start=1):
        if count > MAX_ROWS:
            raise FileError(f"The file has more than {MAX_ROWS:,} rows.", code="too_large", remedy="Divide it.")
        yield line


def _row(number: int, fields: Sequence[str | None], cells: Sequence[object]) -> TableRow:
    values = {field: cell for field, cell in zip(fields, cells, strict=False) if field}
    return TableRow(number, {**values, EXTRA_CELLS: [cell for cell in cells[len(fields) :] if cell not in {None, ""}]})


def _no_header(missing: Sequence[str]) -> FileError:
    names = ", ".join(f"{COLUMNS[field][0]} ({field})" for field in missing)
    return FileError(
        f"No header was found in the first {MAX_HEADER_ROW} rows; missing: {names}.",
        code="column_missing",
        field=missing[0],
        remedy="See: geogrid people template.",
    )
