"""Ledger over HTTP: entries, steps, evidence, figures and exports."""

import io

import openpyxl
import pytest
from PIL import Image

from geogrid.demo.ledger_problems import make_evidence
from geogrid.incidents.rule_set import load_rules
from geogrid.ledger.transitions import LedgerStepRequest
from geogrid.model import EVERY_ROLE, Actor, Grant, Role
from geogrid.rules.ledger import load_ledger_rules
from geogrid.services.api_keys import create_key
from geogrid.services.ledger import take_entry_step

BODY = {
    "site": 1,
    "round": 1,
    "category": "Z06",
    "description": "共享单车占道，来电 13800138000",
    "found_at": "2026-03-01T08:30:00+08:00",
}
PDF = make_evidence().content


def step(client, number, version, key=None, **body):
    headers = {"If-Match": f'"{version}"'} | ({"Authorization": f"Bearer {key}"} if key else {})
    return client.post(f"/v1/ledger/{number}/steps", json=body, headers=headers)


def test_problem_is_recorded_rectified_and_struck_off(client, store):
    made = client.post("/v1/ledger", json=BODY)
    entry = made.json()
    number = entry["id"]
    assert (made.status_code, made.headers["ETag"], made.headers["Location"]) == (201, '"1"', f"/v1/ledger/{number}")
    assert (entry["number"], entry["department"], entry["duty"]) == ("平城-2026-0001", "交通运输", "leader")
    assert entry["description"].endswith("138****8000")
    assert entry["due_at"] == "2026-03-16T08:30:00+08:00"
    assert step(client, number, 1, action="rectify", note="已清理").headers["ETag"] == '"2"'
    picture = io.BytesIO()
    Image.new("RGB", (2_000, 10)).save(picture, "PNG")
    photo = client.post(f"/v1/ledger/{number}/evidence", content=picture.getvalue()).json()
    paper = client.post(f"/v1/ledger/{number}/evidence", content=PDF).json()
    assert (photo["media_type"], paper["media_type"]) == ("image/jpeg", "application/pdf")
    mine = step(client, number, 2, action="strike_off", evidence=[photo["id"]])
    assert (mine.status_code, mine.json()["code"]) == (409, "same_hand")
    other = create_key(store, "another", Grant(EVERY_ROLE))
    done = step(client, number, 2, other, action="strike_off", evidence=[photo["id"], paper["id"], photo["id"]])
    assert (done.status_code, done.json()["state"], done.json()["evidence"]) == (200, "struck_off", 2)
    read = client.get(f"/v1/ledger/{number}").json()
    assert [one["action"] for one in read["steps"]] == ["record", "rectify", "strike_off"]
    assert read["steps"][2]["details"] == {"evidence": [photo["id"], paper["id"]]}
    assert [one["action"] for one in read["transitions"]] == ["reopen", "note"]
    assert [one["sha256"] for one in read["evidence"]] == [photo["sha256"], paper["sha256"]]
    sent = client.get(f"/v1/ledger/{number}/evidence/{paper['id']}")
    assert sent.content == PDF
    assert sent.headers["Content-Disposition"].startswith("attachment")
    assert sent.headers["X-Content-Type-Options"] == "nosniff"


def test_repeated_ledger_request_is_executed_once(client):
    headers = {"Idempotency-Key": "k1"}
    first, again = (client.post("/v1/ledger", json=BODY, headers=headers) for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    number = first.json()["id"]
    taken = {"If-Match": '"1"', "Idempotency-Key": "k2"}
    body = {"action": "rectify", "note": "已清理"}
    one, two = (client.post(f"/v1/ledger/{number}/steps", json=body, headers=taken) for _ in range(2))
    assert (two.status_code, two.json()) == (200, one.json())
    assert len(client.get(f"/v1/ledger/{number}").json()["steps"]) == 2


def test_ledger_step_needs_if_match(client):
    number = client.post("/v1/ledger", json=BODY).json()["id"]
    assert step(client, number, 2, action="note", note="x").status_code == 412
    bare = client.post(f"/v1/ledger/{number}/steps", json={"action": "note", "note": "x"})
    assert bare.status_code == 428
    wrong = step(client, number, 1, action="strike_off")
    assert (wrong.status_code, wrong.json()["allowed"]) == (409, ["rectify", "assign", "note"])


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"site": 10**6}, 404),
        ({"category": "no"}, 422),
        ({"found_at": 1_000}, 422),
        ({"found_at": "9999-12-31T23:59:59Z"}, 422),
        ({"due_at": "9999-12-31T23:59:59Z"}, 422),
        ({"due_at": "9999-12-31T23:59:59-12:00"}, 422),
        ({"description": "x\u0000"}, 422),
        ({"anonymous": 1}, 422),
    ],
)
def test_invalid_problem_is_refused(client, changes, status):
    assert client.post("/v1/ledger", json={**BODY, **changes}).status_code == status


