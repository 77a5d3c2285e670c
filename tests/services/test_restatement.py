"""Tests of restatements: brute-force comparison, interruption, concurrency."""

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
from geogrid.model import BASE_LAYERS, SYSTEM, Layer, Point, Report
from geogrid.services import restatement
from geogrid.services.incidents import list_incidents, report_incident
from geogrid.services.key_figures import read_density, read_kpi
from geogrid.services.layer_generations import activate_generation, load_generation, reactivate_previous
from geogrid.services.restatement import restate_incidents
from geogrid.store.tables import incidents, restatements

pytestmark = pytest.mark.both_databases

GIVES, TAKES, GONE = "140213050010005", "140213053010006", "140213051003501"
RULES = load_rules()
REPORT = Report(datetime(2026, 3, 1, 8, tzinfo=UTC), "Z06", "patrol", Point(113.3, 40.09), "wgs84")


def held(frame, points):
    """Return the lowest code of the areas that cover each point, by brute force; "" for none."""
    codes = np.full(len(points), "", dtype=object)
    x, y = shapely.get_x(points), shapely.get_y(points)
    for code, shape in sorted(zip(frame["code"], frame.geometry, strict=True), reverse=True):
        west, south, east, north = shape.bounds
        near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        codes[near[shapely.covers(shape, points[near])]] = code
    return codes.tolist()


@pytest.fixture(scope="module")
def brute_force(demo, moved_layers):
    """The base grid, dedicated grid, community and street of each incident by the moved layers; "" for none."""
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


def count_restated(store):
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(restatements)).scalar_one()


def missing(store, filters):
    with pytest.raises(ConflictError) as caught:
        read_kpi(store, filters)
    assert caught.value.code == "not_restated"
    assert caught.value.remedy.startswith("Run: geogrid reassign --generation 2")
    return int(caught.value.message.split()[0].replace(",", ""))


def test_moved_layers_are_valid(moved_layers):
    assert not has_errors(check_layers(moved_layers))


@pytest.mark.full_demo
def test_every_incident_is_restated_to_the_grids_of_its_point(store, moved, brute_force):
    done = restate_incidents(store, moved, commit=True)
    with store.read() as connection:
        rows = connection.execute(select(restatements).order_by(restatements.c.incident)).all()
        own = connection.execute(select(incidents).order_by(incidents.c.id)).all()
    found = [
        tuple(code or "" for code in (r.base_code, r.dedicated_code, r.community_code, r.street_code)) for r in rows
    ]
    assert found == brute_force
    before = [row.dedicated_code or row.base_code for row in own]
    changed = [row for row, (base, inner, *_) in enumerate(brute_force) if (inner or base) != before[row]]
    assert (done.restated, done.already, done.outside) == (59_369, 0, 0)
    assert done.change_hands == len(changed) > 50
    assert done.by_street == Counter(own[row].street_code for row in changed)
    assert set(done.by_street) == {GIVES[:9], GONE[:9]}


@pytest.mark.full_demo
def test_restated_figures_equal_a_recomputation(store, moved, brute_force):
    restate_incidents(store, moved, commit=True)
    filters = IncidentQuery(by_generation=moved)
    bases, inners, communities, streets = (Counter(codes) for codes in zip(*brute_force, strict=True))
    del inners[""]
    found = read_density(store, filters)
    assert found.by_grid == {**bases, **inners}
    assert (found.kpi.received, found.kpi.generation) == (59_369, moved)
    assert {code: read_kpi(store, replace(filters, street=code)).received for code in streets} == streets
    for code in (GIVES[:12], TAKES[:12], GONE[:12]):
        assert read_kpi(store, replace(filters, community=code)).received == communities[code]
    for code in (GIVES, TAKES):
        assert read_kpi(store, replace(filters, grid=code)).received == bases[code]
        assert bases[code] != read_density(store, IncidentQuery(grid=code)).by_grid[code]
    assert read_kpi(store, replace(filters, layer=Layer.DEDICATED)).received == sum(inners.values())
    # NULL in a restatement is a value: these incidents are no longer in a dedicated grid.
    assert (
        read_kpi(store, replace(filters, grid=GONE)).received == 0 < read_kpi(store, IncidentQuery(grid=GONE)).received
    )
    layers = [read_kpi(store, replace(filters, layer=layer)).received for layer in BASE_LAYERS]
    assert sum(layers) == sum(streets.values()) == 59_369


