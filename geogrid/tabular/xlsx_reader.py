"""Reader of one sheet of an untrusted XLSX workbook.

A workbook is a zip archive of XML files. Its unpacked size is checked before openpyxl parses it with defusedxml (no
entities). The dimensions that a sheet declares are ignored.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Final
from zipfile import ZipFile

from openpyxl import DEFUSEDXML
from openpyxl.reader.excel import ExcelReader

from geogrid.errors import FileError, SetupError
from geogrid.safe_zip import ArchiveLimits, check_entries, read_chunks, translate_zip_errors

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

#: For comparison: a sheet of 10,000 people unpacks to about 6 MiB.
_LIMITS: Final = ArchiveLimits(entries=1_000, unpacked_bytes=16 * 2**20, ratio=100, ratio_free_bytes=2**20)
#: Parts that grow with the number of rows. openpyxl reads all other parts into objects, slowly, so these are limited.
_LARGE_PARTS: Final = ("xl/worksheets/", "xl/sharedStrings", "xl/media/")
_MAX_PART_BYTES: Final = 2**20
MAX_SHEETS: Final = 64
MAX_ROWS: Final = 50_000
MAX_COLUMNS: Final = 256
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")


def read_sheet_rows(content: bytes, sheet: str | None = None) -> list[tuple[int, tuple[object, ...]]]:
    """Return the rows of a sheet that are not empty, each with its row number from 1.

    Parameters
    ----------
    content
        The .xlsx file. The value of a formula is the last one saved.
    sheet
        The name of a sheet; by default the first visible one.

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
    _check_archive(content)
    if not DEFUSEDXML:
        raise SetupError("openpyxl runs without defusedxml.", code="defusedxml", remedy="Run: pip install defusedxml")
    try:
        with warnings.catch_warnings():
            # Warnings about unknown styles and extensions, which are not read here.
            warnings.simplefilter("ignore")
            return _filled_rows(_choose_sheet(_open_sheets(content), sheet))
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


def _filled_rows(sheet: ReadOnlyWorksheet) -> list[tuple[int, tuple[object, ...]]]:
    # The declared dimensions may be wrong. A row with a high number is preceded by that many empty rows.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS, values_only=True)
    filled = [(number, tuple(cells)) for number, cells in enumerate(rows, start=1) if any(map(_is_filled, cells))]
    if filled and filled[-1][0] > MAX_ROWS:
        raise FileError(f"The sheet has more than {MAX_ROWS:,} rows.", code="too_large", remedy="Split it.")
    return filled


def _is_filled(cell: object) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _check_kind(content: bytes) -> None:
    if content.startswith(_OLE):
        raise FileError(
            "The file is an old .xls workbook or has a password.",
            code="xls",
            remedy="Save it as .xlsx without a password or as CSV.",
        )
    if not content.startswith(_ZIP):
        raise FileError("The file is not an .xlsx workbook.", code="xlsx", remedy="Save it as .xlsx or as CSV.")


def _check_archive(content: bytes) -> None:
    with translate_zip_errors(), ZipFile(io.BytesIO(content)) as opened:
        check_entries(opened.infolist(), _LIMITS)
        budget = _LIMITS.budget(len(content))
        for entry in opened.infolist():
            limit = budget if entry.filename.startswith(_LARGE_PARTS) else min(budget, _MAX_PART_BYTES)
            budget -= sum(len(chunk) for chunk in read_chunks(opened, entry, limit))
