"""What is in a cell: a code, a text, a telephone number, a day; as typed, or as Excel made it a number."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from typing import Final

from geogrid.errors import InputError

MAX_TEXT: Final = 100
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
# Excel keeps fifteen digits of a number.
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
    """Return a code, or an empty text.

    Raises
    ------
    InputError
        If Excel has rounded it, or it is no text and no whole number.

    Examples
    --------
    >>> parse_code(140213051003008.0, "code"), code_of(" 140213051003008 ", "code"), code_of("１４０２１３", "code")
    ('140213051003008', '140213051003008', '140213')
    >>> parse_code("1.40213E+14", "code")
    Traceback (most recent call last):
    geogrid.errors.InputError: code: Excel has rounded the code. Format the column as text and enter the codes again.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= _EXACT_NUMBERS:
        raise _rounded(field)
    text = _characters(cell, field).removeprefix("'")
    if _ROUNDED.fullmatch(text):
        raise _rounded(field)
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def parse_text(cell: object, field: str) -> str:
    """Return a text on one line, or an empty one; blanks between Chinese characters, which only fill, are taken out.

    Raises
    ------
    InputError
        If it is too long, holds control characters, or is no text.

    Examples
    --------
    >>> parse_text(" 甲　某 ", "name"), text_of("A  B", "name"), text_of(None, "title")
    ('甲某', 'A B', '')
    """
    if isinstance(cell, str):
        text = cell.strip().replace("\u3000", " ")
        if any(unicodedata.category(character) in _HIDDEN for character in text):
            raise InputError("The text holds control characters.", code="text_control", field=field)
        text = _HAN_GAP.sub("", " ".join(text.split()))
    else:
        text = _characters(cell, field)
    if len(text) > MAX_TEXT:
        raise InputError(f"The text is longer than {MAX_TEXT} characters.", code="text_too_long", field=field)
    return text


def parse_phone(cell: object) -> str:
    """Return a telephone number, or an empty text.

    Raises
    ------
    InputError
        If it does not look like one.

    Examples
    --------
    >>> parse_phone(13800000000), phone_of("（0352）1234567"), phone_of("110")
    ('13800000000', '(0352)1234567', '110')
    """
    text = _characters(cell, "phone")
    if text and not _PHONE.fullmatch(text.removeprefix("(")):
        raise InputError(
            "This does not look like one telephone number.",
            code="phone",
            field="phone",
            remedy="Write one number, such as 0352-1234567.",
        )
    return text


def parse_date(cell: object, field: str) -> date | None:
    """Return a day, or None for an open end: an empty cell, 长期 or 至今.

    Raises
    ------
    InputError
        If it is none, or far from now.

    Examples
    --------
    >>> [parse_date(cell, "valid_from").isoformat() for cell in ("2026-03-01", "2026/3/1", "2026年3月1日", 20260301)]
    ['2026-03-01', '2026-03-01', '2026-03-01', '2026-03-01']
    """
    if isinstance(cell, datetime):
        if cell.time() != time.min:
            raise _no_day(field)
        cell = cell.date()
    day = cell if isinstance(cell, date) else _parsed(_characters(cell, field), field)
    if day and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise InputError(f"The year is not in {_FIRST_YEAR}..{_LAST_YEAR}.", code="day", field=field)
    return day


def _parsed(text: str, field: str) -> date | None:
    if text in _OPEN_END:
        return None
    found = _DAY.fullmatch(text)
    if not found:
        raise _no_day(field)
    month, day = found[3] or found[5] or found[7], found[4] or found[6] or found[8]
    try:
        return date(int(found[1]), int(month), int(day))
    except ValueError as error:
        raise _no_day(field) from error


def _characters(cell: object, field: str) -> str:
    """Return text, or a whole number's digits, in half-width characters."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        raise InputError("The value is neither text nor a whole number.", code="type", field=field)
    return unicodedata.normalize("NFKC", str(cell)).strip()


def _rounded(field: str) -> InputError:
    return InputError(
        "Excel has rounded the code.",
        code="code_rounded",
        field=field,
        remedy="Format the column as text and enter the codes again.",
    )


def _no_day(field: str) -> InputError:
    return InputError("The value is not a day.", code="day", field=field, remedy="Write it like 2026-03-01.")
