"""Tests of imported histories with milestones."""

import pytest

from geogrid.incidents.incident_file_reader import FileFormat, read_incident_file
from geogrid.incidents.rule_set import load_rules
from geogrid.model import SYSTEM, IncidentStatus
from geogrid.services.incident_import import import_incidents
from geogrid.services.incidents import read_incident
from geogrid.services.layer_generations import load_locator

RULES = load_rules()
NAMES = (
    "reported_at,verified_at,filed_at,dispatched_at,due_at,handled_at,checked_at,closed_at,department,category,lon,lat"
)


def imported(store, **values):
    row = {"reported_at": "2026-03-02T08:00", "category": "Z06", "lon": "113.2988", "lat": "40.09", **values}
    text = f"{NAMES}\n" + ",".join(row.get(name, "") for name in NAMES.split(",")) + "\n"
    rows = read_incident_file(text.encode(), FileFormat.CSV, None).rows
    return import_incidents(store, load_locator(store), RULES, rows, SYSTEM, datum="wgs84", commit=True)


MARCH_2 = "2026-03-02T{}".format


@pytest.mark.parametrize(
    ("given", "status", "stage_due"),
    [
        ({}, "reported", "12:00"),
        ({"verified_at": MARCH_2("08:20")}, "verified", "08:35"),
        ({"filed_at": MARCH_2("08:30")}, "filed", "08:45"),
        ({"dispatched_at": MARCH_2("09:00")}, "dispatched", "15:00"),
        ({"dispatched_at": MARCH_2("09:00"), "due_at": MARCH_2("11:00")}, "dispatched", "11:00"),
        ({"handled_at": MARCH_2("10:00")}, "fed_back", None),
        ({"handled_at": MARCH_2("10:00"), "checked_at": MARCH_2("11:00")}, "checked", None),
        ({"handled_at": MARCH_2("10:00"), "closed_at": MARCH_2("11:00")}, "closed", None),
    ],
)
def test_imported_milestones_set_status_and_due_time(store, received, given, status, stage_due):
    assert imported(store, **given).accepted == 1
    progress = read_incident(store, SYSTEM, received + 1).progress
    assert progress.status is IncidentStatus(status)
    local = progress.stage_due_at and progress.stage_due_at.astimezone(RULES.due_times.calendar.zone)
    # The limit is four working hours, without the noon break of two hours.
    assert (local and f"{local:%H:%M}") == stage_due


def test_imported_department_is_stored(store, received):
    imported(store, department="城市管理")
    assert read_incident(store, SYSTEM, received + 1).progress.department == "城市管理"


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"verified_at": MARCH_2("07:00")}, "verified_at", "time_order"),
        ({"filed_at": MARCH_2("10:00"), "dispatched_at": MARCH_2("09:00")}, "dispatched_at", "time_order"),
        ({"dispatched_at": MARCH_2("10:00"), "handled_at": MARCH_2("09:00")}, "handled_at", "time_order"),
        ({"checked_at": MARCH_2("10:00")}, "checked_at", "time_order"),
        ({"due_at": MARCH_2("07:00")}, "due_at", "time_order"),
        ({"due_at": "2199-12-31T00:00"}, "due_at", "time_order"),
        ({"due_at": "soon"}, "due_at", "time"),
        ({"filed_at": "2198-01-01T00:00"}, "filed_at", "time_in_future"),
        ({"department": "月球"}, "department", "department_unknown"),
    ],
)
def test_inconsistent_history_is_refused(store, given, field, code):
    done = imported(store, **given)
    assert [(refusal.field, refusal.code) for refusal in done.refused] == [(field, code)]
