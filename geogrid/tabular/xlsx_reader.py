"""Reader of one sheet of an untrusted XLSX workbook.

A workbook is a zip archive of XML files. Its unpacked size is checked before openpyxl parses it with defusedxml (no
entities). The dimensions that a sheet declares are ignored.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zipfile import ZipFile

from openpyxl import DEFUSEDXML
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils import column_index_from_string

from geogrid.errors import FileError, SetupError
from geogrid.safe_zip import ArchiveLimits, check_entries, read_chunks, translate_zip_errors
from geogrid.tabular.cell_parsing import is_filled

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

_ENTRIES: Final = 1_000
_RATIO: Final = 100
#: Parts that grow with the number of rows. openpyxl reads all other parts into objects, slowly, so these are limited.
_LARGE_PARTS: Final = ("xl/worksheets/", "xl/sharedStrings", "xl/media/")
_MAX_PART_BYTES: Final = 2**20
MAX_SHEETS: Final = 64
MAX_COLUMNS: Final = 256
_MERGED: Final = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})"')
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True, slots=True)
class TableLimits:
    """Limits of an untrusted table.

    Attributes
    ----------
    sheet_rows
        Rows of a sheet.
    unpacked_bytes
        Size of a workbook after unpacking.
    text_rows
        Rows of CSV and Parquet, or None for no limit.
    """

    sheet_rows: int
    unpacked_bytes: int
    text_rows: int | None


#: Limits of lists that are kept by hand; a sheet of 10,000 people unpacks to about 6 MiB.
LIST_LIMITS: Final = TableLimits(sheet_rows=50_000, unpacked_bytes=16 * 2**20, text_rows=50_000)
#: Limits of the records of a system, such as the incidents of several years.
RECORD_LIMITS: Final = TableLimits(sheet_rows=250_000, unpacked_bytes=256 * 2**20, text_rows=None)


def read_sheet_rows(
    content: bytes, sheet: str | None = None, limits: TableLimits = LIST_LIMITS
) -> list[tuple[int, tuple[object, ...]]]:
    """Return the rows of a sheet that are not empty, each with its row number from 1.

    The value of a cell that is merged over several rows is repeated in those rows that have other values.

    Parameters
    ----------
    content
        The .xlsx file. The value of a formula is the last one saved.
    sheet
        The name of a sheet; by default the first visible one.
    limits
        Limits of the workbook.

    Returns
    -------
    list of tuple
        Row numbers and cells: str, int, float, bool, date and time values as openpyxl returns them.

    Raises
    ------
    FileError
        If the file is not a workbook, is damaged or too large, or has no such sheet.
    """
    _check_kind(content)
    _check_archive(content, limits)
    if not DEFUSEDXML:
        raise SetupError("openpyxl runs without defusedxml.", code="defusedxml", remedy="Run: pip install defusedxml")
    try:
        with warnings.catch_warnings():
            # Warnings about unknown styles and extensions, which are not read here.
            warnings.simplefilter("ignore")
            chosen = _choose_sheet(_open_sheets(content), sheet)
            return _fill_merged(_filled_rows(chosen, limits.sheet_rows), _read_merged(chosen))
    except FileError:
        raise
    except Exception as error:  # openpyxl raises any type of error on a broken workbook
        raise FileError(
            "The workbook is damaged.", code="xlsx_damaged", remedy="Open it and save it again as .xlsx or as CSV."
        ) from error


class _Reader(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
    def read_worksheets(self) -> None:
        # openpyxl opens every sheet, and many sheets may refer to the same large part.
        if len(self.parser.sheets) > MAX_SHEETS:
            raise FileError(f"The workbook has more than {MAX_SHEETS} sheets.", code="too_large")
        super().read_worksheets()


def _open_sheets(content: bytes) -> list[ReadOnlyWorksheet]:
    reader = _Reader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    reader.read()
    sheets: list[ReadOnlyWorksheet] = reader.wb.worksheets
    return sheets


def _choose_sheet(sheets: list[ReadOnlyWorksheet], name: str | None) -> ReadOnlyWorksheet:
    matching = [sheet for sheet in sheets if (sheet.title == name if name else sheet.sheet_state == "visible")]
    if not matching:
        raise FileError(
            "The workbook has no sheet of this name.",
            code="sheet_unknown",
            field="sheet",
            remedy="Give the name on its tab.",
        )
    return matching[0]


@dataclass(frozen=True, slots=True)
class _MergedCell:
    """The first column of a merged range, from 0, and its last row, from 1."""

    column: int
    last_row: int


def _read_merged(sheet: ReadOnlyWorksheet) -> dict[int, list[_MergedCell]]:
    """Return the ranges merged over several rows, by first row. openpyxl does not read them in this mode."""
    merged: dict[int, list[_MergedCell]] = {}
    with sheet.parent._archive.open(sheet._worksheet_path) as part:  # noqa: SLF001 - there is no public way
        for column, first, last in _MERGED.findall(part.read()):
            if int(last) > int(first):
                cell = _MergedCell(column_index_from_string(column.decode()) - 1, int(last))
                merged.setdefault(int(first), []).append(cell)
    return merged


def _fill_merged(
    rows: list[tuple[int, tuple[object, ...]]], merged: dict[int, list[_MergedCell]]
) -> list[tuple[int, tuple[object, ...]]]:
    if not merged:
        return rows
    filled = []
    current: dict[int, tuple[int, object]] = {}
    for number, cells in rows:
        current = {column: (last, value) for column, (last, value) in current.items() if last >= number}
        values = list(cells)
        for column, (_, value) in current.items():
            if column < len(values) and not is_filled(values[column]):
                values[column] = value
        for cell in merged.get(number, ()):
            if cell.column < len(cells):
                current[cell.column] = (cell.last_row, cells[cell.column])
        filled.append((number, tuple(values)))
    return filled


def _filled_rows(sheet: ReadOnlyWorksheet, max_rows: int) -> list[tuple[int, tuple[object, ...]]]:
    # The declared dimensions may be wrong. A row with a high number is preceded by that many empty rows.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=max_rows + 1, max_col=MAX_COLUMNS, values_only=True)
    filled = [(number, tuple(cells)) for number, cells in enumerate(rows, start=1) if any(map(is_filled, cells))]
    if filled and filled[-1][0] > max_rows:
        raise FileError(f"The sheet has more than {max_rows:,} rows.", code="too_large", remedy="Split it.")
    return filled


def _check_kind(content: bytes) -> None:
    if content.startswith(_OLE):
        raise FileError(
            "The file is an old .xls workbook or has a password.",
            code="xls",
            remedy="Save it as .xlsx without a password or as CSV.",
        )
    if not content.startswith(_ZIP):
        raise FileError("The file is not an .xlsx workbook.", code="xlsx", remedy="Save it as .xlsx or as CSV.")


def _check_archive(content: bytes, limits: TableLimits) -> None:
    archive = ArchiveLimits(_ENTRIES, limits.unpacked_bytes, _RATIO, ratio_free_bytes=2**20)
    with translate_zip_errors(), ZipFile(io.BytesIO(content)) as opened:
        check_entries(opened.infolist(), archive)
        budget = archive.budget(len(content))
        for entry in opened.infolist():
            limit = budget if entry.filename.startswith(_LARGE_PARTS) else min(budget, _MAX_PART_BYTES)
            budget -= sum(len(chunk) for chunk in read_chunks(opened, entry, limit))
