"""Layer import over HTTP."""

import pytest
import shapely

from geogrid.model import Layer
from geogrid.services.layer_generations import list_generations, load_themes
from tests.layers import corpus
from tests.layers.corpus import write

LINES = [shapely.LineString([(113.29, 40.08), (113.30, 40.09)])]
ADDRESS = "/v1/layers/import"


def upload(client, path, **query):
    return client.post(ADDRESS, params={"label": "upload", **query}, content=path.read_bytes())


def test_dry_run_saves_nothing(client, store, tmp_path):
    path = write(tmp_path, "gpkg", corpus.frame(shapes=LINES))
    response = upload(client, path, layer="lanes")
    assert response.status_code == 200
    found = response.json()
    assert (found["areas"]["lanes"], found["brought"], found["sound"], found["committed"]) == (
        1,
        ["lanes"],
        True,
        False,
    )
    assert len(list_generations(store)) == 1


@pytest.mark.parametrize("suffix", ["zip", "fgb", "parquet"])
def test_commit_saves_a_draft(client, store, tmp_path, suffix):
    found = upload(client, write(tmp_path, suffix, corpus.frame()), layer="idle_land", commit="true").json()
    assert found["committed"]
    assert found["generation"]["base"] == 1
    assert len(load_themes(store, found["generation"]["id"])["idle_land"].frame) == 3


def test_topology_error_prevents_commit(client, store, layers, tmp_path):
    path = tmp_path / "urban.gpkg"
    layers[Layer.URBAN].iloc[1:].drop(columns="kind").to_file(path, driver="GPKG", layer="urban")
    found = upload(client, path, layer="urban", commit="true").json()
    assert (found["sound"], found["errors"], found["committed"]) == (False, 1, False)
    assert found["findings"][0]["code"] == "gap"
    assert len(list_generations(store)) == 1


@pytest.mark.parametrize(
    ("content", "query", "status", "code"),
    [
        (b"", {"layer": "lanes"}, 422, "format"),
        (b"<OGRVRTDataSource/>", {"layer": "lanes"}, 422, "format"),
        (b"PK\x03\x04" + b"\0" * 100, {"layer": "lanes"}, 422, "zip_damaged"),
        (b"SQLite format 3\0", {"layer": "lanes"}, 422, "gpkg_damaged"),
        (b"{}", {"layer": "../x"}, 422, "validation"),
        (b"{}", {"layer": "lanes", "datum": "mars"}, 422, "datum_unknown"),
        (b"{}", {"layer": "lanes", "base": 0}, 422, "validation"),
        (b"x" * 2_000_000, {"layer": "lanes"}, 413, "content_too_large"),
    ],
)
def test_invalid_layer_files_are_problems(client, store, content, query, status, code):
    response = client.post(ADDRESS, params={"label": "upload", **query}, content=content)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert len(list_generations(store)) == 1


def test_upload_needs_authentication(reader):
    assert reader.post(ADDRESS, params={"label": "x", "layer": "lanes"}, content=b"{}").status_code == 401


def test_unknown_base_generation_is_not_found(client, tmp_path):
    path = write(tmp_path, "gpkg", corpus.frame())
    assert upload(client, path, layer="idle_land", base=99).status_code == 404


def test_fix_repairs_topology_errors(client, layers, tmp_path):
    urban = layers[Layer.URBAN].copy()
    urban.loc[0, "geometry"] = urban.geometry[0].buffer(0.000_002, join_style="mitre")
    path = tmp_path / "urban.gpkg"
    urban.drop(columns="kind").to_file(path, driver="GPKG", layer="urban")
    assert upload(client, path, layer="urban").json()["changes"] == []
    found = upload(client, path, layer="urban", fix="true", commit="true").json()
    assert (found["sound"], found["committed"]) == (True, True)
    assert {change["codes"][0] for change in found["changes"]} >= {urban["code"][0]}
    assert max(change["moved_m"] for change in found["changes"]) <= 0.51
    assert upload(client, path, layer="urban", label="wide", fix="true", tolerance="6").status_code == 422
