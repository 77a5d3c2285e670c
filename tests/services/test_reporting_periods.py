"""Tests of closed reporting periods, for single reports and for imports."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from geogrid.errors import ForbiddenError, InputError
from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE, SYSTEM, Point, Report
from geogrid.rules.formulas import load_formulas
from geogrid.services.incident_import import import_incidents
from geogrid.services.incidents import report_incident
from geogrid.services.layer_generations import load_locator
from geogrid.services.reporting_periods import close_period
from geogrid.tabular.row_model import TableRow

FORMULAS = load_formulas()
#: 31 March in local time, 30 March in UTC.
LATE = Report(datetime(2026, 3, 30, 16, 30, tzinfo=UTC), "Z06", "patrol", Point(113.2988, 40.09), "wgs84")


@pytest.mark.both_databases
def test_closed_period_refuses_reports_until_reopened(store):
    context = store, load_locator(store), load_rules()
    assert close_period(store, FORMULAS, CONSOLE, date(2026, 3, 31), commit=False).previous_day is None
    report_incident(*context, LATE, SYSTEM)
    close_period(store, FORMULAS, CONSOLE, date(2026, 3, 31), commit=True)
    with pytest.raises(InputError) as caught:
        report_incident(*context, LATE, SYSTEM)
    assert (caught.value.code, caught.value.field) == ("period_closed", "reported_at")
    report_incident(*context, replace(LATE, reported_at=datetime(2026, 3, 31, 16, tzinfo=UTC)), SYSTEM)
    cells = {"category": "Z06", "lon": "113.2988", "lat": "40.09"}
    rows = [
        TableRow(2, {**cells, "reported_at": "2026-03-31T23:59"}),
        TableRow(3, {**cells, "reported_at": "2026-04-01"}),
    ]
    done = import_incidents(*context, rows, SYSTEM, datum="wgs84", commit=True)
    assert [(refusal.row, refusal.code) for refusal in done.refused] == [(2, "period_closed")]
    assert done.accepted == 1
    assert close_period(store, FORMULAS, CONSOLE, date(2026, 2, 28), commit=True).previous_day == date(2026, 3, 31)
    report_incident(*context, LATE, SYSTEM)


def test_closing_needs_a_past_day_and_permission(store):
    with pytest.raises(InputError):
        close_period(store, FORMULAS, CONSOLE, date(2999, 1, 1), commit=True)
    with pytest.raises(ForbiddenError):
        close_period(store, FORMULAS, SYSTEM, date(2022, 1, 1), commit=True)
