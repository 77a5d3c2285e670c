"""Layer exports: whole files, ranges and caching."""

import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pyogrio
import pytest
from fastapi.testclient import TestClient

from geogrid.layers.export import ExportFormat
from geogrid.layers.files import FieldMapping, read_file
from geogrid.layers.layer_source_reader import read_directory
from geogrid.model import Layer
from geogrid.reference_files import data_path
from geogrid.services.layer_generations import activate_generation
from geogrid.services.layer_import import import_layers
from geogrid.settings import Settings
from geogrid_api.app import create_app
from geogrid_api.export_cache import ExportCache

PACKED = [form for form in ExportFormat if form is not ExportFormat.GEOJSON]
STANDARD = FieldMapping("code", "name", "parent", "kind")
PROBLEM = "application/problem+json"


def address(layer, form, more=""):
    return f"/v1/layers/{layer}/export?format={form}{more}"


@pytest.mark.parametrize("form", list(ExportFormat))
def test_layer_is_downloadable_in_every_format(reader, tmp_path, layers, form):
    response = reader.get(address("rural", form))
    assert response.status_code == 200
    assert response.headers["content-type"] == form.media_type
    assert response.headers["content-disposition"] == f'attachment; filename="geogrid-1-rural{form.suffix}"'
    assert response.headers["x-content-type-options"] == "nosniff"
    path = tmp_path / f"rural{form.suffix}"
    path.write_bytes(response.content)
    if form is ExportFormat.PMTILES:
        codes = set(pyogrio.read_dataframe(path, layer="rural")["code"])
    else:
        datum = "wgs84" if form is ExportFormat.GEOJSON else None
        codes = set(read_file(path, datum=datum, mapping=STANDARD).frame["code"])
    assert codes == set(layers[Layer.RURAL]["code"])


@pytest.mark.parametrize("form", PACKED)
def test_range_request_returns_part(reader, form):
    whole = reader.get(address("urban", form))
    assert whole.headers["accept-ranges"] == "bytes"
    assert "content-encoding" not in whole.headers
    assert int(whole.headers["content-length"]) == len(whole.content)
    part = reader.get(address("urban", form), headers={"Range": "bytes=100-226"})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 100-226/{len(whole.content)}"
    assert part.content == whole.content[100:227]
    assert part.headers["etag"] == whole.headers["etag"]
    tail = reader.get(address("urban", form), headers={"Range": "bytes=-5"})
    assert (tail.status_code, tail.content) == (206, whole.content[-5:])


def test_pmtiles_is_readable_by_range_requests(reader):
    """Read like a PMTiles client: the first 16 KiB, then one tile."""
    first = reader.get("/v1/export?format=pmtiles", headers={"Range": "bytes=0-16383"})
    assert (first.status_code, first.content[:7], len(first.content)) == (206, b"PMTiles", 16_384)
    start = int.from_bytes(first.content[56:64], "little")
    tile = reader.get("/v1/export?format=pmtiles", headers={"Range": f"bytes={start}-{start + 9}"})
    assert tile.content[:2] == b"\x1f\x8b"


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [("bytes=99999999-", 416, "range"), ("bytes=9-1", 400, "bad_request")],
)
def test_invalid_range_is_a_problem(reader, asked, status, code):
    response = reader.get(address("urban", "gpkg"), headers={"Range": asked})
    assert (response.status_code, response.headers["content-type"], response.json()["code"]) == (status, PROBLEM, code)
    assert asked not in response.text
    if status == 416:
        assert response.headers["content-range"].startswith("bytes */")


@pytest.mark.parametrize("asked", ["lines=1-2", "items=0-5", "rubbish"])
def test_range_in_unknown_unit_is_ignored(reader, asked):
    response = reader.get(address("urban", "gpkg"), headers={"Range": asked})
    assert (response.status_code, int(response.headers["content-length"])) == (200, len(response.content))


