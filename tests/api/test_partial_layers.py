"""Districts without some of the layers, with letters in their codes, from the import to the print."""

import re

import pytest
import small_district as district
from fastapi.testclient import TestClient

from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE, EVERY_ROLE, Bounds, Grant, Role
from geogrid.services.api_keys import create_key
from geogrid.services.people import import_posts
from geogrid.settings import Settings
from geogrid.tabular.row_model import TableRow
from geogrid_api.app import create_app

WEST_GRID, EAST_GRID = district.grid_code(0, 0), district.grid_code(3, 0)
LEVELS = {
    "bare": {"grid"},
    "with_streets": {"grid", "street"},
    "with_communities": {"grid", "community"},
    "mixed": {"grid", "street", "community"},
}


@pytest.fixture
def open_client(new_store, tmp_path):
    """A function that activates a district and returns a client of its service."""
    clients = []

    def open_client(name, grant=Grant(EVERY_ROLE)):  # noqa: B008 - frozen
        district.activate(new_store, tmp_path / "layers", getattr(district, name)())
        url = new_store.url.render_as_string(hide_password=False)
        app = create_app(Settings(home=tmp_path, database_url=url))
        key = create_key(new_store, "tests", grant)
        client = TestClient(app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {key}"})
        clients.append(client.__enter__())
        return clients[0]

    yield open_client
    for client in clients:
        client.__exit__(None, None, None)


def report(client, place, **values):
    lon, lat = place
    content = {"lon": lon, "lat": lat, "datum": "wgs84", "category": "Z06", **values}
    response = client.post("/v1/incidents", json=content, headers={"Idempotency-Key": str(place[0])})
    assert response.status_code == 201, response.text
    return response.json()


def locate(client, place):
    return client.get("/v1/locate", params={"lon": place[0], "lat": place[1], "datum": "wgs84"}).json()


@pytest.mark.parametrize(
    ("name", "street", "community"),
    [
        ("bare", None, None),
        ("with_streets", "DQ-W", None),
        ("with_communities", None, "C.1"),
        ("mixed", "DQ-W", "C.1"),
    ],
)
def test_divisions_that_do_not_exist_are_null(open_client, name, street, community):
    client = open_client(name)
    found = locate(client, district.IN_WEST)
    assert found["responsible"]["code"] == WEST_GRID
    codes = [found[level] and found[level]["code"] for level in ("street", "community")]
    assert codes == [street, community]
    assert client.get(f"/v1/grids/{WEST_GRID}").json()["community"] == found["community"]


def test_street_without_communities_beside_one_with_them(open_client):
    found = locate(open_client("mixed"), district.IN_EAST)
    assert (found["street"]["code"], found["community"]) == ("DQ-E", None)


@pytest.mark.parametrize("name", LEVELS)
def test_figures_by_absent_level_are_refused_everywhere(open_client, name):
    client = open_client(name)
    report(client, district.IN_WEST)
    for level in ("grid", "community", "street"):
        expected = 200 if level in LEVELS[name] else 422
        for address in (f"/v1/areas/figures?by={level}", f"/v1/figures?by={level}", f"/maps/density?by={level}"):
            response = client.get(address)
            assert response.status_code == expected, address
            assert expected == 200 or "level_absent" in response.text
        if level != "grid":
            assert client.get(f"/figures?rows={level}").status_code == expected


@pytest.mark.parametrize("name", LEVELS)
def test_pages_offer_no_absent_area(open_client, name):
    client = open_client(name)
    incident = report(client, district.IN_WEST)["id"]
    page = client.get("/maps/density").text
    by = page[page.index('name="by"') :]
    assert (
        set(re.findall(r'<option value="(grid|dedicated|community|street)"', by[: by.index("</select>")]))
        == LEVELS[name]
    )
    assert ('name="street"' in page) == ("street" in LEVELS[name])
    assert "农村网格" not in page
    assert "专属网格" not in page
    for address in (
        "/figures",
        "/incidents",
        f"/incidents/{incident}",
        "/desk",
        "/desk/new",
        f"/desk/incidents/{incident}",
    ):
        assert client.get(address).status_code == 200, address
    assert client.get(f"/maps/grids/{WEST_GRID}").status_code == 200


@pytest.mark.parametrize("name", ["bare", "mixed"])
def test_print_of_partial_layers(open_client, name):
    client = open_client(name)
    report(client, district.IN_WEST)
    for address in ("/maps/explorer.pdf", "/maps/density.pdf"):
        response = client.get(address)
        assert response.content.startswith(b"%PDF"), address


def test_filters_with_letters_select_areas(open_client):
    client = open_client("mixed")
    west, east = report(client, district.IN_WEST)["id"], report(client, district.IN_EAST)["id"]
    for parameters, expected in (
        ({"street": "DQ-E"}, [east]),
        ({"street": "DQ-E,DQ-W"}, [east, west]),
        ({"community": "C.1"}, [west]),
        ({"grid": EAST_GRID}, [east]),
    ):
        items = client.get("/v1/incidents", params=parameters).json()["items"]
        assert [item["id"] for item in items] == expected
        rows = client.get("/v1/areas/figures", params={"by": "grid", **parameters}).json()["rows"]
        assert sum(row["n"] for row in rows) == len(expected)
    assert client.get("/maps/explorer.png?street=DQ-W").status_code == 200


def test_filter_of_absent_layer_says_so(open_client):
    response = open_client("bare").get("/v1/incidents", params={"street": "DQ-W"})
    assert (response.status_code, response.json()["code"]) == (422, "unknown_value")
    assert "has no value for this filter" in response.json()["detail"]


def test_bounds_contain_grids_by_parent(open_client, new_store):
    client = open_client("mixed", Grant(frozenset({Role.HANDLER, Role.PLANNER}), Bounds(areas=("DQ-W",))))
    rows = [
        TableRow(2, {"layer": "urban", "code": code, "duty": "网格长", "name": name, "valid_from": "2020-01-01"})
        for code, name in ((WEST_GRID, "甲某"), (EAST_GRID, "乙某"))
    ]
    assert import_posts(new_store, rows, CONSOLE, load_rules().profile, commit=True).added == 2
    assert {
        code: client.get(f"/v1/grids/{code}").json()["people"]["leader"][0]["name"] for code in (WEST_GRID, EAST_GRID)
    } == {
        WEST_GRID: "甲某",
        EAST_GRID: "乙＊",
    }
    listed = client.get("/v1/areas/figures?by=grid").json()["rows"]
    assert {row["code"] for row in listed} == {district.grid_code(column, row) for column in (0, 1) for row in (0, 1)}


def test_absent_layers_are_not_served(open_client):
    client = open_client("with_streets")
    assert set(client.get("/v1/layers").json()["layers"]) == {"district", "street", "urban"}
    assert client.get("/v1/layers/community").status_code == 404
