"""An empty list of people to fill in."""

from __future__ import annotations

import csv
import io

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from geogrid.errors import FileError
from geogrid.people.people_columns import PEOPLE_COLUMNS
from geogrid.tabular.table_reader import TabularFormat

# In text columns Excel does not convert codes, phone numbers and dates.
_TEXT = "@"
_WIDTH = 18


def build_template(file_format: TabularFormat) -> bytes:
    """Return a file that contains only the header.

    Returns
    -------
    bytes
        CSV in UTF-8 with a byte order mark for Excel, or a workbook with text columns.

    Raises
    ------
    FileError
        If the format is Parquet.

    Examples
    --------
    >>> build_template(TabularFormat.CSV).decode("utf-8-sig").strip()
    '图层,网格编码,职务,姓名,职务名称,单位,电话,生效日期,截止日期'
    """
    header = [names[0] for names in PEOPLE_COLUMNS.names.values()]
    if file_format is TabularFormat.PARQUET:
        raise FileError("A template is a list to fill in.", code="file_format", remedy="Use .csv or .xlsx.")
    return _write_csv(header) if file_format is TabularFormat.CSV else _write_workbook(header)


def _write_csv(header: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(header)
    return text.getvalue().encode("utf-8-sig")


def _write_workbook(header: list[str]) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.append(header)
    for position in range(1, len(header) + 1):
        column = sheet.column_dimensions[get_column_letter(position)]
        column.number_format, column.width = _TEXT, _WIDTH
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
