"""Days, weekdays and hours of SQL agree with those of Python, also in years with summer time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from geogrid.incidents.rule_set import load_rules
from geogrid.local_time import offset_changes
from geogrid.model import SYSTEM
from geogrid.services.incident_import import import_incidents
from geogrid.services.layer_generations import load_locator
from geogrid.store.sql_local_time import local_day, local_hour, local_weekday
from geogrid.store.tables import incidents
from geogrid.tabular.row_model import TableRow

pytestmark = pytest.mark.both_databases


def moments(zone: ZoneInfo) -> list[datetime]:
    """Return times around each change of the clock since 1980, and around midnight and noon."""
    changes = [change for change in offset_changes(zone)[1:] if 1980 < change.at.year < 2026]
    return [
        *(change.at + timedelta(seconds=seconds) for change in changes for seconds in (-1, 0, 1, 21_600)),
        *(datetime(1988, 7, 1, 14, 59, 59, tzinfo=UTC) + timedelta(seconds=seconds) for seconds in (0, 1)),
        *(datetime(2026, 1, 1, 6, tzinfo=UTC) + timedelta(hours=12 * half) for half in range(2)),
    ]


def test_days_hours_and_weekdays_equal_those_of_python(store, zone):
    times = moments(zone)
    rows = [{"reported_at": at.isoformat(), "category": "Z01", "lon": 113.2988, "lat": 40.09} for at in times]
    numbered = (TableRow(number, row) for number, row in enumerate(rows, start=2))
    done = import_incidents(store, load_locator(store), load_rules(), numbered, SYSTEM, datum="wgs84", commit=True)
    assert done.accepted == len(times)
    at = incidents.c.reported_at
    with store.read() as connection:
        found = connection.execute(select(at, local_day(at), local_hour(at), local_weekday(at))).all()
    assert {row[0] for row in found} >= set(times)
    for moment, day, hour, weekday in found:
        local = moment.astimezone(zone)
        assert (day, hour, weekday) == (local.date().isoformat(), local.hour, local.isoweekday()), moment
