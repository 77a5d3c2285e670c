"""The time zone of the district: conversion between its calendar days, timestamps and text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from geogrid.errors import QueryError

#: Time zone of the district. Days begin and end at midnight in this zone.
LOCAL_ZONE: Final = ZoneInfo("Asia/Shanghai")
# Conversion to another time zone overflows in the first and last year of Python's calendar.
FIRST_YEAR, LAST_YEAR = 1900, 2200


def day_span(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """Return the start of day `first` and the end of day `last` in the time zone of the district.

    Raises
    ------
    QueryError
        If the last day is before the first, or if a year is out of range.

    Examples
    --------
    >>> since, until = day_span(date(2022, 1, 1), date(2022, 6, 30))
    >>> since.isoformat(), until.isoformat()
    ('2022-01-01T00:00:00+08:00', '2022-07-01T00:00:00+08:00')
    """
    if first and last and last < first:
        raise QueryError("The period ends before it begins.", code="period", field="to", remedy="Swap the days.")
    for field, day in (("from", first), ("to", last)):
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise QueryError(f"The year is not in {FIRST_YEAR}..{LAST_YEAR}.", code="period", field=field)
    until = datetime.combine(last + timedelta(days=1), time.min, LOCAL_ZONE) if last else None
    return (datetime.combine(first, time.min, LOCAL_ZONE) if first else None), until


@dataclass(frozen=True, slots=True)
class OffsetChange:
    """A change of the UTC offset of the district, such as the start of summer time.

    Attributes
    ----------
    at
        The time of the change, in UTC.
    seconds
        The offset from then on, east of Greenwich.
    """

    at: datetime
    seconds: int


@cache
def offset_changes() -> tuple[OffsetChange, ...]:
    """Return all changes of the UTC offset in the years 1900 to 2200, the first being the offset at the start.

    Examples
    --------
    >>> newest = offset_changes()[-1]
    >>> newest.at.isoformat(), newest.seconds
    ('1991-09-14T17:00:00+00:00', 28800)
    """
    at, end = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 1, 1, tzinfo=UTC)
    changes = [OffsetChange(at, _utc_offset(at))]
    while at < end:
        # Summer time lasts longer than a week.
        later = at + timedelta(weeks=1)
        if _utc_offset(later) != changes[-1].seconds:
            changes.append(_find_change(at, later))
        at = later
    return tuple(changes)


def _find_change(before: datetime, after: datetime) -> OffsetChange:
    """Return the change of the offset between two times, to the second."""
    old = _utc_offset(before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _utc_offset(middle) == old else (before, middle)
    return OffsetChange(after, _utc_offset(after))


def _utc_offset(moment: datetime) -> int:
    offset = moment.astimezone(LOCAL_ZONE).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def parse_timestamp(text: str) -> datetime:
    """Return the time in an ISO 8601 string; without a time zone it is in that of the district.

    Raises
    ------
    QueryError
        If it is not a time, or its year is not in 1900..2200.

    Examples
    --------
    >>> parse_timestamp("2022-03-01").isoformat(), parse_timestamp("2022-03-01T08:00:00Z").isoformat()
    ('2022-03-01T00:00:00+08:00', '2022-03-01T08:00:00+00:00')
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise QueryError(
            "This is not a time.", code="moment", remedy="Write it like 2022-03-01T08:00+08:00."
        ) from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise QueryError(f"The year is not in {FIRST_YEAR}..{LAST_YEAR}.", code="moment")
    return moment if moment.tzinfo else moment.replace(tzinfo=LOCAL_ZONE)


def format_timestamp(moment: datetime) -> str:
    """Return a time as `parse_timestamp` reads it; the start of a day of the district as the date alone.

    Examples
    --------
    >>> format_timestamp(parse_timestamp("2022-02-28T16:00:00Z"))
    '2022-03-01'
    >>> format_timestamp(parse_timestamp("2022-03-01T08:00:00Z"))
    '2022-03-01T16:00:00+08:00'
    """
    local = moment.astimezone(LOCAL_ZONE)
    return local.date().isoformat() if local.time() == time.min else local.isoformat()
