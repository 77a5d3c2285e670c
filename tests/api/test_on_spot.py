"""Reports of incidents that were handled on the spot, over HTTP."""

import itertools
import json
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from geogrid.incidents.on_spot import draw_recheck
from geogrid.model import EVERY_ROLE, Bounds, Grant, Role
from geogrid.rules.incident_workflow import load_workflow
from geogrid.services.api_keys import create_key
from geogrid.store.incidents import reserve_incident_id
from geogrid.store.tables import seeds
from tests.api.test_incident_steps import picture, step

REPORT = {"lon": 113.3058, "lat": 40.0912, "datum": "gcj02", "category": "Z06", "source": "patrol"}
SHARE = load_workflow().on_spot.recheck_share


@pytest.fixture
def client_of(app, store):
    """Function that returns a client with a key for roles and bounds."""

    def make(*roles, **bounds):
        grant = Grant(frozenset(roles), Bounds(**bounds))
        key = create_key(store, "-".join([*roles, *bounds]), grant)
        return TestClient(app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {key}"})

    with TestClient(app):
        yield make


def set_seed(store, *, drawn):
    """Store the first seed that draws the next incident, or does not draw it."""
    with store.write() as connection:
        following = reserve_incident_id(connection) + (not store.is_sqlite)
        seed = next(
            seed
            for number in itertools.count()
            if draw_recheck(seed := number.to_bytes(32), following, SHARE).is_drawn is drawn
        )
        connection.execute(insert(seeds).values(name="recheck", seed=seed.hex(), created_at=datetime.now(UTC)))


def send(client, *, before=(b"",), after=(b"",), note="当场清理", headers=None, **changes):
    """Send a report with photos; an empty content stands for a picture."""
    files = [
        (kind, ("x.jpg", content or picture(), "image/jpeg"))
        for kind, contents in (("before", before), ("after", after))
        for content in contents
    ]
    fields = {"report": json.dumps(REPORT | changes), "note": note}
    # The empty file makes the form multipart.
    files = files or [("note", ("", b""))]
    return client.post("/v1/incidents/handled", data=fields, files=files, headers=headers)


def counts(client):
    table = client.get("/v1/figures", params={"by": "street"}).json()
    return {code: table["total"]["counts"][code] for code in COUNTS}


COUNTS = (
    "received", "handled", "handled_on_spot", "rechecked", "recheck_failed", "to_handle", "handled_in_time",
    "no_due_time", "to_close",
)  # fmt: skip


@pytest.mark.both_databases
def test_undrawn_incident_is_closed_in_one_step_and_counted_apart(client, client_of, store):
    set_seed(store, drawn=False)
    before = counts(client)
    worker = client_of(Role.GRID_WORKER, areas=("140213051",))
    answer = send(worker)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    times = ("verified_at", "filed_at", "dispatched_at", "handled_at", "checked_at", "closed_at")
    assert (found["status"], found["on_spot"], found["level"]) == ("closed", "closed", "grid")
    assert {found[name] for name in times} == {found["reported_at"]}
    assert found["due_at"] is found["stage_due_at"] is found["triage"] is None
    assert found["department"] == "交通运输"
    (taken,) = client.get(f"/v1/incidents/{found['id']}/timeline").json()["steps"]
    assert (taken["action"], taken["from_status"], taken["to_status"]) == ("report_handled", None, "closed")
    assert (taken["note"], taken["role"]) == ("当场清理", "grid_worker")
    draw = taken["details"]["recheck"]
    assert draw["drawn"] is False
    assert draw["share"] == SHARE <= draw["value"]
    photos = client.get(f"/v1/incidents/{found['id']}/photos").json()
    assert [(photo["kind"], photo["step"]) for photo in photos] == [("before", 1), ("after", 1)]
    assert [photo["id"] for photo in photos] == taken["details"]["photos"]
    after = counts(client)
    changed = {code for code in COUNTS if after[code] != before[code]}
    assert changed == {"received", "handled", "handled_on_spot", "no_due_time"}, "no rate in time counts it"


@pytest.mark.both_databases
def test_drawn_incident_is_checked_by_another_user(client, client_of, store):
    set_seed(store, drawn=True)
    before = counts(client)
    reporter, leader = client_of(Role.GRID_WORKER, Role.LEADER), client_of(Role.LEADER)
    found = send(reporter).json()
    number = found["id"]
    assert (found["status"], found["on_spot"]) == ("fed_back", "drawn")
    assert found["checked_at"] is found["closed_at"] is found["due_at"] is None
    assert found["stage_due_at"] > found["reported_at"]
    waiting = {
        name: [item["id"] for item in user.get("/v1/queue", params={"status": "fed_back"}).json()["items"]]
        for name, user in (("leader", leader), ("dispatcher", client_of(Role.DISPATCHER)))
    }
    assert all(number in ids for ids in waiting.values())
    for action in ("check", "rework"):
        assert step(reporter, number, action, note="mine").json()["code"] == "same_hand"
    assert step(leader, number, "check").status_code == 200
    assert step(reporter, number, "close").json()["code"] == "same_hand"
    closed = step(leader, number, "close").json()
    assert (closed["status"], closed["due_at"], closed["stage_due_at"]) == ("closed", None, None)
    after = counts(client)
    assert {code: after[code] - before[code] for code in COUNTS} == {
        **dict.fromkeys(COUNTS, 0), "received": 1, "handled": 1, "handled_on_spot": 1, "rechecked": 1, "no_due_time": 1
    }  # fmt: skip


@pytest.mark.both_databases
def test_failed_recheck_begins_the_limit_at_the_report_and_counts(client, client_of, store):
    set_seed(store, drawn=True)
    before = counts(client)
    long_ago = "2022-05-10T10:00:00+08:00"
    number = send(client, reported_at=long_ago).json()["id"]
    dispatcher = client_of(Role.DISPATCHER)
    returned = step(dispatcher, number, "rework", note="还在").json()
    assert (returned["status"], returned["handled_at"], returned["reworks"]) == ("handling", None, 1)
    # Four working hours from 10:00.
    assert returned["due_at"] == returned["stage_due_at"] == "2022-05-10T16:00:00+08:00"
    after = counts(client)
    assert {code: after[code] - before[code] for code in COUNTS} == {
        "received": 1, "handled": 0, "handled_on_spot": 1, "rechecked": 1, "recheck_failed": 1, "to_handle": 1,
        "handled_in_time": 0, "no_due_time": 0, "to_close": 1,
    }  # fmt: skip
    actions = {found["action"] for found in client.get(f"/v1/incidents/{number}/transitions").json()["transitions"]}
    assert "feed_back" in actions


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        ({"before": ()}, "photo_missing", "before"),
        ({"after": ()}, "photo_missing", "after"),
        ({"before": (), "after": ()}, "photo_missing", "before"),
        ({"after": (b"no picture",)}, "photo_unreadable", "photo"),
        ({"category": "J01"}, "category_kind", "category"),
        ({"category": "none"}, "category_unknown", "category"),
        ({"lon": 116.4, "lat": 39.9, "datum": "wgs84"}, "location_unclear", "lon"),
        ({"note": "x" * 2001}, "text_too_long", "note"),
    ],
)
def test_invalid_report_stores_nothing(client, sent, code, field):
    before = counts(client)
    refused = send(client, **sent)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, code, field)
    assert counts(client) == before


