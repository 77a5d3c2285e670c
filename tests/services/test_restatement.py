"""Incidents restated by other layers than those of their day: against counts by hand, and under way with others."""

import hashlib
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
from sqlalchemy import func, select

from geogrid.errors import ConflictError, NotFoundError
from geogrid.incidents.query import IncidentQuery
from geogrid.incidents.rule_set import load_rules
from geogrid.layers.topology import check_layers, has_errors
from geogrid.locate.locator import Locator
from geogrid.model import BASE_LAYERS, SYSTEM, IncidentSource, Layer, Point, Report
from geogrid.services import restatement
from geogrid.services.figures import density, kpi
from geogrid.services.incidents import list_incidents, report_incident
from geogrid.services.layers import activate, load_generation, roll_back
from geogrid.services.restatement import reassign
from geogrid.store.tables import incidents, restatements

pytestmark = pytest.mark.both_databases

GIVES, TAKES, GONE = "140213050010005", "140213053010006", "140213051003501"
RULES = load_rules()
REPORT = Report(datetime(2026, 3, 1, 8, tzinfo=UTC), "Z06", IncidentSource.PATROL, Point(113.3, 40.09), "wgs84")


def held(frame, points):
    """The lowest code of those that cover each point, found by trying every area on every point near it."""
    codes = np.full(len(points), "", dtype=object)
    x, y = shapely.get_x(points), shapely.get_y(points)
    for code, shape in sorted(zip(frame["code"], frame.geometry, strict=True), reverse=True):
        west, south, east, north = shape.bounds
        near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        codes[near[shapely.covers(shape, points[near])]] = code
    return codes.tolist()


@pytest.fixture(scope="module")
def by_hand(demo, moved_layers):
    """For each incident its base grid, dedicated grid, community and street by the moved layers, "" for none."""
    with demo.read() as connection:
        rows = connection.execute(select(incidents.c.lon, incidents.c.lat).order_by(incidents.c.id)).all()
    points = shapely.points(np.array([tuple(row) for row in rows]))
    urban, rural = (held(moved_layers[layer], points) for layer in BASE_LAYERS)
    base = [min(filter(None, codes)) for codes in zip(urban, rural, strict=True)]
    dedicated = held(moved_layers[Layer.DEDICATED], points)
    parents = {
        code: parent
        for frame in moved_layers.values()
        for code, parent in zip(frame["code"], frame["parent"], strict=True)
    }
    communities = [parents[inner or outer] for outer, inner in zip(base, dedicated, strict=True)]
    return list(zip(base, dedicated, communities, (parents[code] for code in communities), strict=True))


def fingerprint(store):
    with store.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM incidents ORDER BY id").all()
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def kept(store):
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(restatements)).scalar_one()


def missing(store, chosen):
    with pytest.raises(ConflictError) as caught:
        kpi(store, chosen)
    assert caught.value.code == "not_restated"
    assert caught.value.remedy.startswith("Run: geogrid reassign --generation 2")
    return int(caught.value.message.split()[0].replace(",", ""))


def test_the_moved_layers_could_be_put_in_force(moved_layers):
    assert not has_errors(check_layers(moved_layers))


@pytest.mark.full_demo
def test_every_incident_is_restated_where_it_is_found_by_hand(store, moved, by_hand):
    done = reassign(store, moved, commit=True)
    with store.read() as connection:
        rows = connection.execute(select(restatements).order_by(restatements.c.incident)).all()
        own = connection.execute(select(incidents).order_by(incidents.c.id)).all()
    found = [
        tuple(code or "" for code in (r.base_code, r.dedicated_code, r.community_code, r.street_code)) for r in rows
    ]
    assert found == by_hand
    before = [row.dedicated_code or row.base_code for row in own]
    changed = [row for row, (base, inner, *_) in enumerate(by_hand) if (inner or base) != before[row]]
    assert (done.restated, done.already, done.outside) == (59_369, 0, 0)
    assert done.change_hands == len(changed) > 50
    assert done.by_street == Counter(own[row].street_code for row in changed)
    assert set(done.by_street) == {GIVES[:9], GONE[:9]}


