"""Working hours and days in time zones with clock changes, compared with a count by minutes."""

import json
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from zones import district_zone

from geogrid.local_time import day_span, format_timestamp, local_zone, offset_changes, parse_timestamp
from geogrid.model import Limit, LimitUnit
from geogrid.reference_files import data_path
from geogrid.rules.working_calendar import WorkingCalendar, load_calendar

HOURS = LimitUnit.WORKING_HOURS
MINUTE = timedelta(minutes=1)
#: Night shifts, which the clock changes; no public holidays.
NIGHTS = {
    "version": "1",
    "title": "Night shifts",
    "source": "",
    "notices": [],
    "first_day": "2010-01-01",
    "last_day": "2030-12-31",
    "hours": [["00:00", "04:00"], ["22:30", "23:30"]],
    "weekend": [],
    "holidays": [],
    "working_days": [],
}


def changes(zone):
    """Return the clock changes of some years; days without one for zones that have none."""
    found = [change.at for change in offset_changes(zone)[1:] if 2010 < change.at.year < 2024]
    return found[:6] + found[-2:] or [datetime(2022, 3, 1, 3, tzinfo=UTC)]


def is_worked(moment, hours):
    """Return whether the clock of the district is in the working hours."""
    clock = moment.astimezone(local_zone()).time()
    return any(time.fromisoformat(begin) <= clock < time.fromisoformat(end) for begin, end in hours)


def test_working_time_equals_a_count_of_minutes_by_the_clock(zone):
    calendar = WorkingCalendar.parse(NIGHTS, name="calendar.json")
    for at in changes(zone):
        start = at.replace(minute=0, second=0) - timedelta(hours=30)
        minutes = [start + number * MINUTE for number in range(60 * 60)]
        worked = [is_worked(minute, NIGHTS["hours"]) for minute in minutes]
        for position in range(0, len(minutes), 97):
            expected = sum(worked[:position]) * 60
            assert calendar.working_seconds(start, minutes[position]) == expected, (zone, minutes[position])
        (due,) = calendar.shift([start], [sum(worked) * MINUTE], [HOURS])
        last = max(minute for minute, counts in zip(minutes, worked, strict=True) if counts)
        assert due == last + MINUTE


def test_office_hours_are_hours_of_the_clock(zone):
    content = json.loads(data_path("reference", "calendar.json").read_text(encoding="utf-8"))
    calendar = WorkingCalendar.parse(content | {"first_day": "2010-01-01", "holidays": []}, name="calendar.json")
    for at in changes(zone):
        day = at.astimezone(zone).date() + timedelta(days=3)
        while not calendar.is_working_day(day):
            day += timedelta(days=1)
        end = calendar.add(datetime.combine(day, time.min, zone), Limit(1, LimitUnit.WORKING_DAYS))
        assert end.isoformat()[:16] == f"{day}T18:00"


def test_continuous_hours_are_not_hours_of_the_clock():
    with district_zone("America/Chicago") as zone:
        since = datetime(2026, 3, 7, 12, tzinfo=zone)
        due = load_calendar().add(since, Limit(24, LimitUnit.CONTINUOUS_HOURS))
        assert due.isoformat() == "2026-03-08T13:00:00-05:00"
        assert load_calendar().elapsed(since, due, LimitUnit.CONTINUOUS_HOURS) == timedelta(hours=24)


def test_calendar_of_another_country():
    """No holidays, the weekend on Friday and Saturday."""
    week = NIGHTS | {"hours": [["08:00", "14:30"]], "weekend": [5, 6]}
    with district_zone("Africa/Cairo") as zone:
        calendar = WorkingCalendar.parse(week, name="calendar.json")
        thursday = datetime(2026, 4, 23, 13, 30, tzinfo=zone)
        assert calendar.add(thursday, Limit(2, HOURS)).isoformat() == "2026-04-26T09:00:00+03:00"


def test_days_follow_each_other_without_gaps(zone):
    for at in changes(zone):
        first = at.astimezone(zone).date() - timedelta(days=2)
        days = [first + timedelta(days=number) for number in range(5)]
        spans = [day_span(day, day) for day in days]
        assert all(early[1].astimezone(UTC) == late[0].astimezone(UTC) for early, late in pairwise(spans))
        for day, (since, until) in zip(days, spans, strict=True):
            minutes = (until.astimezone(UTC) - since.astimezone(UTC)) // MINUTE
            inside = {(since.astimezone(UTC) + number * MINUTE).astimezone(zone).date() for number in range(minutes)}
            assert inside <= {day}


def test_skipped_day_has_no_time():
    with district_zone("Pacific/Apia"):
        since, until = day_span(date(2011, 12, 30), date(2011, 12, 30))
        assert since.astimezone(UTC) == until.astimezone(UTC)
        calendar = WorkingCalendar.parse(NIGHTS, name="calendar.json")
        assert calendar.working_seconds(*day_span(date(2011, 12, 29), date(2011, 12, 31))) == 10 * 3600


def test_written_times_are_read_back(zone):
    for at in changes(zone):
        for minutes in range(-24 * 60, 24 * 60, 15):
            moment = at + minutes * MINUTE
            assert parse_timestamp(format_timestamp(moment)).astimezone(UTC) == moment


@pytest.mark.parametrize(("text", "utc"), [("2026-11-01T00:00", "04:00"), ("2026-11-01T00:30", "04:30")])
def test_time_that_occurs_twice_is_the_first(text, utc):
    """In Havana the clock goes from 01:00 back to midnight."""
    with district_zone("America/Havana"):
        assert f"{parse_timestamp(text).astimezone(UTC):%H:%M}" == utc
        second = datetime(2026, 11, 1, 5, tzinfo=UTC)
        assert parse_timestamp(format_timestamp(second)).astimezone(UTC) == second
