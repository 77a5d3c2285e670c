"""The working calendar, compared with its source package and with a count by minutes."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import FileError, QueryError
from geogrid.model import Limit, LimitUnit
from geogrid.reference_files import data_path
from geogrid.rules.working_calendar import load_calendar

ROOT = Path(__file__).resolve().parents[2]
CALENDAR = load_calendar()
ZONE = CALENDAR.zone
HOUR, DAY = LimitUnit.WORKING_HOURS, LimitUnit.WORKING_DAYS
moments = st.datetimes(
    datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2028-01-01"), timezones=st.just(ZONE)
)
durations = st.timedeltas(-timedelta(hours=300), timedelta(hours=300))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def test_included_file_equals_the_output_of_the_tool():
    command = [sys.executable, "-c", "import make_calendar; print(make_calendar.calendar(), end='')"]
    made = subprocess.run(command, cwd=ROOT / "tools", capture_output=True, check=True)
    assert made.stdout.decode("utf-8") == data_path("reference", "calendar.json").read_text(encoding="utf-8")


def test_every_day_agrees_with_the_package():
    days = [date(2022, 1, 1) + timedelta(days=number) for number in range(1826)]
    assert days[-1] == CALENDAR.last_day
    assert [CALENDAR.is_working_day(day) for day in days] == [chinese_calendar.is_workday(day) for day in days]


@pytest.mark.parametrize(
    ("since", "limit", "due"),
    [
        ("2026-11-20T08:00", Limit(4, HOUR), "2026-11-20T12:00"),
        ("2026-11-20T08:00", Limit(8, HOUR), "2026-11-20T18:00"),
        ("2026-11-20T08:00", Limit(1, DAY), "2026-11-20T18:00"),
        ("2026-11-20T12:00", Limit(1, HOUR), "2026-11-20T15:00"),
        ("2026-11-20T13:00", Limit(1, HOUR), "2026-11-20T15:00"),
        ("2026-11-20T19:30", Limit(1, DAY), "2026-11-23T18:00"),
        ("2026-11-21T03:00", Limit(0.5, HOUR), "2026-11-23T08:30"),
        ("2026-09-30T17:00", Limit(2, HOUR), "2026-10-08T09:00"),
        ("2026-10-09T17:00", Limit(2, HOUR), "2026-10-10T09:00"),
        ("2022-01-28T17:00", Limit(3, DAY), "2022-02-07T17:00"),
        ("2026-10-01T23:30", Limit(2, LimitUnit.CONTINUOUS_HOURS), "2026-10-02T01:30"),
    ],
)
def test_limits_agree_with_manual_counts(since, limit, due):
    assert CALENDAR.add(at(since), limit) == at(due)


def is_worked(minute):
    """Return whether a minute is working time, directly from the file."""
    content = is_worked.content
    day = minute.date().isoformat()
    worked_day = day in content["working_days"] or (minute.weekday() < 5 and day not in content["holidays"])
    return worked_day and (8 <= minute.hour < 12 or 14 <= minute.hour < 18)


is_worked.content = json.loads(data_path("reference", "calendar.json").read_text(encoding="utf-8"))


@settings(deadline=None)
@given(
    st.datetimes(datetime.fromisoformat("2021-12-20"), datetime.fromisoformat("2027-01-10")).map(
        lambda moment: moment.replace(second=0, microsecond=0)
    ),
    st.integers(1, 24 * 60),
)
def test_due_times_agree_with_a_count_by_minutes(since, minutes):
    moment, left = since, minutes
    while left:
        left -= is_worked(moment)
        moment += timedelta(minutes=1)
    assert CALENDAR.add(since.replace(tzinfo=ZONE), Limit(minutes / 60, HOUR)) == moment.replace(tzinfo=ZONE)
    assert CALENDAR.working_seconds(since.replace(tzinfo=ZONE), moment.replace(tzinfo=ZONE)) == minutes * 60


@settings(deadline=None)
@given(moments, st.timedeltas(timedelta(microseconds=1), timedelta(hours=300)))
def test_added_working_time_is_exact_to_the_microsecond(moment, duration):
    (due,) = CALENDAR.shift([moment], [duration], [HOUR])
    assert CALENDAR.elapsed(moment, due, HOUR) == duration
    assert CALENDAR.elapsed(moment, due - timedelta(microseconds=1), HOUR) < duration
    assert CALENDAR.is_working_day(due.date())
    assert time(8) < due.timetz().replace(tzinfo=None) <= time(18)


@given(moments, durations, durations)
def test_longer_limit_is_never_due_earlier(moment, one, other):
    less, more = CALENDAR.shift([moment, moment], sorted([one, other]), [HOUR, HOUR])
    assert less <= more


@given(moments, moments, durations)
def test_later_start_is_never_due_earlier(one, other, duration):
    earlier, later = CALENDAR.shift(sorted([one, other]), [duration, duration], [HOUR, HOUR])
    assert earlier <= later


@given(moments, st.floats(0.01, 100), st.floats(0.01, 100), st.sampled_from(LimitUnit))
def test_consecutive_limits_add_up(moment, one, other, unit):
    first, second = (CALENDAR.duration(Limit(amount, unit)) for amount in (one, other))
    (middle,) = CALENDAR.shift([moment], [first], [unit])
    assert CALENDAR.shift([middle], [second], [unit]) == CALENDAR.shift([moment], [first + second], [unit])


@given(moments, moments, moments)
def test_working_time_is_additive(one, two, three):
    parts = CALENDAR.elapsed(one, two, HOUR) + CALENDAR.elapsed(two, three, HOUR)
    assert parts == CALENDAR.elapsed(one, three, HOUR) == -CALENDAR.elapsed(three, one, HOUR)


def test_times_in_other_time_zones_are_accepted():
    limit = Limit(1, HOUR)
    assert CALENDAR.add(datetime(2026, 11, 20, 1, 30, tzinfo=UTC), limit) == at("2026-11-20T10:30")


@pytest.mark.parametrize(
    ("since", "until", "provisional"),
    [
        ("2022-01-01T00:00", "2026-12-31T18:00", False),
        ("2021-12-31T23:59", "2022-01-04T12:00", True),
        ("2026-12-31T17:00", "2027-01-01T09:00", True),
    ],
)
def test_unknown_days_are_provisional(since, until, provisional):
    assert CALENDAR.is_provisional(at(since), at(until)) is provisional


def test_unknown_years_use_monday_to_friday():
    assert CALENDAR.add(at("2026-12-31T17:00"), Limit(1, DAY)) == at("2027-01-01T17:00")
    assert CALENDAR.working_seconds(at("2021-01-02T00:00"), at("2021-01-09T00:00")) == 5 * 8 * 3600


@pytest.mark.parametrize(
    "ask",
    [
        lambda: CALENDAR.is_working_day(date(1899, 12, 31)),
        lambda: CALENDAR.working_seconds(at("1899-12-31T00:00"), at("2026-01-01T00:00")),
        lambda: CALENDAR.add(at("2200-12-30T00:00"), Limit(30, DAY)),
    ],
)
def test_year_out_of_range_is_refused(ask):
    with pytest.raises(QueryError) as caught:
        ask()
    assert caught.value.code == "calendar_year"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        ({"version": ""}, "version", "at least 1 character"),
        ({"last_day": "2021-12-31"}, "last_day", "before the first"),
        ({"zone": "Asia/Shanghai"}, "", "in profile.toml"),
        ({"weekend": [0]}, "weekend.0", "greater than or equal to 1"),
        ({"hours": [["14:00", "18:00"], ["08:00", "12:00"]]}, "hours", "overlap or are not in order"),
        ({"hours": [["12:00", "12:00"]]}, "hours", "overlap or are not in order"),
        ({"hours": [["08:00+08:00", "12:00"]]}, "hours", "overlap or are not in order"),
        ({"holidays": ["2022-01-02", "2022-01-01"]}, "holidays", "not in ascending order"),
        ({"holidays": ["2027-01-01"]}, "holidays", "not between"),
        ({"working_days": ["2022-01-01"]}, "working_days", "a holiday and a working day"),
        ({"working_days": ["2022-02-30"]}, "working_days.0", "date"),
        ({"colour": "red"}, "colour", "not permitted"),
    ],
)
def test_invalid_calendar_is_refused_with_the_field(tmp_path, change, place, message):
    path = tmp_path / "calendar.json"
    path.write_text(json.dumps({**is_worked.content, **change}), encoding="utf-8")
    with pytest.raises(FileError) as caught:
        load_calendar(path)
    assert (caught.value.code, caught.value.field) == ("calendar", place)
    assert message in str(caught.value)
    assert "calendar.json" in str(caught.value)
