"""Tests of concurrent worker processes on one database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier

import pytest
from sqlalchemy import func, select

from geogrid.errors import ConflictError
from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE, SYSTEM, Point, Report
from geogrid.services import layer_generations
from geogrid.services.incident_import import import_incidents
from geogrid.services.incidents import report_incident
from geogrid.services.people import import_posts
from geogrid.store.database import Store
from geogrid.store.generations import add_generation
from geogrid.store.tables import generations, incidents, posts
from geogrid.tabular.row_model import TableRow

pytestmark = pytest.mark.both_databases

RULES = load_rules()
REPORT = Report(datetime(2026, 3, 1, 8, tzinfo=UTC), "Z06", "hotline", Point(113.3, 40.09), "wgs84")
WORKERS = 4


@pytest.fixture
def race(store):
    """A function that runs work in several workers at once; they share only the database."""
    workers = [Store(store.url.render_as_string(hide_password=False)) for _ in range(WORKERS)]

    def run(work):
        start = Barrier(WORKERS)

        def begin(worker):
            start.wait()
            try:
                return work(worker)
            except ConflictError as error:
                return error

        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(begin, workers))

    yield run
    for worker in workers:
        worker.close()


def count(store, table, *conditions):
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def test_external_id_is_reported_by_one_worker(store, race, locator):
    for number in range(10):
        report = replace(REPORT, external_id=f"race-{number}")
        done = race(lambda worker, report=report: report_incident(worker, locator, RULES, report, SYSTEM))
        assert sorted(getattr(found, "code", "kept") for found in done) == ["external_id_known"] * 3 + ["kept"]
    assert count(store, incidents, incidents.c.external_id.like("race-%")) == 10


def test_each_row_is_imported_by_one_worker(store, race, locator):
    cells = {"reported_at": "2026-03-01T08:00", "category": "Z01", "lon": "113.2988", "lat": "40.09"}
    rows = [TableRow(number, {**cells, "external_id": f"race-{number}"}) for number in range(200)]
    done = race(lambda worker: import_incidents(worker, locator, RULES, rows, datum="wgs84", actor=SYSTEM, commit=True))
    assert sorted(report.accepted for report in done) == [0, 0, 0, 200]
    assert count(store, incidents, incidents.c.external_id.like("race-%")) == 200


def test_each_post_is_imported_by_one_worker(store, race):
    cells = {"code": "140213051003008", "duty": "网格长", "valid_from": "2026-03-01"}
    rows = [TableRow(number, {**cells, "name": f"测试员{number}"}) for number in range(50)]
    done = race(lambda worker: import_posts(worker, rows, CONSOLE, load_rules().profile, commit=True))
    assert sorted((report.added, report.unchanged) for report in done) == [(0, 50)] * 3 + [(50, 0)]
    assert count(store, posts) == 50


def test_label_is_used_by_one_worker(store, race, moved_layers):
    def add(worker):
        with worker.write() as connection:
            return add_generation(connection, moved_layers, label="race")

    done = race(add)
    assert sum(isinstance(found, ConflictError) for found in done) == 3
    assert count(store, generations) == 2


def test_concurrent_activations_have_distinct_times(store, race, moved):
    decided = race(lambda worker: layer_generations.activate_generation(worker, moved))
    moments = [decision.active_from for decision in sorted(decided, key=lambda decision: decision.decided_at)]
    assert moments == sorted(set(moments))
    in_order = next(record for record in layer_generations.list_generations(store) if record.generation.id == moved)
    assert in_order.active_from == moments


def test_concurrent_upgrades_run_once(new_url):
    start = Barrier(WORKERS)

    def upgrade(_):
        store = Store(new_url)
        start.wait()
        store.upgrade()
        found = store.revision(), count(store, incidents)
        store.close()
        return found

    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(upgrade, range(WORKERS)))
    assert len(set(found)) == 1
    assert found[0][0] is not None


def test_reader_sees_a_snapshot_during_a_write(store, locator):
    with store.read() as connection:
        query = select(func.count()).select_from(incidents)
        before = connection.execute(query).scalar_one()
        report_incident(store, locator, RULES, REPORT, SYSTEM)
        assert connection.execute(query).scalar_one() == before
    assert count(store, incidents) == before + 1
