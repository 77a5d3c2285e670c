"""Parsing of table cells as codes, texts, phone numbers and dates, typed as text or stored by Excel as numbers."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from typing import Final

from geogrid.errors import InputError

MAX_TEXT: Final = 100
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
# Excel stores 15 significant digits.
_EXACT_NUMBERS: Final = 10**15
_ROUNDED: Final = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE | re.ASCII)
_WHOLE: Final = re.compile(r"(\d{1,15})\.0+", re.ASCII)
_DAY: Final = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日?|(\d{2})(\d{2}))(?:[ T]00:00(?::00)?)?", re.ASCII
)
_OPEN_END: Final = frozenset({"", "长期", "至今"})
_PHONE: Final = re.compile(r"\+?\d[\d ()-]{2,24}(?:转\d{1,6})?", re.ASCII)
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_HAN_GAP: Final = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")


def parse_code(cell: object, field: str) -> str:
    """Return a code, or an empty string for an empty cell.

    Raises
    ------
    InputError
        If Excel has rounded the code, or the cell is neither text nor a whole number.

    Examples
    --------
    >>> [parse_code(cell, "code") for cell in (140213051003008.0, " 140213051003008 ", "１４０２１３")]
    ['140213051003008', '140213051003008', '140213']
    >>> parse_code("1.40213E+14", "code")
    Traceback (most recent call last):
    geogrid.errors.InputError: code: Excel has rounded the code. Format the column as text and enter the codes again.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= _EXACT_NUMBERS:
        raise _rounded_error(field)
    text = _to_text(cell, field).removeprefix("'")
    if _ROUNDED.fullmatch(text):
        raise _rounded_error(field)
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def parse_text(cell: object, field: str) -> str:
    """Return a text on one line, without spaces between Chinese characters; an empty string for an empty cell.

    Raises
    ------
    InputError
        If it is too long, contains control characters, or is not text.

    Examples
    --------
    >>> parse_text(" 甲　某 ", "name"), parse_text("A  B", "name"), parse_text(None, "title")
    ('甲某', 'A B', '')
    """
    if isinstance(cell, str):
        text = cell.strip().replace("\u3000", " ")
        if any(unicodedata.category(character) in _HIDDEN for character in text):
            raise InputError("The text contains control characters.", code="text_control", field=field)
        text = _HAN_GAP.sub("", " ".join(text.split()))
    else:
        text = _to_text(cell, field)
    if len(text) > MAX_TEXT:
        raise InputError(f"The text is longer than {MAX_TEXT} characters.", code="text_too_long", field=field)
    return text


def parse_phone(cell: object) -> str:
    """Return a phone number, or an empty string for an empty cell.

    Raises
    ------
    InputError
        If it does not look like a phone number.

    Examples
    --------
    >>> parse_phone(13800000000), parse_phone("（0352）1234567"), parse_phone("110")
    ('13800000000', '(0352)1234567', '110')
    """
    text = _to_text(cell, "phone")
    if text and not _PHONE.fullmatch(text.removeprefix("(")):
        raise InputError(
            "This is not a single phone number.",
            code="phone",
            field="phone",
            remedy="Write one number, such as 0352-1234567.",
        )
    return text


def parse_date(cell: object, field: str) -> date | None:
    """Return a date, or None for an open end: an empty cell, 长期 or 至今.

    Raises
    ------
    InputError
        If it is not a date, or its year is not in 1900..2200.

    Examples
    --------
    >>> [parse_date(cell, "valid_from").isoformat() for cell in ("2026-03-01", "2026/3/1", "2026年3月1日", 20260301)]
    ['2026-03-01', '2026-03-01', '2026-03-01', '2026-03-01']
    """
    if isinstance(cell, datetime):
        if cell.time() != time.min:
            raise _date_error(field)
        cell = cell.date()
    day = cell if isinstance(cell, date) else _parse_date_text(_to_text(cell, field), field)
    if day and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise InputError(f"The year is not in {_FIRST_YEAR}..{_LAST_YEAR}.", code="day", field=field)
    return day


def _parse_date_text(text: str, field: str) -> date | None:
    if text in _OPEN_END:
        return None
    match = _DAY.fullmatch(text)
    if not match:
        raise _date_error(field)
    month, day = match[3] or match[5] or match[7], match[4] or match[6] or match[8]
    try:
        return date(int(match[1]), int(month), int(day))
    except ValueError as error:
        raise _date_error(field) from error


def _to_text(cell: object, field: str) -> str:
    """Return the text of a cell, or the digits of a whole number, in half-width characters."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        raise InputError("The value is neither text nor a whole number.", code="type", field=field)
    return unicodedata.normalize("NFKC", str(cell)).strip()


def _rounded_error(field: str) -> InputError:
    return InputError(
        "Excel has rounded the code.",
        code="code_rounded",
        field=field,
        remedy="Format the column as text and enter the codes again.",
    )


def _date_error(field: str) -> InputError:
    return InputError("The value is not a date.", code="day", field=field, remedy="Write it like 2026-03-01.")
