"""Thematic layers over HTTP: list, GeoJSON and export."""

import json
import sqlite3

import pytest
import shapely
from fastapi.testclient import TestClient

from geogrid.layers.files import read_any_file
from geogrid.layers.layer_source_reader import LayerSource, read_sources
from geogrid.layers.standard_columns import standard_frame
from geogrid.model import Layer
from geogrid.services.layer_generations import activate_generation
from geogrid.services.layer_import import import_layers
from tests.layers import corpus
from tests.layers.corpus import write

LINES = [shapely.LineString([(113.29, 40.08), (113.30, 40.09)]), shapely.LineString([(113.30, 40.08), (113.31, 40.09)])]


@pytest.fixture
def themed(client, store, tmp_path):
    """Client of a generation with lanes and idle land."""
    lanes = write(tmp_path, "gpkg", corpus.frame(shapes=LINES), name="lanes")
    plots = write(tmp_path, "gpkg", corpus.frame(), name="plots")
    brought = read_sources([LayerSource("lanes", lanes), LayerSource("idle_land", plots)])
    draft = import_layers(store, brought, label="themes", commit=True).generation
    activate_generation(store, draft.id)
    client.app.state.geogrid.snapshots.refresh()
    return client


def test_thematic_layers_are_listed(themed):
    response = themed.get("/v1/layers").json()
    assert (response["layers"]["urban"], response["layers"]["lanes"], response["layers"]["idle_land"]) == (1073, 2, 3)
    assert [theme["title"] for theme in response["themes"]] == ["消极空间", "街巷（街长、巷长制）"]


def test_geojson_keeps_office_columns(themed):
    response = themed.get("/v1/layers/lanes")
    features = response.json()["features"]
    assert [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features] == LINES
    assert [feature["properties"]["户数"] for feature in features] == [120, 95]
    assert [feature["properties"]["code"] for feature in features] == corpus.CODES[:2]


@pytest.mark.parametrize("form", ["gpkg", "flatgeobuf", "shapefile"])
def test_thematic_layer_survives_export_and_import(themed, tmp_path, form):
    response = themed.get("/v1/layers/lanes/export", params={"format": form})
    path = tmp_path / "lanes"
    path.write_bytes(response.content)
    found = read_any_file(path).frame.set_index("code")
    assert [found.geometry[code] for code in corpus.CODES[:2]] == LINES
    assert [found["attributes"][code]["户数"] for code in corpus.CODES[:2]] == [120, 95]


@pytest.mark.parametrize("form", ["gpkg", "geojson", "shapefile"])
def test_persons_in_office_columns_are_masked(client, store, tmp_path, form):
    columns = {"巷长": "甲某", "电话": 13800000000, "备注": "13900000000", "户数": 120}
    lanes = write(tmp_path, "gpkg", corpus.frame(shapes=LINES).assign(**columns), name="lanes")
    brought = read_sources([LayerSource("lanes", lanes)])
    activate_generation(store, import_layers(store, brought, label="themes", commit=True).generation.id)
    client.app.state.geogrid.snapshots.refresh()
    masked = {"巷长": "甲＊", "电话": "138****0000", "备注": "139****0000", "户数": 120}
    response = TestClient(client.app).get("/v1/layers/lanes/export", params={"format": form})
    path = tmp_path / "public"
    path.write_bytes(response.content)
    assert standard_frame(read_any_file(path, datum="wgs84"), None)["attributes"].tolist() == [masked] * 2
    properties = TestClient(client.app).get("/v1/layers/lanes").json()["features"][0]["properties"]
    assert {name: properties[name] for name in masked} == masked


def test_thematic_layers_export_to_one_file(themed, tmp_path):
    path = tmp_path / "all.gpkg"
    path.write_bytes(themed.get("/v1/export", params={"format": "gpkg"}).content)
    tables = sqlite3.connect(path).execute("SELECT table_name FROM gpkg_contents").fetchall()
    assert {"urban", "lanes", "idle_land"} <= {name for (name,) in tables}


@pytest.mark.parametrize("path", ["/v1/layers/roads", "/v1/layers/roads/export?format=gpkg"])
def test_unknown_layer_is_not_found(themed, path):
    response = themed.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "layer_unknown")


def test_grid_lists_thematic_features_with_wardens(themed, layers):
    grids = layers[Layer.URBAN]
    met = grids[grids.intersects(LINES[0])]
    code = met["code"].iloc[0]
    rows = f"layer,code,duty,name,valid_from\nlanes,{corpus.CODES[0]},巷长,甲某,2026-01-01\n"
    headers = {"content-type": "text/csv"}
    done = themed.post("/v1/people/import", content=rows.encode(), headers=headers, params={"commit": True})
    assert done.json()["added"] == 1
    told = themed.get(f"/v1/grids/{code}").json()["thematic"]
    lane = next(place for place in told if place["layer"] == "lanes")
    assert (lane["code"], lane["title"], lane["people"]["wardens"][0]["name"]) == (
        corpus.CODES[0],
        "街巷（街长、巷长制）",
        "甲某",
    )
    masked = TestClient(themed.app).get(f"/v1/grids/{code}").json()["thematic"]
    assert next(place for place in masked if place["layer"] == "lanes")["people"]["wardens"][0]["name"] == "甲＊"
    plots = [corpus.SQUARE, corpus.HOLED, corpus.TWO]
    for grid in met.itertuples():
        told = themed.get(f"/v1/grids/{grid.code}").json()["thematic"]
        shared = [plot.intersection(grid.geometry).area > 0 for plot in plots]
        expected = [code for code, yes in zip(corpus.CODES, shared, strict=True) if yes]
        assert [place["code"] for place in told if place["layer"] == "idle_land"] == expected
