"""Parsing of table cells as codes, texts, numbers, dates and times, typed as text or stored by Excel as numbers."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
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
_MOMENT: Final = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
    r"[ T]*(上午|下午)? ?(?:(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})?(?:\.0+)?秒?|分)?)?",
    re.ASCII,
)
_DIGITS: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})", re.ASCII)
_TWO_NUMBERS: Final = re.compile(r"[(\[]?\s*[-+]?\d+(?:\.\d+)?\s*[,;，； ]\s*[-+]?\d+(?:\.\d+)?\s*[)\]]?", re.ASCII)
#: A text that a spreadsheet must not change: ="0330…", or with an apostrophe before digits or a sign.
_FORMULA_TEXT: Final = re.compile(r'="([^"]*)"')
_APOSTROPHE: Final = re.compile(r"'(?=[\d=+\-@＝＋－＠])")
_NOON: Final = 12
_HAN_GAP: Final = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")


def is_filled(cell: object) -> bool:
    """Return whether a cell has a value other than spaces."""
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def unguard_cell(cell: object) -> object:
    """Return a cell without the marks that keep a spreadsheet from changing its text: ="…" and an apostrophe.

    Examples
    --------
    >>> [unguard_cell(cell) for cell in ('="140213051003008"', "'13800000001", "'=1+1", "it's", 7)]
    ['140213051003008', '13800000001', '=1+1', "it's", 7]
    """
    if not isinstance(cell, str):
        return cell
    text = cell.strip()
    formula = _FORMULA_TEXT.fullmatch(text)
    if formula:
        return formula[1]
    return text[1:] if _APOSTROPHE.match(text) else cell


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


def parse_number(cell: object, field: str, remedy: str | None = None) -> float:
    """Return a number; text may not contain underscores or other signs than those of a decimal number.

    Raises
    ------
    InputError
        If the cell is empty, or is not a number.

    Examples
    --------
    >>> parse_number(" 113.2988", "lon"), parse_number(Decimal("40.09"), "lat")
    (113.2988, 40.09)
    """
    if cell is None or cell == "":
        raise InputError("The value is missing.", code="missing", field=field, remedy=remedy)
    # float() accepts 1_13.3. It also accepts "nan", which the check of coordinates refuses.
    if isinstance(cell, bool) or not isinstance(cell, str | int | float | Decimal) or "_" in str(cell):
        raise _number_error(cell, field, remedy)
    try:
        return float(cell)
    except (ValueError, OverflowError) as error:
        raise _number_error(cell, field, remedy) from error


def parse_time(cell: object, field: str, zone: tzinfo) -> datetime | None:
    """Return a time, or None for an empty cell. The year comes first; a time without a zone is in the given one.

    Raises
    ------
    InputError
        If the cell is not a time, or its day and month could be confused.

    Examples
    --------
    >>> from datetime import UTC
    >>> cells = ("2022/3/1 8:05", "2022年3月1日 下午6:40", "20220301080500", "2022-03-01T08:05:00+08:00")
    >>> [parse_time(cell, "reported_at", UTC).strftime("%d %H:%M %z") for cell in cells]
    ['01 08:05 +0000', '01 18:40 +0000', '01 08:05 +0000', '01 08:05 +0800']
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        moment: datetime | None = cell
    elif isinstance(cell, date):
        moment = datetime.combine(cell, time.min)
    else:
        text = unicodedata.normalize("NFKC", str(cell)).strip() if _is_text_or_digits(cell) else ""
        if isinstance(cell, str) and not text:
            return None
        moment = _parse_moment(text)
    if moment is None:
        raise _time_error(field)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


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


def _is_text_or_digits(cell: object) -> bool:
    """Return whether a cell is text, or a number of 14 digits such as 20220301080500."""
    return isinstance(cell, str) or (isinstance(cell, int | float) and _DIGITS.fullmatch(f"{cell:.0f}") is not None)


def _parse_moment(text: str) -> datetime | None:
    try:
        digits = _DIGITS.fullmatch(text.removesuffix(".0"))
        if digits:
            return datetime.strptime(digits[0], "%Y%m%d%H%M%S")  # noqa: DTZ007 - the caller adds the zone
        match = _MOMENT.fullmatch(text)
        return _match_to_time(match) if match else datetime.fromisoformat(text)
    except ValueError:
        return None


def _match_to_time(match: re.Match[str]) -> datetime:
    year, month, day = int(match[1]), int(match[3] or match[5]), int(match[4] or match[6])
    hour, minute, second = int(match[8] or 0), int(match[9] or 0), int(match[10] or 0)
    if match[7] and not 1 <= hour <= _NOON:
        raise ValueError("not an hour of a clock with twelve hours")
    if match[7]:
        hour = hour % _NOON + (_NOON if match[7] == "下午" else 0)
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the caller adds the zone


def _to_text(cell: object, field: str) -> str:
    """Return the text of a cell, or the digits of a whole number, in half-width characters."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, Decimal) and cell.is_finite() and cell == cell.to_integral_value():
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


def _number_error(cell: object, field: str, remedy: str | None) -> InputError:
    if isinstance(cell, str) and _TWO_NUMBERS.fullmatch(cell.strip()):
        return InputError(
            "Two numbers stand in one column.",
            code="type",
            field=field,
            remedy="Read both from it: --point COLUMN, or point in a mapping file. A decimal number has a point.",
        )
    return InputError("The value is not a number.", code="type", field=field, remedy=remedy)


def _time_error(field: str) -> InputError:
    return InputError(
        "The value is not a time with the year first.",
        code="time",
        field=field,
        remedy="Write it like 2022-01-31 08:30 or 2022-01-31T08:30:00+08:00; in Excel format the column as a date.",
    )
