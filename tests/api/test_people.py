"""People of grids over HTTP: unmasked, masked or refused, depending on the credentials."""

import io

import openpyxl
import pytest

from geogrid.layers.layer_source_reader import read_directory
from geogrid.reference_files import data_path
from geogrid.services.api_keys import create_key, revoke_key
from geogrid.services.layer_generations import activate_generation
from geogrid.services.layer_import import import_layers

GRID = "/v1/grids/140213051003008"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = ["code", "duty", "name", "title", "organisation", "phone", "valid_from", "valid_to"]
ROWS = [
    ["140213051003008", "网格长", "欧阳某", "", "某单位 13800000000", "138-0000-0000", "2026-03-01", "2026-06-30"],
    ["140213051003008", "网格长", "甲某", "", "", "13800000001", "2026-07-01", ""],
    ["140213051003008", "网格员", "乙某", "", "", "0352-1234567", "2026-03-01", ""],
    ["140213051003008", "网格党支部", "某网格党支部", "", "", "0352-7654321", "2026-03-01", ""],
    ["140213051003008", "责任部门", "某局", "", "", "13800000002", "2026-03-01", ""],
    ["140213051003008", "片长", "丙某", "", "", "", "2026-03-01", ""],
]
GROUPS = {
    "leader",
    "workers",
    "building_leaders",
    "resident",
    "dispatched",
    "party_branch",
    "departments",
    "wardens",
}


def delimited(rows=ROWS):
    return "\n".join(",".join(row) for row in [HEADER, *rows]).encode()


def send(client, content=None, media_type="text/csv", **params):
    return client.post(
        "/v1/people/import",
        content=delimited() if content is None else content,
        headers={"content-type": media_type},
        params={"commit": True, **params},
    )


def read_grid(client, day):
    response = client.get(GRID, params={"as_of": day})
    assert response.status_code == 200
    return response.json()


def test_demo_has_no_people(reader):
    body = reader.get(GRID).json()
    assert body["people"] == {group: [] for group in GROUPS}


def test_authorised_user_sees_people_unmasked(client):
    assert send(client).json()["added"] == 6
    body = read_grid(client, "2026-03-01")
    assert body["as_of"] == "2026-03-01"
    people = body["people"]
    assert set(people) == GROUPS
    assert people["leader"] == [
        {
            "name": "欧阳某",
            "title": "",
            "organisation": "某单位 13800000000",
            "phone": "138-0000-0000",
            "valid_from": "2026-03-01",
            "valid_to": "2026-06-30",
        }
    ]
    assert [len(people[group]) for group in ("workers", "party_branch", "departments", "wardens", "resident")] == [
        1,
        1,
        1,
        1,
        0,
    ]
    assert (people["wardens"][0]["title"], people["wardens"][0]["valid_to"]) == ("片长", None)


def test_anonymous_user_sees_masked_persons_and_unmasked_organisations(client):
    send(client)
    key = client.headers.pop("Authorization")
    response = client.get(GRID, params={"as_of": "2026-03-01"})
    client.headers["Authorization"] = key
    people = response.json()["people"]
    assert [(holder["name"], holder["phone"]) for group in people.values() for holder in group] == [
        ("欧阳＊", "138****0000"),
        ("乙＊", "035****4567"),
        ("某网格党支部", "0352-7654321"),
        ("某局", "138****0002"),
        ("丙＊", ""),
    ]
    assert people["leader"][0]["organisation"] == "某单位 138****0000"
    for secret in ("欧阳某", "乙某", "丙某", "13800000000", "138-0000", "1234567", "13800000002"):
        assert secret not in response.text


@pytest.mark.parametrize("header", ["Bearer gg_wrong", "Bearer", "Bearer ", "Basic YTpi", "gg_wrong", ""])
def test_wrong_key_is_refused_not_anonymous(client, header):
    response = client.get(GRID, headers={"Authorization": header})
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert "people" not in response.json()


def test_revoked_key_cannot_read_people(client, store):
    key = create_key(store, "second")
    assert client.get(GRID, headers={"Authorization": f"Bearer {key}"}).status_code == 200
    revoke_key(store, 2)
    assert client.get(GRID, headers={"Authorization": f"Bearer {key}"}).status_code == 401