def test_lists_show_and_filter_by_restated_grids(store, moved):
    restate_incidents(store, moved, commit=True)
    filters = IncidentQuery(by_generation=moved, street=TAKES[:9], grid=TAKES)
    found = {incident.id: incident for incident in list_incidents(store, filters, limit=1_000).items}
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
    restate_incidents(store, moved, commit=True)
    filters = IncidentQuery(by_generation=moved, community=TAKES[:12])
    seen, cursor = [], None
    while True:
        page = list_incidents(store, filters, cursor=cursor, limit=50)
        seen += [incident.id for incident in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == read_kpi(store, filters).received > 50


def test_restatement_does_not_change_original_figures(store, moved):
    rows, figures = fingerprint(store), read_density(store, IncidentQuery())
    activate_generation(store, moved)
    restate_incidents(store, moved, commit=True)
    after = read_density(store, IncidentQuery())
    assert fingerprint(store) == rows
    assert (after.kpi, after.by_grid) == (figures.kpi, figures.by_grid)
    assert after.kpi.generation is None


def test_dry_run_counts_without_writing(store, moved, received):
    dry = restate_incidents(store, moved, commit=False)
    assert count_restated(store) == 0
    wet = restate_incidents(store, moved, commit=True)
    assert replace(dry, committed=True) == wet
    assert count_restated(store) == received


def test_second_run_changes_nothing(store, moved, received):
    first = restate_incidents(store, moved, commit=True)
    again = restate_incidents(store, moved, commit=True)
    assert (again.restated, again.already) == (0, received)
    assert replace(again, restated=first.restated, already=first.already) == first


def test_generations_are_never_mixed(store, moved, received):
    chosen = IncidentQuery(by_generation=moved)
    assert missing(store, chosen) == received
    for call in (read_density, list_incidents):
        with pytest.raises(ConflictError):
            call(store, chosen)
    restate_incidents(store, moved, commit=True)
    assert read_kpi(store, chosen).received == received
    report_incident(store, Locator(*load_generation(store, 1)), RULES, REPORT, SYSTEM)
    assert missing(store, chosen) == 1
    assert missing(store, replace(chosen, street=TAKES[:9])) == 1, "it might lie there"
    assert read_kpi(store, replace(chosen, until=REPORT.reported_at)).received == received, "it is not meant"
    assert restate_incidents(store, moved, commit=True).restated == 1
    assert read_kpi(store, chosen).received == received + 1


def test_incidents_assigned_by_the_generation_need_no_restatement(store, moved, received):
    assert read_kpi(store, IncidentQuery(by_generation=1)).received == received
    activate_generation(store, moved)
    new = report_incident(store, Locator(*load_generation(store, moved)), RULES, REPORT, SYSTEM)
    reactivate_previous(store)
    assert missing(store, IncidentQuery(by_generation=moved)) == received
    done = restate_incidents(store, 1, commit=True)
    assert (done.restated, done.change_hands) == (1, 0)
    by_first = IncidentQuery(by_generation=1, since=REPORT.reported_at)
    assert [(i.id, i.placement.generation) for i in list_incidents(store, by_first).items] == [(new.id, 1)]
    assert read_density(store, IncidentQuery(by_generation=1)).kpi.received == received + 1


def test_point_outside_stays_outside(store, moved):
    far = replace(REPORT, point=Point(116.4, 39.9))
    report_incident(store, Locator(*load_generation(store, 1)), RULES, far, SYSTEM)
    done = restate_incidents(store, moved, commit=True)
    assert done.outside == 1
    found = list_incidents(store, IncidentQuery(by_generation=moved, since=REPORT.reported_at)).items[0].placement
    assert (found.base_code, found.street_code, found.generation) == (None, None, moved)


@pytest.mark.parametrize("number", [99, 2**63 - 1])
def test_unknown_generation_is_not_found(demo, number):
    with pytest.raises(NotFoundError):
        restate_incidents(demo, number, commit=False)
    with pytest.raises(NotFoundError):
        read_kpi(demo, IncidentQuery(by_generation=number))


_KILLED = """
import os, signal, sys
from geogrid.services import restatement
from geogrid.store.database import Store

keep, calls = restatement.table.add_restatements, []

def kill_in_the_third(*arguments):
    kept = keep(*arguments)
    calls.append(kept)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return kept

restatement._BATCH = 500
restatement.table.add_restatements = kill_in_the_third
restatement.restate_incidents(Store(sys.argv[1]), 2, commit=True)
"""


@pytest.mark.full_demo
def test_killed_run_is_continued(store, moved, brute_force):
    url = store.url.render_as_string(hide_password=False)
    killed = subprocess.run([sys.executable, "-c", _KILLED, url], check=False, timeout=120, capture_output=True)
    assert killed.returncode == -9, killed.stderr
    assert count_restated(store) == 1_000, "the third batch was not committed"
    assert missing(store, IncidentQuery(by_generation=moved)) == 58_369
    done = restate_incidents(store, moved, commit=True)
    assert (done.restated, done.already) == (58_369, 1_000)
    assert read_density(store, IncidentQuery(by_generation=moved, grid=TAKES)).by_grid[TAKES] == sum(
        base == TAKES for base, *_ in brute_force
    )


@pytest.mark.full_demo
def test_two_concurrent_runs_do_not_stop_the_service(store, moved, monkeypatch):
    monkeypatch.setattr(restatement, "_BATCH", 2_000)
    locator = Locator(*load_generation(store, 1))
    runs, reported, read, stop, errors = [], [], [], threading.Event(), []

    def watched(work):
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the test reports any error
            errors.append(error)

    def go_on():
        while not stop.is_set():
            reported.append(report_incident(store, locator, RULES, REPORT, SYSTEM).id)
            read.append(read_kpi(store, IncidentQuery(until=REPORT.reported_at)).received)

    others = [threading.Thread(target=watched, args=[go_on]) for _ in range(2)]
    own = [
        threading.Thread(target=watched, args=[lambda: runs.append(restate_incidents(store, moved, commit=True))])
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
    caught_up = restate_incidents(store, moved, commit=True)
    assert sum(done.restated for done in (*runs, caught_up)) == count_restated(store) == 59_369 + len(reported)
    assert read_kpi(store, IncidentQuery(by_generation=moved)).received == 59_369 + len(reported)
