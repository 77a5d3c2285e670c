"""Two applications on one database, SQLite or PostgreSQL, behave like one."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from fastapi.testclient import TestClient

from geogrid.services.layer_generations import activate_generation
from geogrid.settings import Settings
from geogrid_api.app import REFRESH_EVERY_S, create_app

pytestmark = pytest.mark.both_databases

POINT = {"lon": 113.3058, "lat": 40.0912, "datum": "gcj02"}


@pytest.fixture
def workers(store, key, tmp_path):
    """Clients of two applications."""
    settings = Settings(home=tmp_path, database_url=store.url.render_as_string(hide_password=False))
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                TestClient(
                    create_app(settings), raise_server_exceptions=False, headers={"Authorization": f"Bearer {key}"}
                )
            )
            for _ in range(2)
        ]


def test_workers_share_incidents(workers, received):
    first, second = workers
    kept = first.post("/v1/incidents", json={**POINT, "category": "Z06", "description": "路口\U0001f6b2"}).json()
    assert kept.pop("duplicates") == []
    assert second.get(f"/v1/incidents/{kept['id']}").json() == {**kept, "merged_finally": None, "parts": []}
    assert second.get("/v1/incidents", params={"limit": 1}).json()["items"] == [kept]
    counts = [worker.get("/v1/kpi").json() for worker in workers]
    assert counts[0] == counts[1]
    assert counts[0]["received"] == received + 1


def test_workers_accept_an_external_id_once(workers):
    start = threading.Barrier(2)

    def report(worker):
        statuses = []
        for number in range(10):
            start.wait()
            body = {**POINT, "category": "Z06", "external_id": f"race-{number}"}
            statuses.append(worker.post("/v1/incidents", json=body).status_code)
        return statuses

    with ThreadPoolExecutor(2) as pool:
        responses = zip(*pool.map(report, workers), strict=True)
    assert [sorted(pair) for pair in responses] == [[201, 409]] * 10


def test_workers_follow_an_activation(workers, store, moved):
    activate_generation(store, moved)
    deadline = time.monotonic() + REFRESH_EVERY_S + 20
    while {worker.get("/v1/locate", params=POINT).json()["generation"] for worker in workers} != {moved}:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/v1/incidents/{2**63 - 1}", 404),
        (f"/v1/incidents/{2**63}", 422),
        ("/v1/incidents?category=%00", 422),
        ("/v1/incidents?category=Z%ED%A0%80", 422),
        ("/v1/kpi?category=%00", 422),
        ("/v1/people?code=%00", 422),
        ("/v1/people?layer=urban&code=99999999999999999999", 200),
        ("/v1/incidents?cursor=MC45OTk5OTk5OTk5OTk5OTk5OTk5OQ==", 200),
    ],
)
def test_invalid_database_values_return_the_same_status(workers, path, status):
    response = workers[0].get(path)
    assert response.status_code == status, response.text
    assert status < 300 or response.json()["code"] != "internal"
