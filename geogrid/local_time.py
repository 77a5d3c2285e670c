"""The time zone of the district: conversion between its calendar days, timestamps and text."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
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
