"""CSV: its encoding and its lines."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What a spreadsheet takes for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Of a text that is too long its row is refused, and not the file.
csv.field_size_limit(2**31 - 1)


def read_csv_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    r"""Read CSV, with the number of the line on which each record ends, from 1.

    Parameters
    ----------
    content
        UTF-8, with or without a mark, or GB 18030 (which holds GBK whole).

    Raises
    ------
    FileError
        If it is neither, or where a line is no CSV.

    Examples
    --------
    >>> list(read_csv_rows("编码,姓名\n1,甲某\n".encode("gbk")))
    [(1, ['编码', '姓名']), (2, ['1', '甲某'])]
    """
    reader = csv.reader(io.StringIO(_decode(content), newline=""), strict=True)
    try:
        for fields in reader:
            yield reader.line_num, fields
    except csv.Error as error:
        raise FileError(f"Line {reader.line_num} is not CSV: {error}.", code="csv") from error


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileError("The text is neither UTF-8 nor GB 18030.", code="encoding", remedy="Save it as UTF-8.")


def guard_cell(text: str) -> str:
    """Return a text that a spreadsheet takes for a text: what would be a formula gets an apostrophe before it.

    Full-width signs, which an input method writes, begin formulas too.

    Examples
    --------
    >>> guard_cell("=HYPERLINK(1)"), guard_cell("＝1+1"), guard_cell("城市管理")
    ("'=HYPERLINK(1)", "'＝1+1", '城市管理')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
