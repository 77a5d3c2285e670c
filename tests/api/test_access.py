"""Permissions of every role on every route, and bounds in all responses, on the demo."""

import csv
import io
import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import func, select

from geogrid.model import EVERY_ROLE, Bounds, Grant, Permission, Role
from geogrid.permissions import load_roles
from geogrid.services.api_keys import create_key
from geogrid.services.people import local_today
from geogrid.settings import Settings
from geogrid.store.tables import api_keys, incidents
from geogrid_api.app import create_app

STREET, OTHER = "140213051", "140213050"
INSIDE = {"lon": 113.3058, "lat": 40.0912, "datum": "gcj02", "category": "Z06"}
CSV = {"Content-Type": "text/csv"}
ANY = None
#: Method, path, required permission and body of each route. The bodies change nothing.
_IDS = re.compile(r"\{\w+_id\}")
ROUTES = [
    ("GET", "/v1/incidents?limit=1", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/incidents/export?format=none", Permission.INCIDENTS_EXPORT, {}),
    ("GET", "/v1/incidents/1", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/incidents/1/transitions", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/incidents/1/timeline", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/incidents/1/photos", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/incidents/1/photos/1", Permission.INCIDENTS_READ, {}),
    ("POST", "/v1/incidents", Permission.INCIDENTS_REPORT, {"json": {**INSIDE, "category": "none"}}),
    # A grid worker without photos is refused by the form, not by the permission.
    ("POST", "/v1/incidents/handled", Permission.INCIDENTS_REPORT, {"data": {"report": "{}"}}),
    ("POST", "/v1/incidents/import", Permission.INCIDENTS_IMPORT, {"content": b"", "headers": CSV}),
    (
        "POST",
        "/v1/incidents/1/transitions",
        Permission.LOOP_STEP,
        {"json": {"action": "none"}, "headers": {"If-Match": '"1"'}},
    ),
    (
        "POST",
        "/v1/incidents/1/parts",
        Permission.LOOP_STEP,
        {"json": {"parts": []}, "headers": {"If-Match": '"1"'}},
    ),
    ("POST", "/v1/people/import", Permission.PEOPLE_WRITE, {"content": b"", "headers": CSV}),
    ("POST", "/v1/layers/import?layer=urban&label=x", Permission.LAYERS_WRITE, {"content": b"x"}),
    ("GET", "/v1/audit", Permission.AUDIT_READ, {}),
    ("GET", "/v1/kpi", Permission.FIGURES_READ, {}),
    ("GET", "/maps/heatmap?from=2022-06-30&to=2022-06-30", Permission.FIGURES_READ, {}),
    ("GET", "/maps/density?by=street", Permission.FIGURES_READ, {}),
    ("GET", "/maps/hotspots?from=2022-06-30", Permission.FIGURES_READ, {}),
    ("GET", "/maps/rates?by=street", Permission.FIGURES_READ, {}),
    ("GET", "/v1/areas/figures?by=street", Permission.FIGURES_READ, {}),
    ("GET", "/v1/areas/hotspots?from=2022-06-30", Permission.FIGURES_READ, {}),
    ("GET", "/v1/areas/rates?by=street", Permission.FIGURES_READ, {}),
    ("GET", "/v1/triage?limit=1", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/incidents/1/candidates", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/incidents/1/responsible", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/whistles", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/whistles/figures", Permission.FIGURES_READ, {}),
    ("GET", "/v1/mediations/figures", Permission.FIGURES_READ, {}),
    ("GET", "/v1/incidents/1/whistles", Permission.INCIDENTS_READ, {}),
    (
        "POST",
        "/v1/incidents/1/whistles",
        Permission.LOOP_STEP,
        {"json": {"departments": [], "note": ""}, "headers": {"If-Match": '"1"'}},
    ),
    ("POST", "/v1/whistles/1/report_in", Permission.LOOP_STEP, {"json": {"answer": "", "joined": True}}),
    ("POST", "/v1/whistles/1/rate", Permission.LOOP_STEP, {"json": {"rating": 1}}),
    ("POST", "/v1/rules", Permission.RULES_WRITE, {"json": {}}),
    ("POST", "/v1/rules/check", Permission.RULES_WRITE, {"json": {}}),
    ("POST", "/v1/rules/replay", Permission.RULES_WRITE, {"json": {}}),
    ("POST", "/v1/rules/activations", Permission.RULES_WRITE, {"json": {}}),
    ("DELETE", "/v1/rules/activations/1", Permission.RULES_WRITE, {}),
    ("GET", "/incidents/1", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/queue?limit=1", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/events?seconds=0", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/places?q=gcjd", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/feeds/due?limit=1", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/figures/received/incidents?limit=1", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/figures/snapshots/2022-03", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/incidents/1/duplicates", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/duplicates", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/cards", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/cards/1", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/cards/1.html", Permission.INCIDENTS_READ, {}),
    ("GET", "/v1/cards/1.pdf", Permission.INCIDENTS_READ, {}),
    ("POST", "/v1/incidents/1/cards", Permission.LOOP_STEP, {"json": {}}),
    ("POST", "/v1/cards/1/answer", Permission.LOOP_STEP, {"json": {}}),
    ("GET", "/v1/sites?limit=1", Permission.LEDGER_READ, {}),
    ("GET", "/v1/rounds", Permission.LEDGER_READ, {}),
    ("GET", "/v1/ledger?limit=1", Permission.LEDGER_READ, {}),
    ("GET", "/v1/ledger/1", Permission.LEDGER_READ, {}),
    ("GET", "/v1/ledger/rules", Permission.LEDGER_READ, {}),
    ("GET", "/v1/ledger/figures", Permission.LEDGER_READ, {}),
    ("GET", "/v1/ledger/lists/problems", Permission.LEDGER_READ, {}),
    ("GET", "/v1/ledger/export?format=none", Permission.LEDGER_READ, {}),
    ("GET", "/v1/ledger/1/evidence/1", Permission.LEDGER_READ, {}),
    ("POST", "/v1/ledger/1/evidence", Permission.LEDGER_READ, {"content": b""}),
    ("POST", "/v1/ledger/1/steps", Permission.LEDGER_READ, {"json": {}, "headers": {"If-Match": '"1"'}}),
    ("POST", "/v1/ledger", Permission.LEDGER_WRITE, {"json": {}}),
    ("GET", "/v1/rules", ANY, {}),
    ("GET", "/v1/rules/files", ANY, {}),
    ("GET", "/v1/rules/routing", ANY, {}),
    ("GET", "/v1/people", ANY, {}),
    ("GET", "/v1/workflow", ANY, {}),
    ("GET", "/v1/me", ANY, {}),
]


def caller(app, store, *roles, **bounds):
    key = create_key(store, "caller", Grant(frozenset(roles), Bounds(**bounds)))
    return TestClient(app, headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def client_as(client, app, store):
    """Function that returns a client with roles and bounds."""
    return lambda *roles, **bounds: caller(app, store, *roles, **bounds)


def test_each_role_may_call_only_the_routes_of_its_permissions(client_as):
    for role in sorted(EVERY_ROLE):
        client, given = client_as(role), load_roles()[role].permissions
        assert set(client.get("/v1/me").json()["permissions"]) == given
        for method, path, permission, sent in ROUTES:
            response = client.request(method, path, **sent)
            passes = permission is ANY or permission in given
            assert (response.status_code != 403) is passes, (role, method, path, response.text)
            assert passes or response.json()["code"] == "permission"
            assert response.status_code != 401


def test_permission_matrix_covers_every_route(app):
    """All other routes are public on purpose."""
    listed = {(method, path.split("?")[0]) for method, path, _, _ in ROUTES} | {("POST", "/v1/incidents/1/photos")}
    paths = app.openapi()["paths"]
    closed = {
        (
            method.upper(),
            _IDS.sub("1", path)
            .replace("{code}", "received")
            .replace("{name}", "problems")
            .replace("{month}", "2022-03"),
        )
        for path, methods in paths.items()
        for method, found in methods.items()
        if found.get("security") and {} not in found["security"]
    }
    assert closed - listed == {("DELETE", "/v1/sessions/current")}
    areas = {("GET", f"/v1/areas/{name}") for name in ("figures", "hotspots", "rates")}
    areas |= {("GET", f"/maps/{name}") for name in ("density", "hotspots", "rates")}
    assert listed - closed == {("GET", "/v1/kpi"), ("GET", "/maps/heatmap"), *areas}


@pytest.mark.parametrize(("role", "status"), [(Role.HANDLER, 201), (Role.API_CLIENT, 201), (Role.PLANNER, 403)])
def test_photo_upload_needs_permission_to_report_or_take_steps(client_as, role, status):
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    response = client_as(role).post("/v1/incidents/1/photos", content=picture.getvalue())
    assert response.status_code == status


def counted(store, condition):
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(incidents).where(condition)).scalar_one()


@pytest.mark.full_demo
@pytest.mark.parametrize(
    ("bounds", "condition"),
    [
        ({"areas": (STREET,)}, incidents.c.street_code == STREET),
        ({"areas": (STREET, "140213050010005")}, incidents.c.street_code.in_([STREET])
         | (incidents.c.base_code == "140213050010005")),
        ({"areas": ("140213051003501",)}, incidents.c.dedicated_code == "140213051003501"),
        ({"areas": ("140213051003",), "categories": ("Z06", "Z08")},
         (incidents.c.community_code == "140213051003") & incidents.c.category.in_(["Z06", "Z08"])),
        ({"departments": ("城市管理",)}, incidents.c.department == "城市管理"),
    ],
)  # fmt: skip
def test_lists_counts_and_reads_are_limited_to_bounds(client_as, store, received, bounds, condition):
    client = client_as(Role.SUPERVISOR, **bounds)
    expected = counted(store, condition)
    assert 0 < expected < received
    assert client.get("/v1/kpi").json()["received"] == expected
    page = client.get("/v1/incidents?limit=1000").json()["items"]
    with store.read() as connection:
        query = select(incidents.c.id).where(condition)
        query = query.order_by(incidents.c.reported_at.desc(), incidents.c.id.desc()).limit(1_000)
        assert [item["id"] for item in page] == list(connection.execute(query).scalars())
        outside = connection.execute(select(incidents.c.id).where(~condition).limit(1)).scalar_one()
    assert client.get(f"/v1/incidents/{page[0]['id']}").status_code == 200
    for part in ("", "/transitions", "/timeline", "/photos", "/photos/1"):
        response = client.get(f"/v1/incidents/{outside}{part}")
        assert (response.status_code, response.json()["code"]) == (403, "out_of_bounds"), part
    step = {"action": "note", "note": "x"}
    response = client.post(f"/v1/incidents/{outside}/transitions", json=step, headers={"If-Match": '"1"'})
    assert (response.status_code, response.json()["code"]) == (403, "out_of_bounds")
    with store.read() as connection:
        assert connection.execute(select(incidents.c.version).where(incidents.c.id == outside)).scalar_one() == 1


def test_report_outside_bounds_is_refused(client_as, client):
    assert client_as(Role.API_CLIENT, areas=(STREET,)).post("/v1/incidents", json=INSIDE).status_code == 201
    before = client.get("/v1/kpi").json()["received"]
    other = next(row["department"] for row in client.get("/v1/categories").json() if row["code"] == "Z01")
    for bounds in ({"areas": (OTHER,)}, {"categories": ("Z01",)}, {"areas": (STREET,), "departments": (other,)}):
        response = client_as(Role.GRID_WORKER, **bounds).post("/v1/incidents", json=INSIDE)
        assert (response.status_code, response.json()["code"]) == (403, "out_of_bounds"), bounds
    assert client.get("/v1/kpi").json()["received"] == before


def test_import_refuses_single_rows_outside_bounds(client_as):
    content = "reported_at,category,lon,lat\n" + "".join(
        f"2026-01-02 08:00,{category},{lon},{lat}\n"
        for category, lon, lat in [("Z06", 113.3058, 40.0912), ("Z01", 113.3058, 40.0912), ("Z06", 113.6, 40.3)]
    )
    client = client_as(Role.API_CLIENT, areas=(STREET,), categories=("Z06",))
    body = client.post("/v1/incidents/import?datum=gcj02&commit=true", content=content, headers=CSV).json()
    assert (body["rows"], body["accepted"], body["outside"], body["committed"]) == (3, 1, 0, True)
    assert [(refusal["row"], refusal["code"]) for refusal in body["refusals"]] == [
        (3, "out_of_bounds"),
        (4, "out_of_bounds"),
    ]
    assert client.get("/v1/kpi?from=2026-01-01").json()["received"] == 1


def test_people_are_unmasked_only_within_bounds(client, client_as):
    rows = [("140213051003008", "甲某"), ("140213050010005", "乙某")]
    out = io.StringIO()
    csv.writer(out).writerows(
        [("code", "duty", "name", "valid_from"), *((c, "网格长", n, "2026-03-01") for c, n in rows)]
    )
    bounded = client_as(Role.DATA_STEWARD, areas=(STREET,))
    refused = bounded.post("/v1/people/import?commit=true", content=out.getvalue().encode(), headers=CSV).json()
    assert [(found["row"], found["code"]) for found in refused["refusals"]] == [(3, "out_of_bounds")]
    assert (
        client.post("/v1/people/import?commit=true", content=out.getvalue().encode(), headers=CSV).json()["added"] == 1
    )

    def names(client):
        listed = [post["name"] for post in client.get("/v1/people").json()["items"]]
        shown = [client.get(f"/v1/grids/{code}").json()["people"]["leader"][0]["name"] for code, _ in rows]
        assert listed == shown
        return shown

    assert names(client_as(Role.DISPATCHER)) == ["甲某", "乙某"]
    assert names(client_as(Role.DISPATCHER, areas=(STREET,))) == ["甲某", "乙＊"]
    assert names(client_as(Role.PLANNER)) == names(client_as(Role.API_CLIENT)) == ["甲＊", "乙＊"]


def test_district_wide_actions_refuse_bounded_keys(client_as):
    steward = client_as(Role.DATA_STEWARD, Role.AUDITOR, areas=(STREET,))
    assert steward.post("/v1/layers/import?layer=urban&label=x", content=b"x").json()["code"] == "permission"
    assert steward.get("/v1/audit").status_code == 403


def test_expired_key_is_refused(app, client, store):
    day = local_today() + timedelta(days=2)
    key = create_key(store, "short", last_day=day)
    client = TestClient(app, headers={"Authorization": f"Bearer {key}"})
    assert client.get("/v1/me").json()["roles"] == ["api_client"]
    with store.write() as connection:
        row = connection.execute(select(api_keys).where(api_keys.c.name == "short")).one()
        assert row.expires_at.isoformat() == f"{day}T16:00:00+00:00", "midnight in Beijing"
        assert row.last_used_at is not None
        past = row.created_at - timedelta(days=1)
        connection.execute(api_keys.update().where(api_keys.c.id == row.id).values(expires_at=past))
    assert client.get("/v1/me").status_code == 401


@pytest.mark.full_demo
def test_anonymous_users_see_no_cell_with_fewer_than_three_incidents(client, reader):
    def cells(client):
        html = client.get("/maps/heatmap?category=Z06&from=2022-06-01&to=2022-06-30").text
        text = html.split("L.heatLayer(")[1].split("]],")[0].strip()
        return [row.split(",") for row in text.strip("[] \n").replace(" ", "").split("],[")]

    fine, coarse = cells(client), cells(reader)
    assert min(float(count) for _, _, count in fine) == 1
    assert min(float(count) for _, _, count in coarse) >= 3
    assert 0.8 < sum(float(row[2]) for row in coarse) / sum(float(row[2]) for row in fine) <= 1


def test_bounding_box_needs_authentication(client, reader):
    response = reader.get("/v1/kpi?bbox=113.30,40.09,113.31,40.10")
    assert (response.status_code, response.json()["field"]) == (401, "bbox")
    assert client.get("/v1/kpi?bbox=113.30,40.09,113.31,40.10").json()["received"] > 0


LOCATE = "/v1/locate?lon=113.3058&lat=40.0912&datum=gcj02"


@pytest.mark.parametrize("closed", ["maps", "locate"])
def test_settings_can_refuse_anonymous_maps_and_locating(copy_demo, tmp_path, store, key, closed):
    settings = {f"anonymous_{closed}": False}
    app = create_app(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'geogrid.db'}", **settings))
    batch = {"json": {"lon": [113.3], "lat": [40.09]}}
    doors = {
        "maps": [("GET", "/maps/heatmap?from=2022-06-30", {})],
        "locate": [
            ("GET", LOCATE, {}),
            ("GET", LOCATE.replace("locate", "locate/explain"), {}),
            ("POST", "/v1/locate/batch?datum=wgs84", batch),
        ],
    }
    with TestClient(app) as anonymous:
        for name, found in doors.items():
            for method, path, sent in found:
                assert anonymous.request(method, path, **sent).status_code == (401 if name == closed else 200), path
                known = anonymous.request(method, path, headers={"Authorization": f"Bearer {key}"}, **sent)
                assert known.status_code == 200, path
        assert anonymous.get("/v1/kpi").status_code == 200
