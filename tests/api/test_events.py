"""``GET /v1/events`` over real HTTP, with changes by another process."""

import json
import socket
import threading
import time
from datetime import UTC, datetime

import httpx2
import pytest
import uvicorn

from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import CONSOLE, EVERY_ROLE, Actor, Bounds, Grant, Point, Report, Role
from geogrid.services.api_keys import create_key
from geogrid.services.incident_import import import_incidents
from geogrid.services.incident_steps import take_step
from geogrid.services.incidents import report_incident
from geogrid.services.users import add_user
from geogrid.tabular.row_model import TableRow
from geogrid_api import event_stream

STREET, OTHER_STREET = "140213051", "140213050"
SOMEBODY = Actor("key:0", "tests", EVERY_ROLE)
PASSWORD = "correct horse battery staple"


@pytest.fixture
def origin(app):
    """Address of the running application."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def make_change(store, locator):
    """Function that reports an incident and takes a step, like another process."""

    def change():
        report = Report(datetime.now(UTC), "Z06", "hotline", Point(113.2988, 40.0901), "wgs84")
        number = report_incident(store, locator, load_rules(), report, SOMEBODY).id
        take_step(store, locator, load_rules(), SOMEBODY, number, StepRequest("note", note="x"))
        return number

    return change


def follow(origin, headers, *, events, path="/v1/events", action=lambda: None):
    """Return the first events of the stream; `action` is called once the stream is open."""
    found, last = [], None
    with (
        httpx2.Client(trust_env=False, timeout=15) as client,
        client.stream("GET", origin + path, headers=headers) as response,
    ):
        assert (response.status_code, response.headers["content-type"].split(";")[0]) == (200, "text/event-stream")
        kind = None
        for line in response.iter_lines():
            if line.startswith("retry:"):
                action()
            elif line.startswith("id:"):
                last = int(line[3:])
            elif line.startswith("event:"):
                kind = line[7:]
            elif line.startswith("data:"):
                found.append((kind, last, json.loads(line[5:])))
            if len(found) == events:
                break
    return found


def bearer(store, **bounds):
    key = create_key(store, "follower", Grant(frozenset({Role.DISPATCHER}), Bounds(**bounds)))
    return {"Authorization": f"Bearer {key}"}


def test_stream_sends_changes_in_order_and_resumes(origin, store, make_change):
    headers, numbers = bearer(store), []
    events_received = follow(origin, headers, events=2, action=lambda: numbers.append(make_change()))
    assert [(kind, told) for kind, _, told in events_received] == [
        ("change", {"incident": numbers[0], "version": 1}),
        ("change", {"incident": numbers[0], "version": 2}),
    ]
    again = follow(origin, {**headers, "Last-Event-ID": str(events_received[0][1])}, events=1)
    assert again == events_received[1:]


def test_stream_omits_incidents_outside_bounds(origin, store, make_change):
    happened = [make_change()]
    whole = follow(origin, {**bearer(store), "Last-Event-ID": "0"}, events=2)
    assert {told["incident"] for _, _, told in whole} == set(happened)
    bounded = {**bearer(store, areas=(OTHER_STREET,)), "Last-Event-ID": "0"}
    with httpx2.Client(trust_env=False) as client:
        text = client.get(f"{origin}/v1/events?seconds=1", headers=bounded).text
    assert "change" not in text


def test_incident_leaving_bounds_is_sent_as_gone_without_data(origin, store, locator, make_change):
    number, house = make_change(), (store, locator, load_rules())
    there = next(code for code in sorted(locator.owners) if code.startswith(OTHER_STREET))

    def transfer():
        take_step(*house, SOMEBODY, number, StepRequest("place", note="x", grid=there))

    events_received = follow(origin, bearer(store, areas=(STREET,)), events=1, action=transfer)
    assert [(kind, told) for kind, _, told in events_received] == [("gone", {"incident": number})]


def test_import_sends_one_event(origin, store, locator):
    fields = {"reported_at": "2026-01-02", "category": "Z01", "lon": "113.2988", "lat": "40.0901"}

    def import_reports():
        rows = [TableRow(number, fields) for number in (2, 3)]
        import_incidents(store, locator, load_rules(), rows, SOMEBODY, datum="wgs84", commit=True)

    events_received = follow(origin, bearer(store, areas=(STREET,)), events=1, action=import_reports)
    assert [(kind, told) for kind, _, told in events_received] == [("import", {})]


def test_stream_ends_with_the_session(origin, store, monkeypatch):
    monkeypatch.setattr(event_stream, "HEARTBEAT_S", 0.5)
    grant = Grant(frozenset({Role.DISPATCHER}))
    add_user(store, load_rules(), CONSOLE, name="desk", display_name="desk", password=PASSWORD, grant=grant)
    with httpx2.Client(base_url=origin, trust_env=False) as client:
        token = client.post("/v1/sessions", json={"name": "desk", "password": PASSWORD}).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        ended = follow(origin, headers, events=1, action=lambda: client.delete("/v1/sessions/current", headers=headers))
    assert ended[0][0] == "ended"


def test_invalid_last_event_id_is_refused(origin, store):
    with httpx2.Client(trust_env=False) as client:
        response = client.get(f"{origin}/v1/events", headers={**bearer(store), "Last-Event-ID": "x"})
    assert response.status_code == 422
