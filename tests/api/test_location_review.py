"""Location review and responsible people over HTTP, on the layers of the demo."""

from datetime import UTC, date, datetime

import geopandas as gpd
import pytest
import shapely

from geogrid.geo import datums
from geogrid.layers.thematic_layers import ThematicLayer, make_theme
from geogrid.model import Actor, Bounds, Grant, Layer, Post, Role, ShapeKind, Triage
from geogrid.services.api_keys import create_key
from geogrid.services.layer_generations import activate_generation
from geogrid.services.location_review import list_triage
from geogrid.store.generations import add_generation
from geogrid.store.people import add_posts

#: 7 cm from the border of 古城街道's grid 140213051003008 with 140213051008003.
BORDER = {"lon": 113.2988, "lat": 40.09, "datum": "wgs84", "category": "Z01"}
OWN, OTHER = "140213051003008", "140213051008003"


def report(client, **body):
    response = client.post("/v1/incidents", json=body)
    assert response.status_code == 201, response.text
    return response.json()


def candidates(client, number):
    return client.get(f"/v1/incidents/{number}/candidates").json()


def test_inaccurate_point_near_a_border_needs_review(client):
    kept = report(client, **BORDER, accuracy_m=20)
    assert (kept["triage"], kept["base_code"]) == ({"reason": "border", "blocks": False}, OWN)
    found = candidates(client, kept["id"])["candidates"]
    assert [one["grid"]["code"] for one in found] == [OWN, OTHER]
    assert sum(one["share"] for one in found) == pytest.approx(1, abs=1e-3)
    assert (found[0]["metres"], found[1]["metres"]) == (0, pytest.approx(0.067, abs=1e-3))
    assert {one["street"]["code"] for one in found} == {"140213051"}
    first = client.get(f"/v1/incidents/{kept['id']}/timeline").json()["steps"][0]
    assert first["details"]["located"] == "inside"
    assert [one["grid"] for one in first["details"]["candidates"]] == [OWN, OTHER]


def test_accurate_or_distant_point_needs_no_review(client, layers):
    assert report(client, **BORDER)["triage"] is None
    assert report(client, **BORDER, accuracy_m=0)["triage"] is None
    inner = shapely.maximum_inscribed_circle(layers[Layer.RURAL].geometry.iloc[0])
    middle = shapely.get_point(inner, 0)
    assert report(client, **BORDER | {"lon": middle.x, "lat": middle.y}, accuracy_m=20)["triage"] is None


def test_point_outside_lists_nearest_grid_as_candidate(client):
    kept = report(client, **BORDER | {"lon": 113.4, "lat": 40.09})
    assert (kept["triage"], kept["base_code"]) == ({"reason": "outside", "blocks": True}, None)
    (nearest,) = candidates(client, kept["id"])["candidates"]
    assert nearest["metres"] > 30


@pytest.mark.parametrize("claimed", [OWN, OWN[:12]])
def test_claimed_grid_reveals_wrong_datum(client, claimed):
    lon, lat = datums.from_wgs84([113.2984], [40.0904], "gcj02")
    said = {"lon": float(lon[0]), "lat": float(lat[0]), "category": "Z01", "claimed_grid": claimed}
    assert report(client, **said, datum="gcj02")["triage"] is None
    kept = report(client, **said, datum="wgs84")
    assert kept["triage"] == {"reason": "datum", "blocks": True}
    first = candidates(client, kept["id"])["candidates"][0]
    assert (first["datum"], first["grid"]["code"][: len(claimed)]) == ("gcj02", claimed)


def test_claimed_grid_unreachable_by_any_datum_is_ignored(client):
    assert report(client, **BORDER, claimed_grid="140213050010005")["triage"] is None


def step(client, number, action, **wish):
    tag = client.get(f"/v1/incidents/{number}").headers["etag"]
    return client.post(
        f"/v1/incidents/{number}/transitions", json={"action": action, **wish}, headers={"If-Match": tag}
    )


