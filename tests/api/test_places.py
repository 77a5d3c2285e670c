"""``GET /v1/places``: names, coordinates, and a gazetteer imported while the service runs."""

import pytest
from fastapi.testclient import TestClient

from geogrid.model import CONSOLE, Grant, Role
from geogrid.places.gazetteer_reader import read_gazetteer
from geogrid.services.api_keys import create_key
from geogrid.services.places import import_places
from geogrid.tabular.table_reader import TabularFormat

LIST = "名称,地址,经度,纬度\n示例超市 13800138000,示例路1号,113.3058,40.0912\n".encode()


def find(client, text, **more):
    response = client.get("/v1/places", params={"q": text, **more})
    assert response.status_code == 200, response.text
    return response.json()


def test_areas_and_later_imported_places_are_found(client, store, locator):
    first = find(client, "gcjd")["items"][0]
    assert (first["kind"], first["name"], first["street"]) == ("street", "古城街道", None)
    assert find(client, "示例超市")["items"] == []
    found = read_gazetteer(LIST, TabularFormat.CSV, "gcj02", "示例", synthetic=True)
    import_places(store, locator, found, "示例", CONSOLE, commit=True)
    place = find(client, "slcs", limit=1)["items"][0]
    assert (place["name"], place["kind"], place["synthetic"]) == ("示例超市 138****8000", "address", True)
    assert place["street"]["name"] == "古城街道"
    suggested = client.get("/desk/places?place=slcs").text
    assert "示例超市 138****8000" in suggested
    assert "13800138000" not in suggested


def test_coordinates_need_a_datum_and_are_reordered(client):
    body = find(client, "40.0912，113.3058", datum="gcj02")
    assert (body["pasted"], body["lat_first"]) == (True, True)
    assert body["items"][0]["street"]["name"] == "古城街道"
    assert find(client, "113°18′00″E 40°05′24″N", datum="wgs84")["lat_first"] is False
    response = client.get("/v1/places?q=40.0912,113.3058")
    assert (response.status_code, response.json()["code"]) == (422, "datum_missing")
    assert "113.3058" not in response.text


@pytest.mark.parametrize("text", ["", " ", "x" * 100, "<script>", "' OR 1=1 --", "%00", "..", "\\"])
def test_unusual_query_finds_nothing(client, text):
    assert find(client, text)["items"] == []


def test_places_need_permission_to_read_incidents(app, client, store):
    key = create_key(store, "admin", Grant(frozenset({Role.ADMINISTRATOR})))
    assert TestClient(app, headers={"Authorization": f"Bearer {key}"}).get("/v1/places?q=gcjd").status_code == 403
    assert TestClient(app).get("/v1/places?q=gcjd").status_code == 401
