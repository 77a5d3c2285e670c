"""Types of filter values, such as boxes and hour ranges, and the names of values in Chinese and English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from geogrid.constants import Language
from geogrid.errors import QueryError
from geogrid.model import IncidentStatus, Layer

ZH, EN = Language.ZH, Language.EN

_HOURS: Final = 24
_TWO_HOURS: Final = re.compile("([0-9]{1,2})-([0-9]{1,2})")
_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Origin(StrEnum):
    """Whether a filter selects the synthetic incidents, or the real ones."""

    SYNTHETIC = "yes"
    REAL = "no"


class Standing(StrEnum):
    """The status that a filter selects: one workflow status, all handled incidents, or all open incidents."""

    OPEN = "open"
    HANDLED = "handled"
    REPORTED = IncidentStatus.REPORTED
    VERIFIED = IncidentStatus.VERIFIED
    FILED = IncidentStatus.FILED
    DISPATCHED = IncidentStatus.DISPATCHED
    HANDLING = IncidentStatus.HANDLING
    SUSPENDED = IncidentStatus.SUSPENDED
    FED_BACK = IncidentStatus.FED_BACK
    CHECKED = IncidentStatus.CHECKED
    CLOSED = IncidentStatus.CLOSED
    VOID = IncidentStatus.VOID
    MERGED = IncidentStatus.MERGED
    SPLIT = IncidentStatus.SPLIT


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A bounding box in WGS 84 degrees, its borders included."""

    west: float
    south: float
    east: float
    north: float

    def __str__(self) -> str:
        return f"{self.west},{self.south},{self.east},{self.north}"


@dataclass(frozen=True, slots=True)
class HourRange:
    """Hours of the day in the time zone of the district, the last hour included. A range may pass midnight.

    Attributes
    ----------
    first, last
        0 to 23.

    Raises
    ------
    QueryError
        If an hour is out of range.

    Examples
    --------
    >>> str(HourRange(18, 22)), HourRange(22, 5).label
    ('18-22', '22:00–5:59')
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        if not (0 <= self.first < _HOURS and 0 <= self.last < _HOURS):
            raise _hours_error()

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    @property
    def label(self) -> str:
        """The range as clock times."""
        return f"{self.first}:00–{self.last}:59"


def parse_day(text: str) -> date:
    """Read a calendar day.

    Raises
    ------
    ValueError
        If the text is not an existing day as YYYY-MM-DD.
    """
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("A day is written like 2022-01-31.")


def parse_hours(text: str) -> HourRange:
    """Read ``first-last``.

    Raises
    ------
    QueryError
        If the text is not two hours.

    Examples
    --------
    >>> parse_hours("22-5")
    HourRange(first=22, last=5)
    """
    found = _TWO_HOURS.fullmatch(text)
    if found is None:
        raise _hours_error()
    return HourRange(int(found[1]), int(found[2]))


def _hours_error() -> QueryError:
    return QueryError(
        "These are not hours of the day.", code="hours", field="hours", remedy="Write the first and the last, as 18-22."
    )


def parse_box(text: str) -> BoundingBox:
    """Read ``west,south,east,north``.

    Raises
    ------
    QueryError
        If these are not four finite degrees in that order.

    Examples
    --------
    >>> parse_box("113.28,40.08,113.31,40.10")
    BoundingBox(west=113.28, south=40.08, east=113.31, north=40.1)
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise _box_error() from error
    # Written so that NaN fails too.
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004 - degrees
        raise _box_error()
    return BoundingBox(west, south, east, north)


def _box_error() -> QueryError:
    return QueryError(
        "The bounding box is not west,south,east,north in degrees.",
        code="bbox",
        field="bbox",
        remedy="For instance 113.28,40.08,113.31,40.10.",
    )


ORIGIN_NAMES: Final = {
    Origin.SYNTHETIC: {ZH: "合成示意", EN: "Synthetic only"},
    Origin.REAL: {ZH: "实有", EN: "Real only"},
}

LAYER_NAMES: Final = {
    Layer.URBAN: {ZH: "城市网格", EN: "Urban grids"},
    Layer.RURAL: {ZH: "农村网格", EN: "Rural grids"},
    Layer.DEDICATED: {ZH: "专属网格", EN: "Dedicated grids"},
}

WEEKDAY_NAMES: Final = {
    1: {ZH: "周一", EN: "Monday"},
    2: {ZH: "周二", EN: "Tuesday"},
    3: {ZH: "周三", EN: "Wednesday"},
    4: {ZH: "周四", EN: "Thursday"},
    5: {ZH: "周五", EN: "Friday"},
    6: {ZH: "周六", EN: "Saturday"},
    7: {ZH: "周日", EN: "Sunday"},
}

STATUS_NAMES: Final = {
    Standing.OPEN: {ZH: "未处置", EN: "open"},
    Standing.HANDLED: {ZH: "已处置", EN: "handled"},
    Standing.REPORTED: {ZH: "已上报", EN: "reported"},
    Standing.VERIFIED: {ZH: "已核实", EN: "verified"},
    Standing.FILED: {ZH: "已立案", EN: "filed"},
    Standing.DISPATCHED: {ZH: "已派遣", EN: "dispatched"},
    Standing.HANDLING: {ZH: "处置中", EN: "being handled"},
    Standing.SUSPENDED: {ZH: "已挂账", EN: "suspended"},
    Standing.FED_BACK: {ZH: "已反馈", EN: "fed back"},
    Standing.CHECKED: {ZH: "已核查", EN: "checked"},
    Standing.CLOSED: {ZH: "已结案", EN: "closed"},
    Standing.VOID: {ZH: "已作废", EN: "void"},
    Standing.MERGED: {ZH: "已合并", EN: "merged"},
    Standing.SPLIT: {ZH: "已拆分", EN: "split"},
}

_HOUR_WORDS: Final = {
    HourRange(6, 8): {ZH: "早晨", EN: "early"},
    HourRange(9, 11): {ZH: "上午", EN: "morning"},
    HourRange(12, 13): {ZH: "中午", EN: "noon"},
    HourRange(14, 17): {ZH: "下午", EN: "afternoon"},
    HourRange(18, 22): {ZH: "晚间", EN: "evening"},
    HourRange(23, 5): {ZH: "夜间", EN: "night"},
}
#: The hours that the filter panel offers. An address may select any other range.
HOUR_NAMES: Final = {
    hours: {language: f"{word} {hours.label}" for language, word in words.items()}
    for hours, words in _HOUR_WORDS.items()
}
