"""Schema of the calendar file: holidays, working days at weekends and working hours."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field, PlainValidator, TypeAdapter, ValidationInfo, field_validator

from geogrid.reference_files import Name, RuleFile

_DAYS: Final = TypeAdapter(list[date])


def _read_days(content: object) -> frozenset[date]:
    days = _DAYS.validate_python(content)
    if any(early >= late for early, late in pairwise(days)):
        raise ValueError("The days are not in ascending order")
    return frozenset(days)


_Days = Annotated[frozenset[date], PlainValidator(_read_days)]


class CalendarFile(RuleFile):
    """A calendar file.

    Attributes
    ----------
    notices
        The official notices on which it is based.
    first_day, last_day
        Period whose holidays are known. Outside it Monday to Friday are working days, and results are provisional.
    zone
        IANA time zone without a clock change in this period.
    hours
        Working hours of a day as (begin, end), in order.
    holidays, working_days
        Holidays, and working days at weekends.
    """

    file = "calendar.json"
    error_code = "calendar"

    notices: list[Name]
    first_day: date
    last_day: date
    zone: ZoneInfo
    hours: Annotated[tuple[tuple[time, time], ...], Field(min_length=1)]
    holidays: _Days
    working_days: _Days

    @field_validator("last_day")
    @classmethod
    def _check_last_day(cls, last_day: date, info: ValidationInfo) -> date:
        if last_day < info.data.get("first_day", date.min):
            raise ValueError("The last day is before the first")
        return last_day

    @field_validator("zone")
    @classmethod
    def _check_zone(cls, zone: ZoneInfo, info: ValidationInfo) -> ZoneInfo:
        first, last = info.data.get("first_day"), info.data.get("last_day")
        if first and last:
            noons = (
                datetime.combine(first + timedelta(days=offset), time(12), zone)
                for offset in range((last - first).days + 1)
            )
            if len({noon.utcoffset() for noon in noons}) > 1:
                raise ValueError("The time zone has a clock change between the first and the last day")
        return zone

    @field_validator("hours")
    @classmethod
    def _check_hours(cls, hours: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
        moments = [moment for span in hours for moment in span]
        if any(moment.tzinfo for moment in moments) or any(early >= late for early, late in pairwise(moments)):
            raise ValueError("The hours overlap or are not in order")
        return hours

    @field_validator("holidays", "working_days")
    @classmethod
    def _check_days(cls, days: frozenset[date], info: ValidationInfo) -> frozenset[date]:
        first, last = info.data.get("first_day", date.min), info.data.get("last_day", date.max)
        if not all(first <= day <= last for day in days):
            raise ValueError("A day is not between the first and the last day")
        if not days.isdisjoint(info.data.get("holidays", ())):
            raise ValueError("A day is both a holiday and a working day")
        return days
