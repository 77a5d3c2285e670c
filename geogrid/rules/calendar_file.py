"""Schema of the calendar file: holidays, working days at weekends and working hours."""

from __future__ import annotations

from datetime import date, time
from itertools import pairwise
from typing import Annotated, Final

from pydantic import Field, PlainValidator, TypeAdapter, ValidationInfo, field_validator, model_validator

from geogrid.reference_files import Name, RuleFile

_DAYS: Final = TypeAdapter(list[date])


def _read_days(content: object) -> frozenset[date]:
    days = _DAYS.validate_python(content)
    if any(early >= late for early, late in pairwise(days)):
        raise ValueError("The days are not in ascending order, or one is listed twice")
    return frozenset(days)


_Days = Annotated[frozenset[date], PlainValidator(_read_days)]


class CalendarFile(RuleFile):
    """A calendar file.

    Attributes
    ----------
    notices
        The official notices on which it is based.
    first_day, last_day
        Period whose holidays are known. Outside it all days except the weekend are working days, and results are
        provisional.
    hours
        Working hours of a day as (begin, end) on the clock of the district, in order.
    weekend
        Days of the week without work, from 1 (Monday) to 7 (Sunday).
    holidays, working_days
        Holidays, and working days at weekends.
    """

    file = "calendar.json"
    error_code = "calendar"

    notices: list[Name]
    first_day: date
    last_day: date
    hours: Annotated[tuple[tuple[time, time], ...], Field(min_length=1)]
    weekend: frozenset[Annotated[int, Field(ge=1, le=7)]] = frozenset({6, 7})
    holidays: _Days
    working_days: _Days

    @model_validator(mode="before")
    @classmethod
    def _refuse_zone(cls, content: object) -> object:
        if isinstance(content, dict) and "zone" in content:
            raise ValueError("Remove the line zone: the time zone of the district is in profile.toml")
        return content

    @field_validator("last_day")
    @classmethod
    def _check_last_day(cls, last_day: date, info: ValidationInfo) -> date:
        if last_day < info.data.get("first_day", date.min):
            raise ValueError("The last day is before the first")
        return last_day

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