@pytest.mark.full_demo
def test_figures_are_those_of_a_count_by_hand(store, moved, by_hand):
    reassign(store, moved, commit=True)
    chosen = IncidentQuery(by_generation=moved)
    bases, inners, communities, streets = (Counter(codes) for codes in zip(*by_hand, strict=True))
    del inners[""]
    found = density(store, chosen)
    assert found.by_grid == {**bases, **inners}
    assert (found.kpi.received, found.kpi.generation) == (59_369, moved)
    assert {code: kpi(store, replace(chosen, street=code)).received for code in streets} == streets
    for code in (GIVES[:12], TAKES[:12], GONE[:12]):
        assert kpi(store, replace(chosen, community=code)).received == communities[code]
    for code in (GIVES, TAKES):
        assert kpi(store, replace(chosen, grid=code)).received == bases[code]
        assert bases[code] != density(store, IncidentQuery(grid=code)).by_grid[code]
    assert kpi(store, replace(chosen, layer=Layer.DEDICATED)).received == sum(inners.values())
    # NULL in a restatement counts: these lie in no dedicated grid any more.
    assert kpi(store, replace(chosen, grid=GONE)).received == 0 < kpi(store, IncidentQuery(grid=GONE)).received
    layers = [kpi(store, replace(chosen, layer=layer)).received for layer in BASE_LAYERS]
    assert sum(layers) == sum(streets.values()) == 59_369


def test_lists_show_and_filter_by_the_restated_grids(store, moved):
    reassign(store, moved, commit=True)
    chosen = IncidentQuery(by_generation=moved, street=TAKES[:9], grid=TAKES)
    found = {incident.id: incident for incident in list_incidents(store, chosen, limit=1_000).items}
    before = {incident.id for incident in list_incidents(store, IncidentQuery(grid=TAKES), limit=1_000).items}
    assert before < set(found)
    for number in set(found) - before:
        placement = found[number].placement
        assert (placement.generation, placement.base_code, placement.street_code) == (moved, TAKES, TAKES[:9])
        with store.read() as connection:
            own = connection.execute(select(incidents).where(incidents.c.id == number)).one()
        assert (own.generation, own.base_code, own.street_code) == (1, GIVES, GIVES[:9])
        assert placement.wgs84 == Point(own.lon, own.lat)