def test_report_part_must_match_its_schema(client):
    refused = client.post(
        "/v1/incidents/handled",
        data={"report": json.dumps(REPORT | {"lon": "secret", "extra": 1})},
        files={"before": ("x.jpg", picture(), "image/jpeg")},
    )
    assert refused.status_code == 422
    pointers = {fault["pointer"] for fault in refused.json()["errors"]}
    assert pointers == {"/body/report/lon", "/body/report"}
    assert "secret" not in refused.text
    assert client.post("/v1/incidents/handled", json=REPORT).status_code == 422
    unknown = client.post("/v1/incidents/handled", data={"secret": "1"}, files={"after": ("x.jpg", picture())})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "field_unknown")
    assert "secret" not in unknown.text


def test_role_and_bounds_are_checked(client_of):
    for role in sorted(EVERY_ROLE - {Role.GRID_WORKER, Role.LEADER}):
        assert send(client_of(role)).status_code == 403, role
    assert send(client_of(Role.DISPATCHER, Role.API_CLIENT)).json()["code"] == "role"
    away = client_of(Role.GRID_WORKER, areas=("140213050",))
    assert send(away).json()["code"] == "out_of_bounds"
    assert send(client_of(Role.LEADER)).status_code == 201


@pytest.mark.both_databases
def test_repeated_report_is_stored_once(client):
    headers = {"Idempotency-Key": "patrol-1"}
    first, again = (send(client, headers=headers) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert len(client.get(f"/v1/incidents/{first.json()['id']}/photos").json()) == 2
    other = send(client, headers=headers, after=(picture(8, 8),))
    assert other.json()["code"] == "idempotency_key_reused"


def test_draw_is_repeatable_and_has_the_share():
    values = [draw_recheck(b"seed", number, SHARE) for number in range(10_000)]
    assert values == [draw_recheck(b"seed", number, SHARE) for number in range(10_000)]
    assert sum(draw.is_drawn for draw in values) == pytest.approx(10_000 * SHARE, abs=100)
    assert [draw.value for draw in values] != [draw_recheck(b"other", number, SHARE).value for number in range(10_000)]


@pytest.mark.both_databases
@pytest.mark.parametrize("filters", [{}, {"department": "交通运输"}], ids=["memory", "database"])
def test_times_to_closing_leave_it_out_until_it_is_reworked(client, client_of, store, filters):
    def count():
        query = {"by": "street", "measure": "median_hours", "street": "140213051", **filters}
        return client.get("/v1/areas/figures", params=query).json()["rows"][0]["n"]

    set_seed(store, drawn=True)
    before = count()
    number = send(client).json()["id"]
    assert count() == before
    assert step(client_of(Role.DISPATCHER), number, "rework", note="还在").status_code == 200
    assert count() == before + 1
