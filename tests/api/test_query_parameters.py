"""Every route refuses unknown and repeated query parameters and unknown values."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from geogrid.incidents.query import FIELDS
from geogrid.model import EVERY_ROLE, Grant
from geogrid.services.api_keys import create_key
from geogrid.settings import Settings
from geogrid.store.database import Store
from geogrid_api.app import create_app


@pytest.fixture(scope="module")
def client(copy_demo, tmp_path_factory):
    """Client with an API key, on a copy of the demo that no test changes."""
    home = tmp_path_factory.mktemp("query")
    url = copy_demo(home)
    store = Store(url)
    key = create_key(store, "query", Grant(EVERY_ROLE))
    store.close()
    app = create_app(Settings(home=home, database_url=url))
    with TestClient(app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {key}"}) as client:
        yield client


V1 = (
    "/v1/kpi",
    "/v1/figures?by=street",
    "/v1/figures/handled/incidents",
    "/v1/incidents",
    "/v1/areas/figures",
    "/v1/areas/rates",
    "/v1/areas/hotspots",
)
PAGES = (
    "/maps/heatmap",
    "/maps/timeline",
    "/maps/compare",
    "/maps/explorer",
    "/maps/density",
    "/maps/hotspots",
    "/maps/rates",
    "/maps/heatmap.csv",
    "/maps/explorer.geojson",
    "/maps/heatmap.png",
    "/maps/grids/140213051003008",
    "/figures",
    "/figures.csv",
    "/incidents",
)
ROUTES = (*V1, *PAGES)
#: A value that does not exist, for each field with values from data.
MISSING = {
    "category": "Z99",
    "street": "140213999",
    "community": "140213999999",
    "grid": "140213999999999",
    "department": "没有的部门",
    "source": "gossip",
}
SECRET = "q7secretq7"


def send(client, path, query):
    return client.get(f"{path}{'&' if '?' in path else '?'}{query}")


def check_refused(response, code):
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    body = response.json()
    assert body["code"] == code, body
    return body


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("query", ["form=2022-03-01", "Category=Z06", "category=Z06&utm_source=x"])
def test_unknown_parameter_is_refused_with_known_names(client, path, query):
    body = check_refused(send(client, path, query), "unknown_parameter")
    assert {"from", "to", "category"} <= set(body["allowed"])
    assert "form" not in body["detail"].replace("format", "")


@pytest.mark.parametrize("path", ["/v1/queue", "/v1/locate?lon=1&lat=1&datum=wgs84", "/v1/layers", "/v1/categories"])
def test_routes_without_filters_refuse_unknown_parameters(client, path):
    check_refused(send(client, path, f"{SECRET}=1"), "unknown_parameter")


@pytest.mark.parametrize("path", ROUTES)
def test_repeated_parameter_is_refused(client, path):
    assert check_refused(send(client, path, "to=2022-03-01&to=2022-03-02"), "repeated_parameter")["field"] == "to"
    assert (
        check_refused(send(client, "/v1/kpi", "compare=before&compare=year"), "repeated_parameter")["field"]
        == "compare"
    )


def test_every_field_with_values_from_data_is_tested():
    assert set(MISSING) == {field.parameter for field in FIELDS.values() if field.known}


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("parameter", MISSING)
def test_unknown_value_is_refused_with_known_values(client, path, parameter):
    body = check_refused(send(client, path, f"{parameter}={MISSING[parameter]}"), "unknown_value")
    assert body["field"] == parameter
    assert body["allowed"]
    assert MISSING[parameter] not in body["allowed"]
    assert MISSING[parameter] not in body["detail"]


@pytest.mark.parametrize("parameter", ["category", "street", "department"])
def test_queue_refuses_unknown_values(client, parameter):
    assert (
        check_refused(client.get(f"/v1/queue?{parameter}={MISSING[parameter]}"), "unknown_value")["field"] == parameter
    )


@pytest.mark.parametrize("field", [field for field in FIELDS.values() if "enum" in field.schema])
def test_unknown_fixed_value_is_refused_with_known_values(client, field):
    body = check_refused(client.get("/v1/kpi", params={field.parameter: SECRET}), "validation")
    assert all(value in body["detail"] for value in field.schema["enum"])
    assert SECRET not in str(body)


@pytest.mark.parametrize("path", ["/maps/heatmap", "/figures", "/incidents"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_error_page_does_not_repeat_input(client, path, lang):
    for query, word in ((f"{SECRET}=1", "category"), (f"category={SECRET}", "Z06"), ("status=%3Cscript%3E", "status")):
        response = client.get(f"{path}?{query}&lang={lang}", headers={"Accept": "text/html"})
        assert (response.status_code, response.headers["content-type"]) == (422, "text/html; charset=utf-8")
        assert word in response.text
        assert SECRET not in response.text
        assert "<script>" not in response.text
        assert ("The filter is not valid" in response.text) is (lang == "en")
        assert "script-src 'self'" in response.headers["content-security-policy"]


#: Two values of each field that accepts several.
TWO = {
    "category": ("Z01", "Z02"),
    "source": ("patrol", "hotline"),
    "street": ("140213050", "140213051"),
}


def test_every_field_with_several_values_has_two_here():
    assert set(TWO) == {field.parameter for field in FIELDS.values() if field.several}


@pytest.mark.parametrize("parameter", TWO)
def test_several_values_select_the_incidents_of_each(client, parameter):
    first, second = TWO[parameter]

    def received(query):
        return client.get(f"/v1/kpi?{query}").json()["received"]

    both = received(f"{parameter}={first}") + received(f"{parameter}={second}")
    assert received(f"{parameter}={first},{second}") == both
    assert received(f"{parameter}={first}&{parameter}={second}&{parameter}={first}") == both
    listed = client.get(f"/v1/incidents?{parameter}={first},{second}&limit=100").json()["items"]
    key = "street_code" if parameter == "street" else parameter
    assert {item[key] for item in listed} == {first, second}
    rows = client.get(f"/figures.csv?{parameter}={first},{second}&from=2022-01-01&to=2022-06-30")
    assert rows.status_code == 200
    problem = client.get(f"/v1/kpi?{parameter}={first},{SECRET}")
    assert problem.status_code == 422
    assert SECRET not in problem.text


def test_each_of_several_values_has_a_chip_that_removes_it(client):
    html = client.get("/maps/heatmap?category=Z01&category=Z02&street=140213050,140213051&lang=en").text
    removed = {query.replace("&amp;", "&") for query in re.findall(r'<a class="chip" href="\?([^"]*)"', html)}
    assert removed == {
        "category=Z02&street=140213050%2C140213051&lang=en",
        "category=Z01&street=140213050%2C140213051&lang=en",
        "category=Z01%2CZ02&street=140213051&lang=en",
        "category=Z01%2CZ02&street=140213050&lang=en",
    }
    assert len(re.findall(r'type="checkbox" name="category" value="Z0[12]" checked', html)) == 2


def test_the_desk_refuses_unknown_values_and_takes_empty_ones(client):
    part = {"HX-Request": "true"}
    answer = client.get("/desk/queue?status=&urgency=&street=&category=Z06&lang=en", headers=part)
    assert (answer.status_code, "refused" in answer.text) == (200, False)
    for query in (f"category={SECRET}", "status=lost", "street=140213999", "form=1"):
        answer = client.get(f"/desk/queue?{query}&lang=en", headers=part)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert "<html" not in answer.text
        assert SECRET not in answer.text
    answer = client.get(f"/desk?category={SECRET}", headers={"Accept": "text/html"})
    assert answer.status_code == 422
    assert "筛选条件无效" in answer.text


def test_the_document_lists_every_field_with_both_languages(client):
    paths = client.get("/openapi.json").json()["paths"]
    for path in ("/v1/kpi", "/v1/incidents", "/v1/areas/figures", "/maps/heatmap", "/figures"):
        told = {entry["name"]: entry for entry in paths[path]["get"]["parameters"]}
        for field in FIELDS.values():
            entry = told[field.parameter]
            assert all(words in entry["description"] for words in field.description.values())
            schema = entry["schema"]["items"] if field.several else entry["schema"]
            assert schema.get("enum") == field.schema.get("enum")
            assert entry["required"] is False
