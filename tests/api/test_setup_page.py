"""The service on a store without layers: the first page, and the layers that it takes."""

import re

import pytest
from fastapi.testclient import TestClient

from geogrid.reference_files import data_path
from geogrid.services.initialization import initialize_store, starting_rules
from geogrid.settings import Settings
from geogrid.store.database import Store
from geogrid_api.app import create_app

PAGE = {"Accept": "text/html"}
OWN = {"Origin": "http://testserver"}


@pytest.fixture
def account(tmp_path):
    """The first account of an initialized store."""
    store = Store(f"sqlite:///{tmp_path / 'geogrid.db'}")
    store.upgrade()
    account = initialize_store(store, starting_rules("shizhi", name="某县", name_en="Some County"), "admin")
    store.close()
    return account


@pytest.fixture
def visitor(account, tmp_path):
    app = create_app(Settings(home=tmp_path, tick_s=0))
    with TestClient(app, headers=PAGE, follow_redirects=False) as client:
        yield client


def test_pages_lead_to_the_first_page(visitor):
    for path in ("/maps/heatmap", "/maps/density", "/figures"):
        response = visitor.get(path)
        assert (response.status_code, response.headers.get("location")) == (303, "/setup"), path
    page = visitor.get("/setup", params={"lang": "en"}).text
    assert "Some County" in page
    assert re.findall(r'id="step-(\w+)".*?<small>(\w+)</small>', page, re.DOTALL) == [
        ("rules", "there"),
        ("account", "there"),
        ("layers", "missing"),
        ("people", "missing"),
        ("incidents", "missing"),
    ]
    assert "/login?next=/setup" in page
    answer = visitor.get("/v1/locate", params={"lon": 113.3, "lat": 40.1, "datum": "wgs84"})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_generation")
    assert visitor.get("/health").json() == {"status": "ok", "generation": None}


def test_administrator_brings_layers_in_the_browser(visitor, account):
    visitor.post("/login", data={"name": account.name, "password": account.password}, headers=OWN)
    assert "/admin/layers" in visitor.get("/setup").text
    folder = data_path("boundaries")
    names = {"street": "streets", "community": "communities", "village": "villages"}
    layers = ["district", "street", "community", "village", "urban", "rural", "dedicated"]
    files = {layer: (folder / f"{names.get(layer, layer)}.geojson").read_bytes() for layer in layers}
    none = visitor.post("/admin/layers/import", data={"label": "2027"}, headers=OWN)
    assert none.status_code == 422
    broken = {"district": ("x.geojson", b"{", "application/geo+json")}
    assert visitor.post("/admin/layers/import", data={"label": "2027"}, files=broken, headers=OWN).status_code == 422
    uploads = {layer: (f"{layer}.geojson", content) for layer, content in files.items()}
    form = {"label": "2027"}
    unknown = visitor.post("/admin/layers/import", data=form, files=uploads, headers=OWN)
    assert "坐标系" in unknown.text, "the files name no datum"
    done = visitor.post("/admin/layers/import", data=form | {"datum": "wgs84"}, files=uploads, headers=OWN)
    assert done.status_code == 200, re.findall(r"refused.*", done.text)
    assert 'id="n-errors">0<' in done.text
    assert 'href="/admin/layers/1/activate"' in done.text
    assert visitor.get("/admin/layers/1/activate").status_code == 200
    stale = visitor.post("/admin/layers/1/activate", data={"expected": 7, "confirm": "yes"}, headers=OWN)
    assert stale.status_code == 412
    begun = visitor.post("/admin/layers/1/activate", data={"expected": 0, "confirm": "yes"}, headers=OWN)
    assert begun.headers["location"] == "/admin/layers?done=done_activated"
    visitor.app.state.geogrid.snapshots.refresh()
    assert visitor.get("/maps/heatmap").status_code == 200
    visitor.post("/logout", headers=OWN)
    assert visitor.get("/setup").headers["location"] == "/"
