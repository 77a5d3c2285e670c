"""Reader and writer of CSV in UTF-8 or GB 18030, protected against spreadsheet formulas."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: Characters with which a spreadsheet formula can begin.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: Size from which a part of a written file is passed on.
_PART_CHARACTERS: Final = 2**16
#: The separators; of equally frequent ones the first.
_DELIMITERS: Final = (",", "\t", ";")
#: The first line with which Excel is told the separator.
_DECLARED: Final = re.compile(r"\ufeff?\"?sep=([,;\t])\"?[,;\t]*\r?\n", re.IGNORECASE)
_QUOTED: Final = re.compile(r'"[^"]*"')
_HEAD_CHARACTERS: Final = 2**16
_HEAD_LINES: Final = 10
# A cell that is too long rejects its row, not the file, so the csv module must not limit it.
csv.field_size_limit(2**31 - 1)


def read_csv_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    r"""Yield the records of a CSV file, each with the number of the line on which it ends, from 1.

    Parameters
    ----------
    content
        UTF-8, with or without a byte order mark, or GB 18030 (which includes GBK); separated by commas, semicolons or
        tabs, or by the sign in a first line such as ``sep=;``.

    Raises
    ------
    FileError
        If the encoding is neither of these, or if a line is not valid CSV.

    Examples
    --------
    >>> list(read_csv_rows("编码,姓名\n1,甲某\n".encode("gbk")))
    [(1, ['编码', '姓名']), (2, ['1', '甲某'])]
    """
    text = _decode(content)
    dialect = detect_dialect(text[:_HEAD_CHARACTERS])
    lines = io.StringIO(text, newline="")
    for _ in range(dialect.skipped_lines):
        lines.readline()
    reader = csv.reader(lines, strict=True, delimiter=dialect.delimiter)
    try:
        for fields in reader:
            yield reader.line_num + dialect.skipped_lines, fields
    except csv.Error as error:
        line = reader.line_num + dialect.skipped_lines
        raise FileError(f"Line {line} is not valid CSV: {error}.", code="csv") from error


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """The separator of the fields, and the number of lines before the table."""

    delimiter: str
    skipped_lines: int


def detect_dialect(head: str) -> CsvDialect:
    r"""Return the dialect of a CSV file: commas, semicolons or tabs, by the first line that contains one of them.

    Parameters
    ----------
    head
        The beginning of the text.

    Examples
    --------
    >>> detect_dialect("id\tlon\tlat\n"), detect_dialect("sep=;\na;b\n")
    (CsvDialect(delimiter='\t', skipped_lines=0), CsvDialect(delimiter=';', skipped_lines=1))
    >>> detect_dialect('id,location\n1,"113.3;40.1;;"\n').delimiter
    ','
    """
    declared = _DECLARED.match(head)
    if declared:
        return CsvDialect(declared[1], 1)
    for line in head.splitlines()[:_HEAD_LINES]:
        unquoted = _QUOTED.sub("", line)
        delimiter = max(_DELIMITERS, key=unquoted.count)
        if delimiter in unquoted:
            return CsvDialect(delimiter, 0)
    return CsvDialect(_DELIMITERS[0], 0)


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileError("The file is neither UTF-8 nor GB 18030 text.", code="encoding", remedy="Save it as UTF-8.")


def guard_cell(text: str) -> str:
    """Return a text with an apostrophe before it if a spreadsheet would read it as a formula.

    Full-width signs, which Chinese input methods type, begin formulas too.

    Examples
    --------
    >>> guard_cell("=HYPERLINK(1)"), guard_cell("＝1+1"), guard_cell("城市管理")
    ("'=HYPERLINK(1)", "'＝1+1", '城市管理')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_csv_parts(
    header: Sequence[str], rows: Iterable[Iterable[object]], constants: Mapping[str, str] | None = None
) -> Iterator[bytes]:
    """Yield a CSV file in parts: UTF-8 with a byte order mark for Excel, cells that look like formulas are escaped.

    Parameters
    ----------
    header, rows
        The names of the columns, and the rows, which are read one by one.
    constants
        Further columns at the end, each with one value for all rows.

    Examples
    --------
    >>> b"".join(write_csv_parts(["name", "n"], [["=1+1", 3]], {"made": "today"})).decode("utf-8-sig").split()
    ['name,n,made', "'=1+1,3,today"]
    """
    constants = constants or {}
    text = io.StringIO()
    writer = csv.writer(text)
    ends = [guard_cell(value) for value in constants.values()]
    text.write("\ufeff")
    writer.writerow([*header, *constants])
    for row in rows:
        writer.writerow([*(guard_cell(cell) if isinstance(cell, str) else cell for cell in row), *ends])
        if text.tell() >= _PART_CHARACTERS:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