@pytest.mark.both_databases
def test_doubt_within_a_street_is_a_hint_until_after_the_dispatch(client):
    before = client.get("/v1/triage").json()["counts"]
    number = report(client, **BORDER, accuracy_m=20)["id"]
    counts = client.get("/v1/triage").json()["counts"]
    assert counts == {"blocking": before["blocking"], "hints": before["hints"] + 1}
    assert candidates(client, number)["triage"] == {"reason": "border", "blocks": False}
    assert step(client, number, "file").status_code == 200
    sent = step(client, number, "dispatch", department="环境卫生").json()
    assert (sent["status"], sent["triage"]) == ("dispatched", {"reason": "border", "blocks": False})
    elsewhere = step(client, number, "place", grid="140213050001001")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "street_differs")
    settled = step(client, number, "place", grid=OTHER).json()
    assert (settled["base_code"], settled["triage"], settled["status"]) == (OTHER, None, "dispatched")
    unchanged = ("due_at", "stage_due_at", "warn_at", "close_due_at", "escalate_at")
    assert [settled[name] for name in unchanged] == [sent[name] for name in unchanged]
    assert client.get("/v1/triage").json()["counts"] == before


@pytest.mark.both_databases
def test_doubt_between_streets_blocks_until_it_is_settled(client, layers):
    streets = layers[Layer.STREET].set_index("code").geometry
    shared = shapely.line_merge(streets["140213051"].intersection(streets["140213050"]))
    point = max(shapely.get_parts(shared), key=shapely.length).interpolate(0.5, normalized=True)
    kept = report(client, **BORDER | {"lon": point.x, "lat": point.y}, accuracy_m=20)
    number = kept["id"]
    assert kept["triage"] == {"reason": "border", "blocks": True}
    assert client.get("/v1/triage").json()["counts"]["blocking"] >= 1
    refused = step(client, number, "file")
    assert (refused.status_code, refused.json()["code"]) == (409, "triage_open")
    offered = client.get(f"/v1/incidents/{number}/transitions").json()["transitions"]
    assert "file" not in [found["action"] for found in offered]
    grid = candidates(client, number)["candidates"][0]["grid"]["code"]
    assert step(client, number, "place", grid=grid).json()["triage"] is None
    assert step(client, number, "file").status_code == 200


def test_rule_dispatches_a_report_whose_doubt_is_a_hint(client):
    dispute = report(client, **BORDER | {"category": "J01"}, accuracy_m=20)
    assert (dispute["status"], dispute["triage"]) == ("dispatched", {"reason": "border", "blocks": False})


def test_review_list_is_ordered_bounded_and_shrinks(client, store):
    earlier, later = ("2026-03-01T08:00:00+08:00", "2026-03-02T08:00:00+08:00")
    last = report(client, **BORDER, accuracy_m=20, reported_at=later)["id"]
    first = report(client, **BORDER | {"lon": 113.4}, reported_at=earlier)["id"]
    since_then = [item["id"] for item in pages(client) if item["reported_at"] >= earlier]
    assert since_then == [first, last]
    street = Actor("user:1", "s", frozenset({Role.DISPATCHER}), Bounds(areas=(OWN[:9],)))
    seen = list_triage(store, street, limit=1_000).page.items
    assert last in {incident.id for incident in seen}
    assert {incident.placement.street_code for incident in seen} == {OWN[:9]}
    assert {incident.progress.triage for incident in seen} == {Triage.BORDER}
    settled = client.post(
        f"/v1/incidents/{last}/transitions",
        json={"action": "place", "grid": OTHER, "note": "实地核对"},
        headers={"If-Match": '"1"'},
    )
    assert (settled.json()["base_code"], settled.json()["triage"]) == (OTHER, None)
    assert last not in [item["id"] for item in pages(client)]


def pages(client):
    cursor, found = "", []
    while cursor is not None:
        page = client.get("/v1/triage", params={"limit": 50, **({"cursor": cursor} if cursor else {})}).json()
        found += page["items"]
        cursor = page["next"]
    return found


