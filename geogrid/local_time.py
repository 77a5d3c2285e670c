"""The time zone of the district: conversion between its calendar days, timestamps and text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from geogrid.errors import QueryError

#: Time zone of a process that has opened no store.
DEFAULT_ZONE: Final = ZoneInfo("Asia/Shanghai")
# Conversion to another time zone overflows in the first and last year of Python's calendar.
FIRST_YEAR, LAST_YEAR = 1900, 2200


_zone = DEFAULT_ZONE


def local_zone() -> ZoneInfo:
    """Return the time zone of the district. Days begin and end at midnight in this zone.

    Examples
    --------
    >>> local_zone()
    zoneinfo.ZoneInfo(key='Asia/Shanghai')
    """
    return _zone


def set_local_zone(zone: ZoneInfo) -> None:
    """Set the time zone of the district for this process, which serves one district.

    `geogrid.services.active_rules` calls it with the zone of the profile when a store is opened.
    """
    global _zone  # noqa: PLW0603 - the time zone of a process, like the variable TZ
    _zone = zone


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
    until = datetime.combine(last + timedelta(days=1), time.min, local_zone()) if last else None
    return (datetime.combine(first, time.min, local_zone()) if first else None), until


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
def offset_changes(zone: ZoneInfo) -> tuple[OffsetChange, ...]:
    """Return all changes of the UTC offset in the years 1900 to 2200, the first being the offset at the start.

    Examples
    --------
    >>> newest = offset_changes(ZoneInfo("Asia/Shanghai"))[-1]
    >>> newest.at.isoformat(), newest.seconds
    ('1991-09-14T17:00:00+00:00', 28800)
    """
    at, end = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 1, 1, tzinfo=UTC)
    changes = [OffsetChange(at, _utc_offset(at, zone))]
    while at < end:
        # Summer time lasts longer than a week.
        later = at + timedelta(weeks=1)
        if _utc_offset(later, zone) != changes[-1].seconds:
            changes.append(_find_change(at, later, zone))
        at = later
    return tuple(changes)


def _find_change(before: datetime, after: datetime, zone: ZoneInfo) -> OffsetChange:
    """Return the change of the offset between two times, to the second."""
    old = _utc_offset(before, zone)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _utc_offset(middle, zone) == old else (before, middle)
    return OffsetChange(after, _utc_offset(after, zone))


def _utc_offset(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def parse_timestamp(text: str) -> datetime:
    """Return the time in an ISO 8601 string; without a time zone it is in that of the district.

    A time without a zone that occurs twice, because the clock is put back, means the first time. A time that the clock
    skips means as long after the change as it is after the skipped hour begins.

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
    return moment if moment.tzinfo else moment.replace(tzinfo=local_zone())


def format_timestamp(moment: datetime) -> str:
    """Return a time as `parse_timestamp` reads it; the start of a day of the district as the date alone.

    Examples
    --------
    >>> format_timestamp(parse_timestamp("2022-02-28T16:00:00Z"))
    '2022-03-01'
    >>> format_timestamp(parse_timestamp("2022-03-01T08:00:00Z"))
    '2022-03-01T16:00:00+08:00'
    """
    local = moment.astimezone(local_zone())
    # Where the clock is put back to midnight, the second midnight is not the start of the day.
    return local.date().isoformat() if local.time() == time.min and not local.fold else local.isoformat()