@pytest.mark.parametrize(
    ("moment", "day", "leaders"),
    [
        ("2026-02-28", "2026-02-28", []),
        ("2026-03-01", "2026-03-01", ["欧阳某"]),
        ("2026-06-30T23:59+08:00", "2026-06-30", ["欧阳某"]),
        ("2026-06-30T15:59Z", "2026-06-30", ["欧阳某"]),
        ("2026-06-30T16:00Z", "2026-07-01", ["甲某"]),
        ("2026-07-01", "2026-07-01", ["甲某"]),
    ],
)
def test_day_of_posts_is_local(client, moment, day, leaders):
    send(client)
    body = read_grid(client, moment)
    assert (body["as_of"], [holder["name"] for holder in body["people"]["leader"]]) == (day, leaders)


def test_grid_uses_generation_of_as_of(client, store, app):
    second = import_layers(store, read_directory(data_path("boundaries")), label="second", commit=True).generation
    activate_generation(store, second.id)
    app.state.geogrid.snapshots.refresh()
    assert client.get(GRID).json()["generation"] == second.id
    assert read_grid(client, "2026-03-01")["generation"] == 1


@pytest.mark.parametrize(("as_of", "status"), [("yesterday", 422), ("0001-01-01", 422), ("1950-01-01", 404)])
def test_invalid_as_of_is_a_problem(client, as_of, status):
    assert client.get(GRID, params={"as_of": as_of}).status_code == status


def test_dry_run_saves_nothing(client):
    body = send(client, commit=False).json()
    assert (body["added"], body["committed"], body["unknown_columns"]) == (6, False, [])
    assert client.get("/v1/people").json() == {"items": [], "next": None}


def test_workbook_import_equals_csv_import(client):
    book = openpyxl.Workbook()
    for row in [HEADER, *ROWS]:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    assert send(client, content.getvalue(), XLSX, sheet="Sheet").json()["added"] == 6
    assert send(client).json()["unchanged"] == 6
    assert send(client, content.getvalue(), XLSX, sheet="none").json()["code"] == "sheet_unknown"


def test_complete_list_ends_missing_posts(client):
    send(client)
    body = send(client, delimited(ROWS[1:]), complete_from="2026-06-01").json()
    assert (body["unchanged"], body["ended"], body["committed"]) == (5, 1, True)
    assert [(post["name"], post["valid_to"]) for post in body["ended_posts"]] == [("欧阳某", "2026-05-31")]


def test_posts_have_filters_and_pages(client):
    send(client)

    def names(**params):
        return [post["name"] for post in client.get("/v1/people", params=params).json()["items"]]

    assert names(duty="leader") == ["欧阳某", "甲某"]
    assert names(duty="leader", on="2026-07-01") == ["甲某"]
    assert names(code="140213051003007") == names(layer="rural") == []
    first = client.get("/v1/people", params={"limit": 4}).json()
    rest = client.get("/v1/people", params={"limit": 4, "after": first["next"]}).json()
    assert [post["name"] for post in first["items"] + rest["items"]] == [row[2] for row in ROWS]
    assert rest["next"] is None


@pytest.mark.parametrize("path", ["/v1/people", "/v1/people?code=140213051003008"])
def test_people_list_needs_authentication(reader, path):
    assert reader.get(path).status_code == 401


def test_people_import_needs_authentication(reader):
    assert send(reader).status_code == 401


@pytest.mark.parametrize(
    ("content", "media_type", "params", "code"),
    [
        (b"x", "application/json", {}, "content_type"),
        (b"x", "text/csv", {}, "column_missing"),
        (b"PK\x03\x04x", XLSX, {}, "zip_damaged"),
        (b"x", XLSX, {}, "xlsx"),
        (None, "text/csv", {"complete_from": "0001-01-01"}, "period"),
        (None, "text/csv", {"complete_from": "1"}, "validation"),
        (None, "text/csv", {"layer": "No Layer"}, "validation"),
        (delimited([]), "text/csv", {"complete_from": "2026-01-01"}, "complete_empty"),
    ],
)
def test_invalid_people_list_is_a_problem(client, content, media_type, params, code):
    response = send(client, content, media_type, **params)
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, response.json()["code"]) == (422, code)


def test_refused_rows_do_not_repeat_input(client):
    rows = [["<script>", "<script>", "<script>", "", "", "<script>", "<script>", ""]]
    response = send(client, delimited(rows))
    assert response.json()["refused"] == 1
    assert "<script>" not in response.text


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "甲某'; DROP TABLE posts;--", '甲"}],"x":[{"'])
def test_names_with_markup_stay_text(client, name):
    quoted = '"' + name.replace('"', '""') + '"'
    send(client, delimited([["140213051003008", "网格长", quoted, "", "", "", "2026-03-01", ""]]))
    response = client.get(GRID, params={"as_of": "2026-03-01"})
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.json()["people"]["leader"][0]["name"] == name
