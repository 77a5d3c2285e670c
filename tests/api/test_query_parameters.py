"""Every route refuses unknown and repeated query parameters and unknown values."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from geogrid.incidents.query import FIELDS
from geogrid.model import EVERY_ROLE, Grant
from geogrid.services.keys import create_key
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


def test_openapi_lists_every_field_in_both_languages(client):
    paths = client.get("/openapi.json").json()["paths"]
    for path in ("/v1/kpi", "/v1/incidents", "/v1/areas/figures", "/maps/heatmap", "/figures"):
        told = {entry["name"]: entry for entry in paths[path]["get"]["parameters"]}
        for field in FIELDS.values():
            entry = told[field.parameter]
            assert all(words in entry["description"] for words in field.description.values())
            assert entry["schema"].get("enum") == field.schema.get("enum")
            assert entry["required"] is False
