"""Figures by area over HTTP: tables, files and hidden values."""

import csv
import io
import subprocess
import sys

import pytest

from geogrid.model import Bounds, Grant, Role
from geogrid.services.api_keys import create_key

JUNE = {"from": "2022-06-01", "to": "2022-06-30"}


@pytest.mark.full_demo
def test_area_table_equals_figures(client):
    body = client.get("/v1/areas/figures", params={**JUNE, "by": "street", "measure": "handled_rate"}).json()
    rows = client.get("/v1/figures", params={**JUNE, "by": "street"}).json()["rows"]
    assert {row["code"]: (row["n"], row["part"], row["value"]) for row in body["rows"]} == {
        row["key"]: (row["counts"]["received"], row["counts"]["handled"], row["figures"][0]["rate"]) for row in rows
    }
    assert sum(found["areas"] for found in body["classes"]) == 18
    assert (body["from"], body["to"], body["generation"], body["synthetic"]) == (*JUNE.values(), 1, True)


def test_csv_is_readable_by_spreadsheets(client):
    response = client.get(
        "/v1/areas/figures", params={**JUNE, "by": "community", "measure": "per_1000", "format": "csv"}
    )
    assert response.headers["content-type"].startswith("text/csv")
    name = 'attachment; filename="areas-community-per_1000-2022-06-01-2022-06-30.csv"'
    assert response.headers["content-disposition"] == name
    assert response.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert len(rows) == 202
    assert list(rows[0])[:4] == ["编码", "名称", "图层", "上级编码"]
    assert "每千人件数" in rows[0]
    english = client.get("/v1/areas/rates", params={"by": "grid", "format": "csv", "lang": "en"}).content
    header = english.decode("utf-8-sig").split("\r\n")[0]
    assert header.startswith("code,name,layer")
    assert "smoothed" in header


def test_geojson_contains_shapes(client):
    response = client.get("/v1/areas/hotspots", params={**JUNE, "format": "geojson"})
    assert response.headers["content-type"] == "application/geo+json"
    body = response.json()
    assert (body["type"], len(body["features"]), body["synthetic"]) == ("FeatureCollection", 1256, True)
    feature = body["features"][0]
    assert feature["geometry"]["type"] == "Polygon"
    assert feature["id"] == feature["properties"]["code"]
    assert {"hot_spot", "z", "p", "value"} <= set(feature["properties"])


@pytest.mark.full_demo
def test_hot_spots_have_a_ranking(client):
    body = client.get("/v1/areas/hotspots").json()
    hot = {row["code"]: row for row in body["rows"]}
    assert body["ranking"]
    assert hot[body["ranking"][0]]["hot_spot"] == 3
    assert body["too_few"] is False
    first = body["hot_areas"][0]
    assert first["excess"] == pytest.approx(first["observed"] - first["expected"], abs=0.11)
    assert {hot[code]["q"] <= 0.1 for area in body["hot_areas"] for code in area["codes"]} == {True}
    assert body["measure"] == "per_km2"


def test_rate_classes_use_smoothed_rates(client):
    body = client.get("/v1/areas/rates", params={"by": "grid", "measure": "overdue_share", "k": 7}).json()
    upper = body["classes"][0]["upper"]
    assert all((row["smoothed"] <= upper) == (row["class"] == 0) for row in body["rows"] if row["class"] is not None)


@pytest.mark.full_demo
def test_anonymous_users_get_no_small_values(client, reader):
    day = {"from": "2022-06-30", "to": "2022-06-30", "by": "grid", "measure": "count"}
    fine, coarse = (someone.get("/v1/areas/figures", params=day).json() for someone in (client, reader))
    assert min(row["n"] for row in coarse["rows"] if row["n"] is not None) == 3
    assert coarse["hidden"] == sum(row["n"] < 3 for row in fine["rows"])
    assert fine["hidden"] == 0
    for form in ("csv", "geojson"):
        text = reader.get("/v1/areas/figures", params={**day, "format": form}).text
        assert text.count("\n") > 1000 or '"n":null' in text


def test_actor_sees_only_areas_within_bounds(client, store):
    key = create_key(store, "street", Grant(frozenset({Role.PLANNER}), Bounds(areas=("140213051",))))
    bearer = {"Authorization": f"Bearer {key}"}
    body = client.get("/v1/areas/figures", params={"by": "community"}, headers=bearer).json()
    assert {row["code"][:9] for row in body["rows"]} == {"140213051"}
    assert body["n"] == client.get("/v1/kpi", headers=bearer).json()["received"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/areas/figures?by=village", "validation"),
        ("/v1/areas/figures?measure=mood", "validation"),
        ("/v1/areas/figures?k=8", "validation"),
        ("/v1/areas/figures?classes=fixed", "class_bounds"),
        ("/v1/areas/figures?bounds=5,2", "class_bounds"),
        ("/v1/areas/figures?bounds=a", "validation"),
        ("/v1/areas/rates?measure=count", "validation"),
        ("/v1/areas/figures?from=2022-02-01&to=2022-01-01", "period"),
    ],
)
def test_invalid_area_query_is_a_problem(client, path, code):
    response = client.get(path)
    assert (response.status_code, response.json()["code"]) == (422, code)


def test_importing_libpysal_does_not_disturb_sqlalchemy():
    """The service imports libpysal in a thread while other threads write to the database."""
    script = (
        "import geogrid_api.app; from sqlalchemy.inspection import _registrars; before = dict(_registrars); "
        "import geogrid.stats.hotspots; assert dict(_registrars) == before, set(_registrars) - set(before)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