def test_responsible_people_are_those_in_office_on_the_day(client, store, app, layers):
    lane = gpd.GeoDataFrame(
        {"code": ["L1", "L2"], "name": ["甲巷", "乙巷"], "parent": None, "kind": None, "synthetic": True},
        geometry=[
            shapely.LineString([(113.2987, 40.089), (113.2987, 40.091)]),
            shapely.LineString([(113.295, 40.089), (113.295, 40.091)]),
        ],
        crs="EPSG:4326",
    )
    theme = ThematicLayer(make_theme("lanes", ShapeKind.LINE), lane)
    with store.write() as connection:
        number = add_generation(connection, layers, label="with lanes", themes=[theme]).id
        add_posts(
            connection,
            [
                Post("urban", OWN, "worker", "甲某", "", "", "0352-1234567", date(2026, 1, 1), date(2026, 2, 1)),
                Post("urban", OWN, "worker", "乙某", "", "", "0352-1234567", date(2026, 2, 2), None),
                Post("lanes", "L1", "warden", "丙某", "巷长", "", "", date(2026, 1, 1), None),
                Post("lanes", "L2", "warden", "丁某", "巷长", "", "", date(2026, 1, 1), None),
            ],
        )
    activate_generation(store, number)
    app.state.geogrid.snapshots.refresh()
    kept = report(client, **BORDER, reported_at=datetime(2026, 2, 3, tzinfo=UTC).isoformat())
    details = client.get(f"/v1/incidents/{kept['id']}/timeline").json()["steps"][0]["details"]
    assert len(details["on_duty"]) == len(details["wardens"]) == 1
    assert "某" not in str(details)
    response = client.get(f"/v1/incidents/{kept['id']}/responsible").json()
    assert [worker["name"] for worker in response["grids"][0]["people"]["workers"]] == ["乙某"]
    (found,) = response["thematic"]
    assert (found["code"], found["people"]["wardens"][0]["name"]) == ("L1", "丙某")


@pytest.mark.full_demo
def test_responsible_people_are_unmasked_only_within_bounds(client, store):
    """With bounds on a dedicated grid, the people of the base grid below are masked."""
    special = "140213051003501"
    page = client.get("/v1/incidents", params={"grid": special, "limit": 1}).json()["items"][0]
    base = (page["base_layer"], page["base_code"])
    with store.write() as connection:
        began = date(2022, 1, 1)
        add_posts(
            connection,
            [
                Post("dedicated", special, "leader", "甲某", "", "", "0352-1234567", began, None),
                Post(*base, "leader", "乙某", "", "", "0352-1234567", began, None),
            ],
        )
    key = create_key(store, "special", Grant(frozenset({Role.LEADER}), Bounds(areas=(special,))))
    headers = {"Authorization": f"Bearer {key}"}
    response = client.get(f"/v1/incidents/{page['id']}/responsible", headers=headers).json()
    assert [grid["people"]["leader"][0]["name"] for grid in response["grids"]] == ["甲某", "乙＊"]


def test_lane_outside_the_district_may_have_a_leader(client, store, app, layers):
    lane = gpd.GeoDataFrame(
        {"code": ["L1"], "name": ["甲巷"], "parent": None, "kind": None, "synthetic": True},
        geometry=[shapely.LineString([(113.3999, 40.089), (113.3999, 40.091)])],
        crs="EPSG:4326",
    )
    with store.write() as connection:
        theme = ThematicLayer(make_theme("lanes", ShapeKind.LINE), lane)
        number = add_generation(connection, layers, label="with a lane", themes=[theme]).id
        add_posts(connection, [Post("lanes", "L1", "leader", "甲某", "", "", "", date(2026, 1, 1), None)])
    activate_generation(store, number)
    app.state.geogrid.snapshots.refresh()
    kept = report(client, **BORDER | {"lon": 113.4})
    assert (kept["triage"]["reason"], kept["base_code"]) == ("outside", None)
    response = client.get(f"/v1/incidents/{kept['id']}/responsible").json()
    assert response["grids"] == []
    assert response["thematic"][0]["people"]["leader"][0]["name"] == "甲某"
