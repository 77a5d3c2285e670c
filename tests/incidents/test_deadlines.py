"""Due times, suspensions, extensions, warnings and escalation."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geogrid.incidents.deadlines import (
    compute_deadline,
    compute_deadlines,
    escalate_at,
    extend_deadline,
    remaining_time,
    resume_deadline,
    urgency,
    warn_at,
)
from geogrid.model import Limit, LimitUnit, Urgency
from geogrid.rules.time_limits import WarningRule, load_limits
from geogrid.rules.working_calendar import load_calendar

CALENDAR = load_calendar()
RULE = WarningRule(0.25, timedelta(minutes=30))
HOUR, DAY, THROUGH = LimitUnit.WORKING_HOURS, LimitUnit.WORKING_DAYS, LimitUnit.CONTINUOUS_HOURS
moments = st.datetimes(
    datetime.fromisoformat("2022-01-01"), datetime.fromisoformat("2026-11-01"), timezones=st.just(CALENDAR.zone)
)
limits = st.builds(Limit, st.integers(1, 200).map(lambda quarters: quarters / 4), st.sampled_from(LimitUnit))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=CALENDAR.zone)


@given(moments, limits, moments)
def test_immediate_resume_keeps_the_due_time(since, limit, moment):
    due_at = compute_deadline(since, limit, CALENDAR).at
    assert resume_deadline(due_at, limit.unit, moment, moment, CALENDAR).at == due_at


@given(moments, moments)
def test_immediate_resume_keeps_a_due_time_outside_working_hours(due_at, moment):
    assert resume_deadline(due_at, HOUR, moment, moment, CALENDAR).at == due_at


@given(moments, limits, moments, moments)
def test_suspension_keeps_the_remaining_time(since, limit, one, other):
    suspended_at, resumed_at = sorted([one, other])
    due_at = compute_deadline(since, limit, CALENDAR).at
    later = resume_deadline(due_at, limit.unit, suspended_at, resumed_at, CALENDAR).at
    if suspended_at >= due_at:
        assert later == due_at, "nothing is left of the limit"
        return
    left = remaining_time(suspended_at, due_at, limit.unit, CALENDAR)
    assert remaining_time(resumed_at, later, limit.unit, CALENDAR) == left
    assert later >= due_at


def test_suspension_over_a_weekend_adds_the_suspended_working_hours():
    suspended, resumed = at("2026-11-20T16:00"), at("2026-11-23T09:00")
    assert resume_deadline(at("2026-11-20T17:00"), HOUR, suspended, resumed, CALENDAR).at == at("2026-11-23T10:00")
    assert resume_deadline(at("2026-11-20T17:00"), THROUGH, suspended, resumed, CALENDAR).at == at("2026-11-23T10:00")
    assert resume_deadline(at("2026-11-23T12:00"), HOUR, suspended, resumed, CALENDAR).at == at("2026-11-23T17:00")


@given(moments, limits, limits)
def test_extension_in_the_same_unit_adds_to_the_limit(since, limit, by):
    by = Limit(by.amount, limit.unit)
    both = Limit(limit.amount + by.amount, limit.unit)
    assert extend_deadline(compute_deadline(since, limit, CALENDAR).at, by, CALENDAR) == compute_deadline(
        since, both, CALENDAR
    )


def test_remaining_time_has_the_unit_of_the_limit():
    now, due_at = at("2026-11-20T16:00"), at("2026-11-24T12:00")
    assert remaining_time(now, due_at, HOUR, CALENDAR) == Limit(14, HOUR)
    assert remaining_time(now, due_at, DAY, CALENDAR) == Limit(1.75, DAY)
    assert remaining_time(now, due_at, THROUGH, CALENDAR) == Limit(92, THROUGH)
    assert remaining_time(due_at, now, HOUR, CALENDAR) == Limit(-14, HOUR)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-20T15:59:59", Urgency.ON_TIME),
        ("2026-11-20T16:00:00", Urgency.NEARLY_DUE),
        ("2026-11-22T12:00:00", Urgency.NEARLY_DUE),
        ("2026-11-23T10:00:00", Urgency.NEARLY_DUE),
        ("2026-11-23T10:00:01", Urgency.OVERDUE),
    ],
)
def test_last_quarter_of_a_limit_is_nearly_due(now, expected):
    assert urgency(at(now), at("2026-11-23T10:00"), Limit(2, DAY), RULE, CALENDAR) is expected


def test_short_limit_is_nearly_due_half_an_hour_before():
    assert warn_at(at("2026-11-20T10:00"), Limit(1, THROUGH), RULE, CALENDAR) == at("2026-11-20T09:30")


@given(moments, limits, moments)
def test_urgency_agrees_with_the_remaining_time(since, limit, now):
    due_at = compute_deadline(since, limit, CALENDAR).at
    found = urgency(now, due_at, limit, RULE, CALENDAR)
    left = CALENDAR.elapsed(now, due_at, limit.unit)
    window = max(CALENDAR.duration(limit) / 4, RULE.at_least)
    assert (found is Urgency.OVERDUE) == (now > due_at)
    assert (found is Urgency.ON_TIME) == (left > window)


def test_level_escalates_after_its_share_of_the_limit():
    assert escalate_at(at("2026-11-23T16:00"), Limit(1, DAY), 0.5, CALENDAR) == at("2026-11-23T10:00")


@pytest.mark.parametrize(
    ("since", "limit", "provisional"),
    [
        ("2026-12-30T09:00", Limit(1, DAY), False),
        ("2026-12-30T09:00", Limit(5, DAY), True),
        ("2026-12-31T23:00", Limit(2, THROUGH), False),
        ("2021-05-04T09:00", Limit(1, HOUR), True),
    ],
)
def test_due_time_over_unknown_days_is_provisional(since, limit, provisional):
    assert compute_deadline(at(since), limit, CALENDAR).provisional is provisional


def test_suspension_into_an_unknown_year_is_provisional():
    suspended = at("2026-12-30T10:00")
    assert resume_deadline(at("2026-12-31T10:00"), HOUR, suspended, at("2027-01-04T10:00"), CALENDAR).provisional


def test_many_due_times_equal_single_due_times():
    rng = np.random.default_rng(7)
    shipped = [limit for row in load_limits().categories.values() for limit in row.handle.values()]
    chosen = [shipped[number] for number in rng.integers(0, len(shipped), 500)]
    start = at("2022-01-01T00:00")
    since = [start + timedelta(seconds=second) for second in rng.integers(0, 160_000_000, 500).tolist()]
    assert compute_deadlines(since, chosen, CALENDAR) == [
        compute_deadline(*row, CALENDAR) for row in zip(since, chosen, strict=True)
    ]
    assert compute_deadlines([], [], CALENDAR) == []