@pytest.mark.full_demo
def test_restated_pages_hold_every_incident_once(store, moved):
    reassign(store, moved, commit=True)
    chosen = IncidentQuery(by_generation=moved, community=TAKES[:12])
    seen, cursor = [], None
    while True:
        page = list_incidents(store, chosen, cursor=cursor, limit=50)
        seen += [incident.id for incident in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == kpi(store, chosen).received > 50


def test_without_as_of_nothing_changes(store, moved):
    rows, figures = fingerprint(store), density(store, IncidentQuery())
    activate(store, moved)
    reassign(store, moved, commit=True)
    after = density(store, IncidentQuery())
    assert fingerprint(store) == rows
    assert (after.kpi, after.by_grid) == (figures.kpi, figures.by_grid)
    assert after.kpi.generation is None


def test_a_dry_run_counts_the_same_and_keeps_nothing(store, moved, received):
    dry = reassign(store, moved, commit=False)
    assert kept(store) == 0
    wet = reassign(store, moved, commit=True)
    assert replace(dry, committed=True) == wet
    assert kept(store) == received


def test_a_second_run_does_nothing_and_counts_the_same(store, moved, received):
    first = reassign(store, moved, commit=True)
    again = reassign(store, moved, commit=True)
    assert (again.restated, again.already) == (0, received)
    assert replace(again, restated=first.restated, already=first.already) == first


def test_generations_are_never_mixed(store, moved, received):
    chosen = IncidentQuery(by_generation=moved)
    assert missing(store, chosen) == received
    for call in (density, list_incidents):
        with pytest.raises(ConflictError):
            call(store, chosen)
    reassign(store, moved, commit=True)
    assert kpi(store, chosen).received == received
    report_incident(store, Locator(*load_generation(store, 1)), RULES, REPORT, SYSTEM)
    assert missing(store, chosen) == 1
    assert missing(store, replace(chosen, street=TAKES[:9])) == 1, "it might lie there"
    assert kpi(store, replace(chosen, until=REPORT.reported_at)).received == received, "it is not meant"
    assert reassign(store, moved, commit=True).restated == 1
    assert kpi(store, chosen).received == received + 1


def test_what_a_generation_assigned_itself_needs_no_restatement(store, moved, received):
    assert kpi(store, IncidentQuery(by_generation=1)).received == received
    activate(store, moved)
    new = report_incident(store, Locator(*load_generation(store, moved)), RULES, REPORT, SYSTEM)
    roll_back(store)
    assert missing(store, IncidentQuery(by_generation=moved)) == received
    done = reassign(store, 1, commit=True)
    assert (done.restated, done.change_hands) == (1, 0)
    by_first = IncidentQuery(by_generation=1, since=REPORT.reported_at)
    assert [(i.id, i.placement.generation) for i in list_incidents(store, by_first).items] == [(new.id, 1)]
    assert density(store, IncidentQuery(by_generation=1)).kpi.received == received + 1


def test_a_point_outside_stays_outside(store, moved):
    far = replace(REPORT, point=Point(116.4, 39.9))
    report_incident(store, Locator(*load_generation(store, 1)), RULES, far, SYSTEM)
    done = reassign(store, moved, commit=True)
    assert done.outside == 1
    found = list_incidents(store, IncidentQuery(by_generation=moved, since=REPORT.reported_at)).items[0].placement
    assert (found.base_code, found.street_code, found.generation) == (None, None, moved)


@pytest.mark.parametrize("number", [99, 2**63 - 1])
def test_an_unknown_generation_is_not_found(demo, number):
    with pytest.raises(NotFoundError):
        reassign(demo, number, commit=False)
    with pytest.raises(NotFoundError):
        kpi(demo, IncidentQuery(by_generation=number))


_KILLED = """
import os, signal, sys
from geogrid.services import restate
from geogrid.store.database import Store

keep, calls = restate.table.add_restatements, []

def kill_in_the_third(*arguments):
    kept = keep(*arguments)
    calls.append(kept)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return kept

restate._BATCH = 500
restate.table.add_restatements = kill_in_the_third
restate.reassign(Store(sys.argv[1]), 2, commit=True)
"""


@pytest.mark.full_demo
def test_a_run_that_was_killed_is_taken_up_where_it_stopped(store, moved, by_hand):
    url = store.url.render_as_string(hide_password=False)
    killed = subprocess.run([sys.executable, "-c", _KILLED, url], check=False, timeout=120, capture_output=True)
    assert killed.returncode == -9, killed.stderr
    assert kept(store) == 1_000, "what was not committed is not there"
    assert missing(store, IncidentQuery(by_generation=moved)) == 58_369
    done = reassign(store, moved, commit=True)
    assert (done.restated, done.already) == (58_369, 1_000)
    assert density(store, IncidentQuery(by_generation=moved, grid=TAKES)).by_grid[TAKES] == sum(
        base == TAKES for base, *_ in by_hand
    )


@pytest.mark.full_demo
def test_a_service_goes_on_while_two_runs_restate_at_once(store, moved, monkeypatch):
    monkeypatch.setattr(restatement, "_BATCH", 2_000)
    locator = Locator(*load_generation(store, 1))
    runs, reported, read, stop, errors = [], [], [], threading.Event(), []

    def watched(work):
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test is to name it
            errors.append(error)

    def go_on():
        while not stop.is_set():
            reported.append(report_incident(store, locator, RULES, REPORT, SYSTEM).id)
            read.append(kpi(store, IncidentQuery(until=REPORT.reported_at)).received)

    others = [threading.Thread(target=watched, args=[go_on]) for _ in range(2)]
    own = [
        threading.Thread(target=watched, args=[lambda: runs.append(reassign(store, moved, commit=True))])
        for _ in range(2)
    ]
    for thread in (*others, *own):
        thread.start()
    for thread in own:
        thread.join()
    stop.set()
    for thread in others:
        thread.join()
    assert errors == []
    assert len(reported) > 5
    assert set(read) == {59_369}
    caught_up = reassign(store, moved, commit=True)
    assert sum(done.restated for done in (*runs, caught_up)) == kept(store) == 59_369 + len(reported)
    assert kpi(store, IncidentQuery(by_generation=moved)).received == 59_369 + len(reported)
