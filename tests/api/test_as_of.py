"""`as_of` on figures, lists and the map."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from geogrid.services.layer_generations import activate_generation
from geogrid.services.restatement import restate_incidents

TAKES = "140213053010006"
PROBLEM = "application/problem+json"
THEN, NOW = "2022-03-01", "2199-01-01"
PATHS = ["/v1/kpi", "/v1/incidents", "/maps/heatmap"]
REPORT = {"lon": 113.3058, "lat": 40.0912, "datum": "gcj02", "category": "Z06"}


@pytest.fixture
def planned(store, moved):
    """Generation with moved layers, active from tomorrow, with restated incidents."""
    activate_generation(store, moved, datetime.now(UTC) + timedelta(days=1))
    restate_incidents(store, moved, commit=True)
    return moved


def refused(client, path, as_of):
    response = client.get(path, params={"as_of": as_of})
    assert response.headers["content-type"] == PROBLEM
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize("path", PATHS)
def test_as_of_without_generation_is_refused(client, path):
    assert refused(client, path, "spring") == (422, "moment")
    assert refused(client, path, "1950-01-01") == (404, "before_first_generation")
    assert "1970-01-01" in client.get(path, params={"as_of": "1950-01-01"}).json()["detail"]


@pytest.mark.parametrize("path", PATHS)
def test_figures_need_restated_incidents(client, store, moved, received, path):
    activate_generation(store, moved, datetime.now(UTC) + timedelta(days=1))
    assert client.get(path, params={"as_of": THEN}).status_code == 200, "each has the grids of that day itself"
    assert refused(client, path, NOW) == (409, "not_restated")
    assert f"{received:,} " in client.get(path, params={"as_of": NOW}).json()["detail"]
    assert f"geogrid reassign --generation {moved} " in client.get(path, params={"as_of": NOW}).json()["detail"]
    restate_incidents(store, moved, commit=True)
    assert client.get(path, params={"as_of": NOW}).status_code == 200
    assert client.post("/v1/incidents", json=REPORT).json()["generation"] == 1
    assert refused(client, path, NOW) == (409, "not_restated")
    assert client.get(path).status_code == 200
    assert client.get(path, params={"as_of": NOW, "to": "2022-06-30"}).status_code == 200


@pytest.mark.full_demo
def test_kpi_names_its_generation(client, planned):
    of_day, of_then, of_now = (
        client.get("/v1/kpi", params={"grid": TAKES, **more}).json() for more in ({}, {"as_of": THEN}, {"as_of": NOW})
    )
    assert (of_day["generation"], of_then["generation"], of_now["generation"]) == (None, 1, planned)
    assert of_day == {**of_then, "generation": None}
    assert of_now["received"] > of_then["received"]
    whole = client.get("/v1/kpi", params={"as_of": NOW, "from": "2022-01-01", "to": "2022-06-30"}).json()
    assert (whole["received"], whole["handled"], whole["from"], whole["to"]) == (
        59_369,
        58_621,
        "2022-01-01",
        "2022-06-30",
    )


@pytest.mark.full_demo
def test_incident_list_shows_restated_grids(client, planned):
    query = {"grid": TAKES, "limit": 1_000}
    own = client.get("/v1/incidents", params=query).json()["items"]
    restated = client.get("/v1/incidents", params={**query, "as_of": NOW}).json()["items"]
    assert {item["generation"] for item in own} == {1}
    assert {(item["generation"], item["base_code"]) for item in restated} == {(planned, TAKES)}
    moved = [item for item in restated if item["id"] not in {item["id"] for item in own}]
    assert len(moved) == len(restated) - len(own) > 50
    read = client.get(f"/v1/incidents/{moved[0]['id']}").json()
    assert (read.pop("merged_finally"), read.pop("parts")) == (None, [])
    assert (read["generation"], read["base_code"]) == (1, "140213050010005"), "the incident itself stays as it is"
    placement = ("generation", "base_code", "community_code", "street_code")
    assert {**read, **{name: moved[0][name] for name in placement}} == moved[0]


def test_map_draws_generation_of_as_of(client, planned):
    pages = {moment: client.get("/maps/heatmap", params={"as_of": moment, "lang": "en"}).text for moment in (THEN, NOW)}
    scripts = {moment: re.search(r'src="(/maps/areas/[^"]+)"', page)[1] for moment, page in pages.items()}
    assert scripts[THEN] != scripts[NOW]
    assert all(client.get(address).status_code == 200 for address in scripts.values())
    assert '"140213051003501"' in client.get(scripts[THEN]).text
    assert '"140213051003501"' not in client.get(scripts[NOW]).text
    for moment, number in ((THEN, 1), (NOW, planned)):
        assert f"layers {number} · all incidents counted by these layers" in pages[moment]
        assert f'<option value="{moment}" selected>' in pages[moment]
    assert "restated" not in client.get("/maps/heatmap", params={"lang": "en"}).text


def test_shapes_are_served_only_under_their_version(client, planned):
    page = client.get("/maps/heatmap").text
    version = re.search(r"/maps/areas/1/(\w+)\.js", page)[1]
    assert client.get(f"/maps/areas/{planned}/{version}.js").json()["code"] == "areas_unknown"
    assert client.get(f"/maps/areas/99/{version}.js").json()["code"] == "generation_unknown"
    for number in ("9" * 19, "9" * 5_000, "-1", "x"):
        assert client.get(f"/maps/areas/{number}/{version}.js").status_code in {404, 422}


def test_locate_and_figures_accept_the_same_as_of(client):
    paths = client.get("/openapi.json").json()["paths"]
    asked = [
        parameter
        for path in ("/v1/locate", *PATHS)
        for parameter in paths[path]["get"]["parameters"]
        if parameter["name"] == "as_of"
    ]
    assert len(asked) == 4
    assert all(parameter == asked[0] for parameter in asked)
    named = [parameter["name"] for parameter in paths["/v1/kpi"]["get"]["parameters"]]
    assert len(named) == len(set(named)) == 16
