"""Splitting a report into parts for several departments, over HTTP."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from geogrid.model import EVERY_ROLE, Bounds, Grant, Role
from geogrid.services.api_keys import create_key
from geogrid.services.escalation import escalate_due

REPORT = {
    "lon": 113.3058,
    "lat": 40.0912,
    "datum": "gcj02",
    "category": "Z06",
    "reported_at": "2026-03-02T09:00:00+08:00",
}
PARTS = [{"department": "交通运输", "note": "挪走单车"}, {"department": "环境卫生", "category": "Z01"}]
DAY = {"from": "2026-03-02", "to": "2026-03-02"}

pytestmark = pytest.mark.both_databases


@pytest.fixture
def checker(store):
    """Headers of a second key, because the handler of an incident cannot check it."""
    return {"Authorization": f"Bearer {create_key(store, 'checker', Grant(EVERY_ROLE))}"}


def get(client, path, **params):
    response = client.get(path, params=params)
    assert response.status_code == 200, response.text
    return response.json()


def tag(client, number):
    return {"If-Match": client.get(f"/v1/incidents/{number}").headers["etag"]}


def step(client, number, action, headers=None, **wish):
    return client.post(
        f"/v1/incidents/{number}/transitions",
        json={"action": action, **wish},
        headers=tag(client, number) | (headers or {}),
    )


def take(client, number, action, headers=None, **wish):
    response = step(client, number, action, headers, **wish)
    assert response.status_code == 200, response.text
    return response.json()


def file_report(client, **changes):
    number = client.post("/v1/incidents", json=REPORT | changes).json()["id"]
    take(client, number, "file")
    return number


def split(client, number, parts=PARTS, **body):
    return client.post(f"/v1/incidents/{number}/parts", json={"parts": parts, **body}, headers=tag(client, number))


def split_report(client, parts=PARTS):
    """Report, file and split; return the whole and the ids of its parts."""
    response = split(client, file_report(client), parts)
    assert response.status_code == 201, response.text
    return response.json(), [part["id"] for part in response.json()["parts"]]


def add_photo(client, number):
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG")
    return client.post(f"/v1/incidents/{number}/photos", content=out.getvalue()).json()["id"]


def handle(client, number):
    take(client, number, "accept")
    return take(client, number, "feed_back", note="done", photos=[add_photo(client, number)])


def close(client, number, checker):
    handle(client, number)
    take(client, number, "check", checker)
    return take(client, number, "close", checker)


def read(client, number):
    return get(client, f"/v1/incidents/{number}")


def actions(client, number):
    return [taken["action"] for taken in get(client, f"/v1/incidents/{number}/timeline")["steps"]]


def test_parts_are_dispatched_incidents_of_their_own(client):
    whole, parts = split_report(client)
    assert (whole["status"], whole["split_into"], whole["stage_due_at"]) == ("split", 2, None)
    first, second = (read(client, number) for number in parts)
    assert [(one["status"], one["department"], one["category"]) for one in (first, second)] == [
        ("dispatched", "交通运输", "Z06"),
        ("dispatched", "环境卫生", "Z01"),
    ]
    assert [(one["part_of"], one["part"], one["split_into"]) for one in (first, second)] == [
        (whole["id"], 1, 0),
        (whole["id"], 2, 0),
    ]
    assert whole["due_at"] == max(first["due_at"], second["due_at"])
    assert first["due_at"] != second["due_at"]
    assert actions(client, parts[0]) == ["part", "dispatch"]
    assert actions(client, whole["id"]) == ["report", "file", "split", "parts_changed"]
    listed = {item["id"]: item["part_of"] for item in get(client, "/v1/incidents", **DAY)["items"]}
    assert {number: listed[number] for number in (whole["id"], *parts)} == {
        whole["id"]: None, parts[0]: whole["id"], parts[1]: whole["id"],
    }  # fmt: skip
    queued = {item["id"] for item in get(client, "/v1/queue", status="dispatched", limit=1000)["items"]}
    assert set(parts) <= queued
    assert whole["id"] not in queued


def test_whole_is_closed_with_its_last_part_and_reopened_with_any(client, checker):
    whole, (first, second) = split_report(client)
    number = whole["id"]
    assert close(client, first, checker)["status"] == "closed"
    assert (read(client, number)["status"], read(client, number)["handled_at"]) == ("split", None)
    handled_at = handle(client, second)["handled_at"]
    assert (read(client, number)["status"], read(client, number)["handled_at"]) == ("split", handled_at)
    take(client, second, "check", checker)
    closed_at = take(client, second, "close", checker)["closed_at"]
    assert (read(client, number)["status"], read(client, number)["closed_at"]) == ("closed", closed_at)
    last = get(client, f"/v1/incidents/{number}/timeline")["steps"][-1]
    assert (last["action"], last["role"], last["details"]["incident"]) == ("parts_closed", "system", second)
    take(client, first, "reopen", note="back again")
    reopened = read(client, number)
    assert (reopened["status"], reopened["closed_at"], reopened["handled_at"]) == ("split", None, None)
    assert actions(client, number)[-1] == "parts_reopened"


def test_void_parts_do_not_hold_the_whole_open(client, checker):
    whole, (first, second) = split_report(client)
    take(client, first, "return", note="not ours")
    take(client, first, "void", note="nothing there")
    assert read(client, whole["id"])["status"] == "split"
    close(client, second, checker)
    assert read(client, whole["id"])["status"] == "closed"

    whole, parts = split_report(client)
    for part in parts:
        take(client, part, "return", note="not ours")
        take(client, part, "void", note="nothing there")
    assert read(client, whole["id"])["status"] == "void"
    take(client, parts[0], "reopen", note="it was there")
    assert (read(client, whole["id"])["status"], read(client, whole["id"])["voided_at"]) == ("split", None)


def test_due_time_of_the_whole_is_the_latest_of_its_parts(client):
    whole, (first, second) = split_report(client)
    later = [take(client, part, "extend", note="spare parts")["due_at"] for part in (first, second)]
    assert read(client, whole["id"])["due_at"] == max(later) > whole["due_at"]
    assert take(client, first, "suspend", note="frost")["suspended_at"]
    assert read(client, whole["id"])["suspended_at"] is None
    suspended = take(client, second, "suspend", note="frost")["suspended_at"]
    assert read(client, whole["id"])["suspended_at"] == suspended


def test_split_does_not_restart_a_clock(client):
    number = file_report(client)
    due_at = take(client, number, "dispatch", department="交通运输")["due_at"]
    take(client, number, "return", note="several departments")
    whole = split(client, number).json()
    assert {part["due_at"] for part in whole["parts"]} == {due_at} == {whole["due_at"]}


def test_whole_takes_no_step_that_changes_its_status(client):
    whole, (first, second) = split_report(client)
    for number in (whole["id"], first):
        offered = [one["action"] for one in get(client, f"/v1/incidents/{number}/transitions")["transitions"]]
        assert "split" not in offered
    offered = [one["action"] for one in get(client, f"/v1/incidents/{whole['id']}/transitions")["transitions"]]
    assert {"note", "place"} <= set(offered) <= {"note", "place", "answer", "report_in", "rate", "supervise"}
    take(client, whole["id"], "note", note="the caller asked again")
    for part in (first, second):
        take(client, part, "return", note="not ours")
        take(client, part, "void", note="nothing there")
    refused = step(client, whole["id"], "reopen", note="again")
    assert (refused.status_code, refused.json()["code"]) == (409, "has_parts")
    take(client, first, "reopen", note="again")
    refused = split(client, first)
    assert (refused.status_code, refused.json()["code"]) == (409, "is_part")
    refused = step(client, first, "merge", incident=whole["id"])
    assert (refused.status_code, refused.json()["code"]) == (422, "merge_target")


def test_parts_move_with_the_whole(client):
    whole, parts = split_report(client)
    assert step(client, parts[0], "place", grid="140213051008003").json()["code"] == "is_part"
    moved = take(client, whole["id"], "place", grid="140213051008003")
    assert {read(client, part)["base_code"] for part in parts} == {moved["base_code"]} == {"140213051008003"}
    assert actions(client, parts[1])[-1] == "place"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"parts": PARTS[:1]}, 422, "too_short"),
        ({"parts": PARTS * 6}, 422, "too_long"),
        ({"parts": [PARTS[0], {"department": "没有的部门"}]}, 422, "department_unknown"),
        ({"parts": [PARTS[0], {"department": "交通运输", "category": "Z99"}]}, 422, "category_unknown"),
    ],
)
def test_invalid_split_changes_nothing(client, body, status, code):
    number = file_report(client)
    before = get(client, "/v1/kpi", **DAY)["counts"]
    refused = client.post(f"/v1/incidents/{number}/parts", json=body, headers=tag(client, number))
    assert refused.status_code == status, refused.text
    assert code in refused.text
    assert read(client, number)["status"] == "filed"
    assert get(client, "/v1/kpi", **DAY)["counts"] == before


def test_split_needs_a_filed_incident_its_version_and_its_route(client, app, store):
    number = client.post("/v1/incidents", json=REPORT).json()["id"]
    early = split(client, number)
    assert (early.status_code, early.json()["code"]) == (409, "transition_not_allowed")
    take(client, number, "file")
    stale = client.post(f"/v1/incidents/{number}/parts", json={"parts": PARTS}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert client.post(f"/v1/incidents/{number}/parts", json={"parts": PARTS}).status_code == 428
    elsewhere = step(client, number, "split")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "action_elsewhere")
    key = create_key(store, "handler", Grant(frozenset({Role.HANDLER})))
    handler = {"Authorization": f"Bearer {key}"} | tag(client, number)
    assert client.post(f"/v1/incidents/{number}/parts", json={"parts": PARTS}, headers=handler).status_code == 403


def test_photos_are_readable_from_the_parts_and_from_the_whole(client, store):
    number = file_report(client)
    photo = add_photo(client, number)
    first, second = [part["id"] for part in split(client, number).json()["parts"]]
    own = add_photo(client, first)
    # The handler of a part may not read the whole, but the photos of the report.
    key = create_key(store, "handler", Grant(frozenset({Role.HANDLER}), Bounds(departments=("环境卫生",))))
    handler = {"Authorization": f"Bearer {key}"}
    assert client.get(f"/v1/incidents/{number}", headers=handler).status_code in {403, 404}
    assert client.get(f"/v1/incidents/{second}/photos/{photo}", headers=handler).content[:2] == b"\xff\xd8"
    assert client.get(f"/v1/incidents/{second}/photos/{own}", headers=handler).status_code == 404
    listed = get(client, f"/v1/incidents/{number}/photos")
    assert [(one["id"], one["incident"]) for one in listed] == [(photo, number), (own, first)]


def test_parts_outside_the_bounds_stay_unseen_through_the_whole(client, store):
    report, (first, second) = split_report(client)
    number = report["id"]
    photos = [add_photo(client, part) for part in (first, second)]
    grant = Grant(frozenset({Role.DISPATCHER, Role.PLANNER}), Bounds(categories=("Z06",)))
    bounded = {"Authorization": f"Bearer {create_key(store, 'Z06', grant)}"}
    assert client.get(f"/v1/incidents/{second}", headers=bounded).status_code == 403
    whole = client.get(f"/v1/incidents/{number}", headers=bounded)
    assert whole.status_code == 200, whole.text
    assert [part["id"] for part in whole.json()["parts"]] == [first]
    listed = client.get(f"/v1/incidents/{number}/photos", headers=bounded).json()
    assert [one["id"] for one in listed] == photos[:1]
    assert client.get(f"/v1/incidents/{number}/photos/{photos[1]}", headers=bounded).status_code == 404
    page = client.get(f"/incidents/{number}", headers=bounded).text
    assert f"/incidents/{second}" not in page


def test_split_stays_within_the_categories_of_the_user(client, store):
    number = file_report(client)
    grant = Grant(frozenset({Role.DISPATCHER}), Bounds(categories=("Z06",)))
    bounded = {"Authorization": f"Bearer {create_key(store, 'Z06', grant)}"}
    headers = bounded | {"If-Match": client.get(f"/v1/incidents/{number}").headers["etag"]}
    refused = client.post(f"/v1/incidents/{number}/parts", json={"parts": PARTS}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "out_of_bounds")
    assert read(client, number)["status"] == "filed"
    own = [{"department": "交通运输"}, {"department": "环境卫生"}]
    split_into = client.post(f"/v1/incidents/{number}/parts", json={"parts": own}, headers=headers)
    assert split_into.status_code == 201, "other departments are the point of a split"


def test_figures_count_a_split_report_once_and_its_parts_by_department(client, checker):
    whole, (first, _) = split_report(client)
    file_report(client)
    total = get(client, "/v1/kpi", **DAY)
    assert (total["received"], total["handled"]) == (2, 0)
    by_street, by_category, by_department = (
        get(client, "/v1/figures", by=by, **DAY) for by in ("street", "category", "department")
    )
    assert [row["counts"]["received"] for row in by_street["rows"]] == [2]
    assert {row["key"]: row["counts"]["received"] for row in by_category["rows"]} == {"Z06": 2}
    rows = {row["key"]: row["counts"]["received"] for row in by_department["rows"]}
    # The second report is routed to 交通运输 too.
    assert rows == {"交通运输": 2, "环境卫生": 1}
    assert by_department["total"]["counts"]["received"] == 2
    close(client, first, checker)
    assert get(client, "/v1/kpi", **DAY)["handled"] == 0
    by_department = get(client, "/v1/figures", by="department", **DAY)
    assert {row["key"]: row["counts"]["handled"] for row in by_department["rows"]} == {"交通运输": 1, "环境卫生": 0}
    for department, expected in rows.items():
        assert get(client, "/v1/kpi", department=department, **DAY)["received"] == expected
        listed = get(client, "/v1/figures/received/incidents", department=department, **DAY)["items"]
        assert len(listed) == expected
        assert whole["id"] not in {item["id"] for item in listed}
    listed = get(client, "/v1/figures/received/incidents", **DAY)["items"]
    assert {item["part_of"] for item in listed} == {None}
    assert len(listed) == 2


def test_parts_are_no_duplicates_of_new_reports(client):
    whole, parts = split_report(client)
    found = client.post("/v1/incidents", json=REPORT).json()["duplicates"]
    assert whole["id"] in {one["id"] for one in found}
    assert not set(parts) & {one["id"] for one in found}
    assert whole["id"] not in {one["id"] for one in get(client, f"/v1/incidents/{parts[0]}/duplicates")}


def test_escalation_concerns_the_parts_alone(client, app, store):
    whole, parts = split_report(client)
    state = app.state.geogrid
    escalate_due(store, state.snapshots.current.locator, state.rules, now=datetime.now(UTC) + timedelta(days=30))
    assert "escalate" not in actions(client, whole["id"])
    assert "escalate" in actions(client, parts[0])
