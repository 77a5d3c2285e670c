"""An empty list of people, for an office to fill in."""

from __future__ import annotations

import csv
import io

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from geogrid.people.columns import COLUMNS
from geogrid.people.files import PeopleFormat

# Excel keeps what is typed into columns of this format as it is: codes, telephone numbers, days.
_TEXT = "@"
_WIDTH = 18


def build_template(file_format: PeopleFormat) -> bytes:
    """Return a file with the headers alone.

    Returns
    -------
    bytes
        CSV in UTF-8 with a mark, by which Excel knows it; or a workbook whose columns take text.

    Examples
    --------
    >>> build_template(PeopleFormat.CSV).decode("utf-8-sig").strip()
    '图层,网格编码,职务,姓名,职务名称,单位,电话,生效日期,截止日期'
    """
    header = [names[0] for names in COLUMNS.values()]
    return _csv(header) if file_format is PeopleFormat.CSV else _workbook(header)


def _csv(header: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(header)
    return text.getvalue().encode("utf-8-sig")


def _workbook(header: list[str]) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.append(header)
    for number in range(1, len(header) + 1):
        column = sheet.column_dimensions[get_column_letter(number)]
        column.number_format, column.width = _TEXT, _WIDTH
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