@pytest.mark.parametrize("url", [address("urban", "gpkg"), address("urban", "geojson"), "/v1/export?format=pmtiles"])
def test_head_and_revalidation(reader, url):
    whole = reader.get(url, headers={"Accept-Encoding": "identity"})
    head = reader.head(url, headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "etag", "content-type"):
        assert head.headers[name] == whole.headers[name]
    assert head.headers.get("accept-ranges") == (None if "geojson" in url else "bytes")
    etag = whole.headers["etag"]
    for named in (etag, f'"other", {etag}', f"W/{etag.removeprefix('W/')}", "*"):
        unchanged = reader.get(url, headers={"If-None-Match": named, "Range": "bytes=0-5"})
        assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", etag)
        assert unchanged.headers["cache-control"] == "no-cache"
    assert reader.get(url, headers={"If-None-Match": '"other"'}).content == whole.content


def test_geojson_is_compressed(reader):
    small, large = (
        reader.get(address("urban", "geojson"), headers={"Accept-Encoding": coding}) for coding in ("gzip", "identity")
    )
    assert small.headers["content-encoding"] == "gzip"
    assert "accept-ranges" not in large.headers
    assert int(large.headers["content-length"]) == len(large.content)
    assert small.json() == large.json() == json.loads(large.content)
    assert "合成示意 synthetic" in small.json()["notice"]


def test_shapefile_supports_gbk(reader):
    parts = {}
    for encoding in ("gbk", "utf-8"):
        response = reader.get(address("urban", "shapefile", f"&encoding={encoding}"))
        with zipfile.ZipFile(BytesIO(response.content)) as archive:
            parts[encoding] = (archive.read("urban.cpg"), "社区".encode(encoding) in archive.read("urban.dbf"))
    assert parts == {"gbk": (b"936", True), "utf-8": (b"UTF-8", True)}


@pytest.mark.parametrize("form", ["gpkg", "pmtiles"])
def test_all_layers_export_to_one_file(reader, tmp_path, form):
    response = reader.get(f"/v1/export?format={form}")
    path = tmp_path / f"all.{form}"
    path.write_bytes(response.content)
    assert response.headers["content-disposition"] == f'attachment; filename="geogrid-1.{form}"'
    assert pyogrio.list_layers(path)[:, 0].tolist() == [layer.value for layer in Layer]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (address("urban", "kml"), "validation"),
        (address("No-where", "gpkg"), "validation"),
        (address("urban", "gpkg", "&encoding=gbk"), "encoding"),
        (address("urban", "shapefile", "&encoding=big5"), "validation"),
        ("/v1/layers/urban/export", "validation"),
        ("/v1/export?format=geojson", "validation"),
        ("/v1/layers/..%2f..%2fetc/export?format=gpkg", None),
    ],
)
def test_invalid_export_is_a_problem(reader, path, code):
    response = reader.get(path)
    assert response.headers["content-type"] == PROBLEM
    assert (response.status_code, response.json()["code"]) == ((422, code) if code else (404, "not_found"))


def test_concurrent_requests_write_one_file(client, monkeypatch):
    made = []
    make = ExportCache._write

    def count(self, generation, path, *rest):
        made.append(path.exists())
        make(self, generation, path, *rest)

    monkeypatch.setattr(ExportCache, "_write", count)
    with ThreadPoolExecutor(8) as crowd:
        responses = list(crowd.map(lambda _: client.get(address("community", "pmtiles")), range(16)))
    assert {response.content for response in responses} == {responses[0].content}
    assert made.count(False) == 1
    monkeypatch.setattr(ExportCache, "_write", None)
    assert client.get(address("community", "pmtiles")).status_code == 200, "the file is not written again"


def test_active_generation_is_exported_and_old_exports_are_removed(client, store):
    folder = Path(client.app.state.geogrid.exports._folder.name)
    for number in (1, 2, 3):
        if number > 1:
            import_layers(store, read_directory(data_path("boundaries")), label=f"revision {number}", commit=True)
            activate_generation(store, number)
            client.app.state.geogrid.snapshots.refresh()
        response = client.get(address("district", "flatgeobuf"))
        assert f"geogrid-{number}-district.fgb" in response.headers["content-disposition"]
    assert sorted(path.name for path in folder.iterdir()) == ["2", "3"]


def test_export_folder_is_removed_on_shutdown(store, tmp_path):
    app = create_app(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'geogrid.db'}"))
    with TestClient(app) as client:
        client.get(address("district", "gpkg"))
        folder = Path(app.state.geogrid.exports._folder.name)
        assert [path.name for path in (folder / "1").iterdir()] == ["district-utf-8.gpkg"]
    assert not folder.exists()
