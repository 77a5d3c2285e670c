"""Writing of XLSX workbooks row by row, with cells that are never formulas, and a sheet with the provenance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from geogrid.model.provenance import SHEET_TITLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike
    from typing import BinaryIO

    from geogrid.model.provenance import Provenance

#: Rows of a sheet, the header included.
MAX_SHEET_ROWS: Final = 1_048_576
_WIDTH: Final = 20
_WIDE: Final = 80
#: First characters of formulas and of error values, which openpyxl would not write as text.
_NOT_TEXT: Final = ("=", "#")


class WorkbookWriter:
    """A workbook that is written row by row, so that its size in memory does not grow with the rows."""

    def __init__(self) -> None:
        self._book = Workbook(write_only=True)

    def add_sheet(
        self, title: str, header: Sequence[str], rows: Iterable[Iterable[object]], lines: Sequence[str] = ()
    ) -> None:
        """Add a sheet.

        Parameters
        ----------
        title
            Name of the sheet.
        header, rows
            The names of the columns, and the rows. Text stays text, codes of digits included.
        lines
            Lines above the header; the first is bold.
        """
        sheet = self._book.create_sheet(title)
        for number in range(1, len(header) + 1):
            sheet.column_dimensions[get_column_letter(number)].width = _WIDTH
        sheet.freeze_panes = f"A{len(lines) + 2}"
        for line in lines[:1]:
            sheet.append([_bold_cell(sheet, line)])
        for line in lines[1:]:
            sheet.append([_text_cell(sheet, line)])
        sheet.append([_bold_cell(sheet, name) for name in header])
        for row in rows:
            sheet.append([_text_cell(sheet, cell) if isinstance(cell, str) else cell for cell in row])

    def add_provenance(self, provenance: Provenance) -> None:
        """Add the sheet 说明 (About) with the provenance, one part a row."""
        sheet = self._book.create_sheet(SHEET_TITLES[provenance.language])
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = _WIDTH, _WIDE
        for label, value in provenance.columns().items():
            sheet.append([_bold_cell(sheet, label), _text_cell(sheet, value)])

    def save(self, out: str | PathLike[str] | BinaryIO) -> None:
        """Write the workbook."""
        self._book.save(out)


def _text_cell(sheet: Any, text: str) -> Any:  # noqa: ANN401 - openpyxl has no types
    # openpyxl refuses characters that XML does not permit.
    printable = text if text.isprintable() else "".join(sign if sign.isprintable() else " " for sign in text)
    if not printable.startswith(_NOT_TEXT):
        return printable
    cell = WriteOnlyCell(sheet, printable)
    cell.data_type = "s"
    return cell


def _bold_cell(sheet: Any, text: str) -> Any:  # noqa: ANN401 - openpyxl has no types
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.font = Font(bold=True)
    return cell
