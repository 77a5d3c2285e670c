"""What a calendar file must look like."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

_Text = Annotated[str, Field(min_length=1, max_length=100)]


class CalendarFile(BaseModel):
    """A working calendar with its source.

    Attributes
    ----------
    version, title, source
        Of the data.
    notices
        The announcements that it follows.
    first_day, last_day
        From when to when the holidays are known.
    zone
        A time zone of the IANA database whose clock is not changed between these days.
    hours
        From when to when a working day is worked, in order.
    holidays, working_days
        Days off, weekends among them; days that are worked although they are at a weekend.
    """

    model_config = ConfigDict(extra="forbid")

    version: _Text
    title: _Text
    source: str
    notices: list[_Text]
    first_day: date
    last_day: date
    zone: ZoneInfo
    hours: Annotated[tuple[tuple[time, time], ...], Field(min_length=1)]
    holidays: list[date]
    working_days: list[date]

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
                datetime.combine(first + timedelta(days=number), time(12), zone)
                for number in range((last - first).days + 1)
            )
            if len({noon.utcoffset() for noon in noons}) > 1:
                raise ValueError("The clock of the zone is changed between the first and the last day")
        return zone

    @field_validator("hours")
    @classmethod
    def _check_hours(cls, hours: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
        moments = [moment for span in hours for moment in span]
        if any(moment.tzinfo for moment in moments) or any(early >= late for early, late in pairwise(moments)):
            raise ValueError("The hours do not follow each other")
        return hours

    @field_validator("holidays", "working_days")
    @classmethod
    def _check_days(cls, days: list[date], info: ValidationInfo) -> list[date]:
        known = info.data.get("first_day", date.min), info.data.get("last_day", date.max)
        if any(early >= late for early, late in pairwise(days)):
            raise ValueError("The days are not in order")
        if days and not (known[0] <= days[0] and days[-1] <= known[1]):
            raise ValueError("A day is not between the first and the last day")
        if not set(days).isdisjoint(info.data.get("holidays", ())):
            raise ValueError("A day is a holiday and a working day")
        return days
