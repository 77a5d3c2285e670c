"""XLSX: the cells of one sheet, out of a workbook that nobody trusts.

A workbook is a zip archive of XML. What comes out of the archive is counted before anything reads it, openpyxl parses
with defusedxml (no entities), and what a sheet says of its own size is not believed.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Final
from zipfile import ZipFile

from openpyxl import DEFUSEDXML
from openpyxl.reader.excel import ExcelReader

from geogrid.errors import FileError, SetupError
from geogrid.safe_zip import ArchiveLimits, check_entries, chunks, clear_damage

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

#: Ten thousand people are about 6 MiB.
_LIMITS: Final = ArchiveLimits(entries=1_000, unpacked_bytes=16 * 2**20, ratio=100, ratio_free_bytes=2**20)
#: Parts that grow with the people; of all others openpyxl makes objects, slowly.
_LARGE_PARTS: Final = ("xl/worksheets/", "xl/sharedStrings", "xl/media/")
_MAX_PART_BYTES: Final = 2**20
MAX_SHEETS: Final = 64
MAX_ROWS: Final = 50_000
MAX_COLUMNS: Final = 256
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")


def sheet_lines(content: bytes, sheet: str | None = None) -> list[tuple[int, tuple[object, ...]]]:
    """Read the rows of a sheet that are not empty, with their numbers, from 1.

    Parameters
    ----------
    content
        An .xlsx file. A formula counts as the value that was last saved.
    sheet
        The name of a sheet; by default the first that is not hidden.

    Returns
    -------
    list of tuple
        Numbers and cells: texts, whole and other numbers, dates, times and truths as openpyxl gives them.

    Raises
    ------
    FileError
        If it is no workbook, damaged, hostile or too large, or has no such sheet.
    """
    _check_kind(content)
    _check_archive(content)
    if not DEFUSEDXML:
        raise SetupError("openpyxl does not parse with defusedxml.", code="defusedxml", remedy="Install it.")
    try:
        with warnings.catch_warnings():
            # Of styles and extensions that it does not know: nothing that is read here.
            warnings.simplefilter("ignore")
            return _lines(_choose(_open(content), sheet))
    except FileError:
        raise
    except Exception as error:  # a broken workbook may fail openpyxl in any way
        raise FileError(
            "The workbook is damaged.", code="xlsx_damaged", remedy="Open it and save it again as .xlsx, or as CSV."
        ) from error


class _Reader(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
    def read_worksheets(self) -> None:
        # Each is looked into when the workbook is opened, and many may be one and the same.
        if len(self.parser.sheets) > MAX_SHEETS:
            raise FileError(f"The workbook has more than {MAX_SHEETS} sheets.", code="too_large")
        super().read_worksheets()


def _open(content: bytes) -> list[ReadOnlyWorksheet]:
    reader = _Reader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    reader.read()
    sheets: list[ReadOnlyWorksheet] = reader.wb.worksheets
    return sheets


def _choose(sheets: list[ReadOnlyWorksheet], name: str | None) -> ReadOnlyWorksheet:
    wanted = [sheet for sheet in sheets if (sheet.title == name if name else sheet.sheet_state == "visible")]
    if not wanted:
        raise FileError(
            "The workbook has no such sheet.", code="sheet_unknown", field="sheet", remedy="Give the name on its tab."
        )
    return wanted[0]


def _lines(sheet: ReadOnlyWorksheet) -> list[tuple[int, tuple[object, ...]]]:
    # A sheet may say that it has a million rows, or none; and a row of a high number comes after as many empty ones.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS, values_only=True)
    found = [(number, tuple(cells)) for number, cells in enumerate(rows, start=1) if any(map(_is_filled, cells))]
    if found and found[-1][0] > MAX_ROWS:
        raise FileError(f"The sheet has more than {MAX_ROWS:,} rows.", code="too_large", remedy="Divide it.")
    return found


def _is_filled(cell: object) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _check_kind(content: bytes) -> None:
    if content.startswith(_OLE):
        raise FileError(
            "The file is an old .xls, or a workbook with a password.",
            code="xls",
            remedy="Save it as .xlsx without a password, or as CSV.",
        )
    if not content.startswith(_ZIP):
        raise FileError("The file is no .xlsx workbook.", code="xlsx", remedy="Save it as .xlsx, or as CSV.")


def _check_archive(content: bytes) -> None:
    with clear_damage(), ZipFile(io.BytesIO(content)) as opened:
        check_entries(opened.infolist(), _LIMITS)
        budget = _LIMITS.budget(len(content))
        for entry in opened.infolist():
            most = budget if entry.filename.startswith(_LARGE_PARTS) else min(budget, _MAX_PART_BYTES)
            budget -= sum(len(chunk) for chunk in chunks(opened, entry, most))
