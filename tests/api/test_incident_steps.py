"""Workflow over HTTP: steps, versions, repeated requests and photos."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from PIL import Image
from sqlalchemy import update

from geogrid.model import EVERY_ROLE, Grant
from geogrid.services.api_keys import create_key
from geogrid.store.tables import incidents

REPORT = {"lon": 113.3058, "lat": 40.0912, "datum": "gcj02", "category": "Z06"}


@pytest.fixture
def other(app, store):
    """Headers of a second key, because the handler of an incident cannot check it."""
    return {"Authorization": f"Bearer {create_key(store, 'other', Grant(EVERY_ROLE))}"}


def picture(width=40, height=30, kind="JPEG", **options):
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind, **options)
    return out.getvalue()


def report(client, **changes):
    response = client.post("/v1/incidents", json=REPORT | changes)
    assert response.status_code == 201, response.text
    return response.json()["id"]


def step(client, number, action, *, tag=None, headers=None, **wish):
    tag = tag or client.get(f"/v1/incidents/{number}").headers["etag"]
    return client.post(
        f"/v1/incidents/{number}/transitions",
        json={"action": action, **wish},
        headers={"If-Match": tag, **(headers or {})},
    )


def done(response):
    assert response.status_code == 200, response.text
    return response.json()


def add_photo(client, number):
    response = client.post(f"/v1/incidents/{number}/photos", content=picture())
    assert response.status_code == 201, response.text
    return response.json()["id"]


@pytest.mark.both_databases
def test_incident_passes_the_whole_workflow(client, other):
    number = report(client)
    done(step(client, number, "verify"))
    done(step(client, number, "file"))
    assert done(step(client, number, "dispatch", department="交通运输"))["due_at"]
    done(step(client, number, "accept"))
    photo = add_photo(client, number)
    done(step(client, number, "feed_back", note="已挪走", photos=[photo]))
    assert step(client, number, "check").json()["code"] == "same_hand"
    done(step(client, number, "rework", note="还在", headers=other))
    photo = add_photo(client, number)
    done(step(client, number, "feed_back", note="已挪走 13800000000", photos=[photo]))
    done(step(client, number, "check", headers=other))
    assert done(step(client, number, "close", headers=other))["status"] == "closed"

    timeline = client.get(f"/v1/incidents/{number}/timeline").json()
    actions = [taken["action"] for taken in timeline["steps"]]
    assert actions == [
        "report", "verify", "file", "dispatch", "accept", "feed_back", "rework", "feed_back", "check", "close",
    ]  # fmt: skip
    assert [taken["number"] for taken in timeline["steps"]] == list(range(1, 11))
    assert timeline["incident"]["reworks"] == 1
    assert "13800000000" not in str(timeline)
    assert {taken["actor"] for taken in timeline["steps"]} == {"tests", "other"}
    offered = client.get(f"/v1/incidents/{number}/transitions").json()
    assert [found["action"] for found in offered["transitions"] if not found["via"]] == ["reopen"]


def test_incident_with_unanswered_whistles_is_closed_only_with_a_note(client, other):
    number = report(client)
    done(step(client, number, "file"))
    tag = client.get(f"/v1/incidents/{number}").headers["etag"]
    body = {"departments": ["城市管理", "生态环境"], "note": "联合整治"}
    client.post(f"/v1/incidents/{number}/whistles", json=body, headers={"If-Match": tag})
    done(step(client, number, "dispatch", department="交通运输"))
    done(step(client, number, "accept"))
    done(step(client, number, "feed_back", note="已挪走", photos=[add_photo(client, number)]))
    done(step(client, number, "check", headers=other))
    offered = client.get(f"/v1/incidents/{number}/transitions", headers=other).json()["transitions"]
    assert [found["needs"] for found in offered if found["action"] == "close"] == [["note"]]
    refused = step(client, number, "close", headers=other)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (
        409,
        "whistles_unanswered",
        "note",
    )
    assert "have not reported in: 2." in refused.json()["detail"]
    assert "give the reason in the note" in refused.json()["detail"]
    done(step(client, number, "close", note="街道自行办结", headers=other))
    last = client.get(f"/v1/incidents/{number}/timeline").json()["steps"][-1]
    assert last["details"] == {"unanswered": ["城市管理", "生态环境"]}


def test_step_needs_if_match(client):
    number = report(client)
    url = f"/v1/incidents/{number}/transitions"
    missing = client.post(url, json={"action": "verify"})
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    assert step(client, number, "verify", tag='"1"').headers["etag"] == '"2"'
    stale = step(client, number, "file", tag='"1"')
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert step(client, number, "file", tag="W/1").status_code == 422
    assert client.get(f"/v1/incidents/{number}").json()["status"] == "verified"


def test_disallowed_step_returns_allowed_actions(client):
    number = report(client)
    refused = step(client, number, "close")
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert "file" in refused.json()["allowed"]
    assert step(client, number, "void").json()["field"] == "note"


@pytest.mark.both_databases
def test_repeated_request_is_executed_once(client):
    headers = {"Idempotency-Key": "call-1"}
    first = client.post("/v1/incidents", json=REPORT, headers=headers)
    again = client.post("/v1/incidents", json=REPORT, headers=headers)
    assert again.status_code == first.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = client.post("/v1/incidents", json=REPORT | {"category": "Z01"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")

    number = first.json()["id"]
    once = {"Idempotency-Key": "step-1"}
    assert done(step(client, number, "verify", tag='"1"', headers=once))["version"] == 2
    assert done(step(client, number, "verify", tag='"1"', headers=once))["version"] == 2
    assert len(client.get(f"/v1/incidents/{number}/timeline").json()["steps"]) == 2


@pytest.mark.both_databases
def test_one_of_concurrent_steps_succeeds(client):
    number = report(client)
    start = threading.Barrier(6)

    def race(_):
        start.wait()
        return step(client, number, "verify", tag='"1"').status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(race, range(6)))
    assert statuses == [200, 412, 412, 412, 412, 412]
    assert len(client.get(f"/v1/incidents/{number}/timeline").json()["steps"]) == 2


def test_incident_outside_waits_for_location_review(client):
    number = report(client, lon=116.4, lat=39.9, datum="wgs84")
    incident = client.get(f"/v1/incidents/{number}").json()
    assert (incident["triage"], incident["base_code"]) == ({"reason": "outside", "blocks": True}, None)
    assert step(client, number, "file").json()["code"] == "triage_open"
    assert step(client, number, "place", note="x", grid="999999999999999").json()["code"] == "grid_unknown"
    placed = done(step(client, number, "place", note="照片可辨认", grid="140213051001001"))
    assert (placed["base_code"], placed["street_code"], placed["triage"]) == ("140213051001001", "140213051", None)
    done(step(client, number, "file"))


def test_photos_are_stored_without_metadata(client):
    number = report(client)
    with_place = Image.Exif()
    with_place[0x010F] = "camera"
    with_place[0x0112] = 6  # The camera was held upright.
    content = picture(1000, 4000, exif=with_place, comment=b"13800000000 40.09", xmp=b"<x:xmpmeta/>")
    response = client.post(f"/v1/incidents/{number}/photos", content=content).json()
    assert (response["width"], response["height"], response["step"]) == (1600, 400, None)
    found = client.get(f"/v1/incidents/{number}/photos/{response['id']}")
    assert found.headers["content-type"] == "image/jpeg"
    kept = Image.open(io.BytesIO(found.content))
    assert not kept.getexif()
    assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert client.get(f"/v1/incidents/{number}/photos/999").status_code == 404


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "photo_unreadable"),
        (b"<svg onload=alert(1)>", 422, "photo_unreadable"),
        (picture(kind="GIF"), 422, "photo_unreadable"),
        (picture()[:200], 422, "photo_unreadable"),
        (picture(9000, 9000, "PNG"), 422, "photo_too_large"),
        (b"x" * 10_000_001, 413, "content_too_large"),
    ],
)
def test_invalid_photo_is_refused(client, content, status, code):
    number = report(client)
    response = client.post(f"/v1/incidents/{number}/photos", content=content)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert client.get(f"/v1/incidents/{number}/photos").json() == []


def test_photo_belongs_to_one_step_of_its_incident(client):
    first, second = report(client), report(client)
    photo = add_photo(client, first)
    for number in (first, second):
        done(step(client, number, "file"))
        done(step(client, number, "dispatch", department="城市管理"))
        done(step(client, number, "accept"))
    stolen = step(client, second, "feed_back", note="done", photos=[photo])
    assert (stolen.status_code, stolen.json()["code"]) == (422, "photo_unknown")
    assert client.get(f"/v1/incidents/{second}").json()["status"] == "handling"
    done(step(client, first, "feed_back", note="done", photos=[photo]))
    assert client.get(f"/v1/incidents/{first}/photos").json()[0]["step"] == 5


def test_duplicate_is_merged_into_open_incident(client):
    first, second, third = (report(client) for _ in range(3))
    for target in (first, 10**12):
        assert step(client, first, "merge", incident=target).status_code == 422
    done(step(client, second, "merge", incident=first))
    assert client.get(f"/v1/incidents/{second}").json()["merged_into"] == first
    assert step(client, third, "merge", incident=second).json()["code"] == "merge_target"
    reopened = done(step(client, second, "reopen", note="another bike"))
    assert (reopened["status"], reopened["merged_into"]) == ("filed", None)


@pytest.mark.parametrize(
    "wish",
    [
        {"action": "verify", "note": "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "ignore") + "\x00"},
        {"action": "verify", "photos": [True]},
        {"action": "verify", "photos": [2**70]},
        {"action": "verify", "incident": 1.5},
        {"action": "verify", "level": "king"},
        {"action": "verify", "surprise": 1},
        {"action": "x" * 41},
    ],
)
def test_invalid_steps_change_nothing(client, wish):
    number = report(client)
    response = client.post(f"/v1/incidents/{number}/transitions", json=wish, headers={"If-Match": '"1"'})
    assert response.status_code == 422
    assert len(client.get(f"/v1/incidents/{number}/timeline").json()["steps"]) == 1


@pytest.mark.both_databases
def test_supervision_card_is_issued_read_printed_and_answered(client):
    number = report(client)
    done(step(client, number, "file"))
    done(step(client, number, "dispatch", department="交通运输"))
    ordered = client.post(f"/v1/incidents/{number}/cards", json={"reason": "群众第三次来电"})
    assert ordered.status_code == 201, ordered.text
    card = ordered.json()
    assert card["number"].startswith("督办-")
    page = client.get(f"/v1/cards/{card['id']}.html")
    assert "群众第三次来电" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    pdf = client.get(f"/v1/cards/{card['id']}.pdf?lang=en")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    answered = client.post(f"/v1/cards/{card['id']}/answer", json={"answer": "明日完成"})
    assert answered.json()["answer"] == "明日完成"
    assert client.post(f"/v1/cards/{card['id']}/answer", json={"answer": "x"}).status_code == 409
    assert [found["id"] for found in client.get(f"/v1/cards?incident={number}").json()["items"]] == [card["id"]]
    direct = step(client, number, "supervise", note="x")
    assert (direct.status_code, direct.json()["code"]) == (422, "action_elsewhere")


def test_due_feed_lists_urgent_incidents(client):
    """A report from one hour ago is overdue for verification, so it is the first feed entry."""
    number = report(client, reported_at=(datetime.now(UTC) - timedelta(minutes=31)).isoformat(), description="<b>")
    response = client.get("/v1/feeds/due?limit=3")
    assert response.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(response.content)
    entries = feed.findall("{*}entry")
    assert len(entries) == 3
    assert entries[0].findtext("{*}title") == f"超时 overdue: {number} 共享单车停放"
    assert entries[0].find("{*}link").get("href").endswith(f"/incidents/{number}")
    moments = [entry.findtext("{*}updated") for entry in entries]
    assert moments == sorted(moments, reverse=True)
    done(step(client, number, "void", note="twice"))
    assert f"/incidents/{number}" not in client.get("/v1/feeds/due").text


def test_category_and_place_are_corrected(client):
    number = report(client, description="电话 13800000000")
    corrected = done(
        step(
            client,
            number,
            "correct",
            note="类别填错",
            correction={"category": "Z10", "lon": 113.2988, "lat": 40.0905, "datum": "wgs84", "description": "树倒了"},
        )
    )
    assert (corrected["category"], corrected["department"], corrected["datum"]) == ("Z10", "园林绿化", "wgs84")
    assert (corrected["description"], corrected["version"]) == ("树倒了", 2)
    found = client.get(f"/v1/incidents/{number}/timeline").json()
    details = found["steps"][-1]["details"]
    assert details["category"] == ["Z06", "Z10"]
    assert details["description"] == ["电话 138****0000", "树倒了"]
    assert [point["datum"] for point in details["point"]] == ["gcj02", "wgs84"]
    page = client.get(f"/incidents/{number}").text
    assert "13800000000" not in page
    assert "Z06 → Z10" in page
    assert "113.298800, 40.090500 (wgs84)" in page


@pytest.mark.parametrize(
    ("correction", "code", "field"),
    [
        ({}, "correction_empty", "correction"),
        ({"category": "none"}, "category_unknown", "category"),
        ({"lon": 113.3}, "place_wanted", "lon"),
        ({"datum": "wgs84"}, "place_wanted", "lon"),
        ({"lon": 113.3, "lat": 40.0}, "datum_missing", "datum"),
        ({"lon": 113.3, "lat": 40.0, "datum": "wgs84", "grid": "140213051003008"}, "correction_place", "grid"),
        ({"grid": "140213999999999"}, "grid_unknown", "grid"),
    ],
)
def test_invalid_correction_changes_nothing(client, correction, code, field):
    number = report(client)
    refused = step(client, number, "correct", note="x", correction=correction)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, code, field)
    assert client.get(f"/v1/incidents/{number}").json()["version"] == 1


def test_provisional_due_times_are_marked_everywhere(client, store):
    number = client.get("/v1/incidents", params={"status": "handling", "limit": 1}).json()["items"][0]["id"]
    assert client.get(f"/v1/incidents/{number}").json()["due_provisional"] is False
    page = f"/incidents/{number}"
    assert "暂定" not in client.get(page).text
    with store.write() as connection:
        connection.execute(update(incidents).where(incidents.c.id == number).values(due_provisional=True))
    assert client.get(f"/v1/incidents/{number}").json()["due_provisional"] is True
    assert "暂定，节假日未公布" in client.get(page).text
    assert "provisional: holidays not known yet" in client.get(page, params={"lang": "en"}).text
    card = client.post(f"/v1/incidents/{number}/cards", json={"reason": "催办"}).json()["id"]
    assert "暂定，节假日未公布" in client.get(f"/v1/cards/{card}.html").text
    listed = client.get("/incidents", params={"lang": "en", "status": "handling"}).text
    assert listed.count("provisional: holidays not known yet") == 1