def test_ledger_needs_authentication(reader):
    for path in ("", "/rules", "/1", "/figures", "/lists/problems", "/export?format=csv", "/1/evidence/1"):
        assert reader.get(f"/v1/ledger{path}").status_code == 401, path
    assert reader.get("/v1/sites").status_code == reader.get("/v1/rounds").status_code == 401


def test_ledger_figures_lists_and_files_agree(client):
    figures = client.get("/v1/ledger/figures", params={"from": "2022-01-01", "to": "2022-12-31"}).json()
    assert (figures["found"], figures["rectified"], figures["rectified_rate"]) == (4_253, 3_853, 0.9059)
    assert sum(one["found"] for one in figures["by_street"].values()) == 4_253
    area = {"area": "140213051003"}
    table = client.get("/v1/ledger/lists/responsibility", params={**area, "lang": "en"}).json()
    assert len(table["rows"]) == client.get("/v1/ledger/figures", params=area).json()["found"]
    assert (table["title"], table["rows"][0][table["fields"].index("duty")]) == ("Responsibility", "Grid leader")
    assert any("synthetic" in note for note in table["notes"])
    book = client.get("/v1/ledger/export", params={**area, "format": "xlsx"})
    assert openpyxl.load_workbook(io.BytesIO(book.content)).sheetnames == ["问题清单", "责任清单", "整改清单", "说明"]
    one = client.get("/v1/ledger/export", params={**area, "format": "csv", "list": "rectification"})
    assert one.headers["Content-Disposition"] == 'attachment; filename="ledger-rectification.csv"'
    assert len(one.text.splitlines()) == client.get("/v1/ledger/figures", params=area).json()["rectified"] + 1


def test_rectification_list_contains_only_rectified_problems(client):
    listed = {
        name: client.get(f"/v1/ledger/lists/{name}").json() for name in ("problems", "responsibility", "rectification")
    }
    assert {name: len(table["rows"]) for name, table in listed.items()} == {
        "problems": 4_253,
        "responsibility": 4_253,
        "rectification": 3_853,
    }
    state = listed["rectification"]["fields"].index("state")
    assert {row[state] for row in listed["rectification"]["rows"]} == {"已整改", "已销号"}
    assert any("3,853" in note for note in listed["rectification"]["notes"])
    book = openpyxl.load_workbook(io.BytesIO(client.get("/v1/ledger/export", params={"format": "xlsx"}).content))
    notes = len(listed["problems"]["notes"]) + 2
    assert [sheet.max_row - notes for sheet in book.worksheets[:3]] == [4_253, 4_253, 3_853]


def test_past_due_is_the_name_of_problems_that_are_late_and_not_rectified(client):
    figures = client.get("/v1/ledger/figures").json()
    assert figures["past_due"] == figures["found"] - figures["rectified"] == 400
    assert "overdue" not in figures
    late = client.get("/v1/ledger", params={"past_due": "true", "limit": 1_000}).json()["items"]
    assert [entry["rectified_at"] for entry in late] == [None] * 400
    assert client.get("/v1/ledger", params={"overdue": "true"}).status_code == 422


def test_rounds_and_sites_are_listed_in_pages(client):
    (found,) = client.get("/v1/rounds").json()
    assert (found["sites"], found["from"], found["synthetic"]) == (500, "2022-01-01", True)
    sites = client.get("/v1/sites", params={"round": 1, "area": "140213051", "limit": 2}).json()
    assert [site["street_code"] for site in sites["items"]] == ["140213051"] * 2
    assert client.get("/v1/sites", params={"round": 9}).json() == {"items": [], "next": None}
    first = client.get("/v1/ledger", params={"limit": 2}).json()
    second = client.get("/v1/ledger", params={"limit": 2, "after": first["next"]}).json()
    assert [one["number"][-4:] for one in first["items"] + second["items"]] == ["0001", "0002", "0003", "0004"]
    rules = client.get("/v1/ledger/rules").json()
    assert [state["code"] for state in rules["states"]] == ["open", "rectified", "returned", "struck_off"]


def test_ledger_masks_actors_without_permission_to_read_people(client, store):
    number = client.post("/v1/ledger", json=BODY).json()["id"]
    person = Actor("user:1", "甲某某", frozenset({Role.SUPERVISOR}))
    departments = load_rules().departments
    take_entry_step(store, load_ledger_rules(), departments, person, number, LedgerStepRequest("note", note="x"))
    planner = create_key(store, "planner", Grant(frozenset({Role.PLANNER})))
    names = [
        client.get(f"/v1/ledger/{number}", headers={"Authorization": f"Bearer {key}"}).json()["steps"][1]["actor"]
        for key in (planner, create_key(store, "all", Grant(EVERY_ROLE)))
    ]
    assert names == ["甲＊", "甲某某"]
