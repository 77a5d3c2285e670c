"""Reading of lists of people from CSV and XLSX files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.people.column_aliases import (
    COLUMNS,
    MAX_HEADER_ROW,
    REQUIRED,
    match_fields,
    missing_fields,
    normalize_header,
)
from geogrid.tabular.csv_format import read_csv_rows
from geogrid.tabular.row_model import TableRow
from geogrid.tabular.xlsx_reader import MAX_ROWS, read_sheet_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Key of the cells of a row beyond those of the header, for which the row is refused.
EXTRA_CELLS: Final = "\0"


class PeopleFormat(StrEnum):
    """File format of a list of people."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class PeopleList:
    """The rows of a file.

    Attributes
    ----------
    rows
        Values by field (`geogrid.people.column_aliases.COLUMNS`), without empty rows.
    unknown_columns
        Positions, from 1, of ignored columns with an unknown header.
    """

    rows: list[TableRow]
    unknown_columns: list[int]


def read_people_list(content: bytes, file_format: PeopleFormat, *, sheet: str | None = None) -> PeopleList:
    r"""Return the rows of a list of people.

    Parameters
    ----------
    content
        Content of the file. CSV is UTF-8 or GB 18030.
    file_format
        Format of the file.
    sheet
        Name of the sheet of a workbook; by default the first visible one.

    Raises
    ------
    FileError
        If the content does not have this format, is too long, or lacks a required column.

    Examples
    --------
    >>> text = "某街道网格员名单\n编码,岗位,姓名,起\n140213051001001,网格长,甲某,2026-03-01\n"
    >>> read_people_list(text.encode(), PeopleFormat.CSV).rows[0].values["duty"]
    '网格长'
    """
    lines = _read_csv_cells(content, sheet) if file_format is PeopleFormat.CSV else read_sheet_rows(content, sheet)
    fewest_missing: list[str] = list(REQUIRED)
    for index, (_, cells) in enumerate(lines):
        missing = missing_fields(cells)
        fewest_missing = min(fewest_missing, missing, key=len)
        if not missing:
            fields = match_fields(cells)
            unknown = [
                column
                for column, cell in enumerate(cells, start=1)
                if normalize_header(cell) and not fields[column - 1]
            ]
            return PeopleList([_build_row(number, fields, rest) for number, rest in lines[index + 1 :]], unknown)
        if index + 1 == MAX_HEADER_ROW:
            break
    raise _header_error(fewest_missing)


def _read_csv_cells(content: bytes, sheet: str | None) -> list[tuple[int, tuple[object, ...]]]:
    if sheet is not None:
        raise FileError("A CSV file has no sheets.", code="sheet_unknown", field="sheet", remedy="Omit the sheet.")
    return list(_limit_rows(content))


def _limit_rows(content: bytes) -> Iterator[tuple[int, tuple[object, ...]]]:
    filled = ((number, tuple(fields)) for number, fields in read_csv_rows(content) if any(map(str.strip, fields)))
    for count, line in enumerate(filled, start=1):
        if count > MAX_ROWS:
            raise FileError(
                f"The file has more than {MAX_ROWS:,} rows.", code="too_large", remedy="Split it into several files."
            )
        yield line


def _build_row(number: int, fields: Sequence[str | None], cells: Sequence[object]) -> TableRow:
    values = {field: cell for field, cell in zip(fields, cells, strict=False) if field}
    return TableRow(number, {**values, EXTRA_CELLS: [cell for cell in cells[len(fields) :] if cell not in {None, ""}]})


def _header_error(missing: Sequence[str]) -> FileError:
    names = ", ".join(f"{COLUMNS[field][0]} ({field})" for field in missing)
    return FileError(
        f"No header was found in the first {MAX_HEADER_ROW} rows; missing: {names}.",
        code="column_missing",
        field=missing[0],
        remedy="geogrid people template writes an example.",
    )
