"""The mark of synthetic data: every page, download and figure of 3 real and 5 synthetic incidents has both numbers.

The downloads and the pages come from the OpenAPI document, so a new one without the mark fails.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from downloads import DOWNLOADS, LAYERS, LEDGER, MEDIA, NO_SAVED_PAGES, READERS, address
from fastapi.testclient import TestClient

from geogrid.demo.removal import remove_demo
from geogrid.demo.store_preparation import prepare_demo
from geogrid.incidents.rule_set import load_rules
from geogrid.model import EVERY_ROLE, SYSTEM, Actor, Grant, Point, Report, SiteProblem
from geogrid.services.api_keys import create_key
from geogrid.services.incidents import report_incident
from geogrid.services.layer_generations import activate_generation, load_locator
from geogrid.services.ledger import record_problem
from geogrid.settings import Settings
from geogrid.store.database import Store
from geogrid.store.generations import add_generation
from geogrid_api.app import create_app
from geogrid_maps.vendor import font_file

RULES = load_rules()
WHEN = datetime(2022, 5, 3, 8, tzinfo=UTC)
REPORT = Report(WHEN, "Z06", "resident", Point(113.3058, 40.0912), "gcj02")
ALL_DAYS = "from=2022-01-01&to=2022-06-30"
INCIDENTS = "合成示意 5、实有 3"
ENTRIES = "合成示意 4,253、实有 2"
GRIDS = "网格为合成示意"
GRID = "140213050010005"
#: A comparison counts two periods.
COMPARED = "/maps/compare"
#: Pages with a period; those of the ledger have no period here, because its entries are of other days.
PERIODS = ("/maps", "/figures", "/incidents")
#: Pages of a single record, which have the mark of the record.
RECORD_PAGES = {"/incidents/{incident_id}", "/v1/cards/{card_id}.html"}
SHARES = {
    "/v1/kpi": (5, 3, True),
    "/v1/figures?by=street": (5, 3, True),
    "/v1/areas/figures": (5, 3, True),
    "/v1/areas/rates": (5, 3, True),
    "/v1/areas/hotspots": (5, 3, True),
    "/v1/ledger/figures": (4253, 2, False),
    "/v1/whistles/figures": (0, 0, False),
    "/v1/mediations/figures": (0, 0, False),
}


def open_client(store, home):
    key = create_key(store, "tests", Grant(EVERY_ROLE))
    app = create_app(Settings(home=home, database_url=store.url.render_as_string()))
    return TestClient(app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {key}"})


def fill(store):
    """Add the demo with 5 incidents, 3 real incidents and 2 real ledger entries."""
    store.upgrade()
    prepare_demo(store, incidents=5)
    for number in range(3):
        report_incident(store, load_locator(store), RULES, replace(REPORT, external_id=f"real-{number}"), SYSTEM)
    actor = Actor("user:1", "测试员", EVERY_ROLE)
    for _ in range(2):
        problem = SiteProblem(1, 1, "Z06", WHEN, "共享单车占道", "交通运输", WHEN + timedelta(days=3), "leader")
        record_problem(store, RULES, problem, actor)


@pytest.fixture(scope="module")
def mixed_store(tmp_path_factory):
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('mixed') / 'geogrid.db'}")
    fill(store)
    yield store
    store.close()


@pytest.fixture(scope="module")
def mixed(mixed_store, tmp_path_factory):
    """A client on 3 real and 5 synthetic incidents, on the grids of the demo."""
    with open_client(mixed_store, tmp_path_factory.mktemp("home")) as client:
        yield client


@pytest.fixture(scope="module")
def real(tmp_path_factory, moved_layers):
    """A client on the same data after the layers were brought and the demo was removed."""
    home = tmp_path_factory.mktemp("real")
    store = Store(f"sqlite:///{home / 'geogrid.db'}")
    fill(store)
    with store.write() as connection:
        frames = {layer: frame.assign(synthetic=False) for layer, frame in moved_layers.items()}
        own = add_generation(connection, frames, label="own").id
    activate_generation(store, own)
    remove_demo(store, RULES, commit=True)
    with open_client(store, home) as client:
        yield client
    store.close()


def read_mark(client, path, media_type, folder):
    form = MEDIA[media_type]
    if form in ("pdf", "png") and not font_file(400):
        pytest.skip("The font has not been fetched. 字体尚未下载。")
    response = client.get(address(path, form, ALL_DAYS))
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, media_type)
    return READERS[form](response.content, folder / "file.gpkg")["synthetic"]


@pytest.mark.parametrize(("path", "media_type"), DOWNLOADS)
def test_download_of_mixed_data_says_how_many_are_synthetic(mixed, tmp_path, path, media_type):
    found = read_mark(mixed, path, media_type, tmp_path)
    if path in LAYERS or GRID in address(path, "geojson"):
        assert found == f"是：{GRIDS}"
    elif path.startswith(COMPARED):
        assert re.match(r"是：合成示意 \d+、实有 \d+", found)
    else:
        assert found.startswith(f"是：{ENTRIES if path == LEDGER else INCIDENTS}；{GRIDS}")


@pytest.mark.slow
@pytest.mark.parametrize(("path", "media_type"), DOWNLOADS)
def test_download_of_real_data_has_no_mark(real, tmp_path, path, media_type):
    assert read_mark(real, path, media_type, tmp_path) == "否"


def pages():
    """Return the pages of the OpenAPI document, and those that it does not list."""
    listed = [
        path
        for path, operations in create_app().openapi()["paths"].items()
        if "text/html" in operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
    ]
    assert set(listed) >= NO_SAVED_PAGES
    return [*(path for path in listed if path not in RECORD_PAGES), "/incidents", "/ledger", "/ledger/rounds", "/desk"]


@pytest.mark.parametrize("path", pages())
def test_page_of_mixed_data_says_how_many_are_synthetic(mixed, path):
    response = mixed.get(f"{path.format(code=GRID)}?{ALL_DAYS if path.startswith(PERIODS) else ''}")
    assert response.status_code == 200
    marks = re.findall(r'<span class="badge"[^>]*>([^<]*)<', response.text)
    expected = {"/ledger": ENTRIES, "/ledger/rounds": ENTRIES, "/desk": GRIDS, "/maps/grids/{code}": GRIDS}
    assert any(expected.get(path, "、实有 " if path == COMPARED else INCIDENTS) in mark for mark in marks), marks


@pytest.mark.parametrize("path", pages())
def test_page_of_real_data_has_no_mark(real, path):
    response = real.get(f"{path.format(code=GRID)}?{ALL_DAYS if path.startswith(PERIODS) else ''}")
    assert response.status_code == 200
    marks = re.findall(r'<span class="badge"[^>]*>([^<]*)<', response.text)
    # The round and the site of the two real entries stay, and they are synthetic.
    assert marks == (["合成示意数据 synthetic"] if path == "/ledger/rounds" else [])


@pytest.mark.parametrize(("path", "share"), SHARES.items())
def test_figures_of_the_api_have_the_share(mixed, real, path, share):
    synthetic, real_number, grids = share
    found = mixed.get(path).json()["synthetic_share"]
    assert (found["synthetic"], found["real"], found["grids"]) == (synthetic, real_number, grids)
    assert real.get(path).json()["synthetic_share"] == {
        "synthetic": 0, "real": real_number, "grids": False, "population": False,
    }  # fmt: skip


@pytest.mark.parametrize(("value", "count"), [("yes", 5), ("no", 3)])
def test_filter_applies_to_lists_figures_and_maps(mixed, value, count):
    assert len(mixed.get(f"/v1/incidents?synthetic={value}").json()["items"]) == count
    assert mixed.get(f"/v1/kpi?synthetic={value}").json()["received"] == count
    assert f'id="n">{count}<' in mixed.get(f"/maps/heatmap?{ALL_DAYS}&synthetic={value}").text
    assert mixed.get("/v1/kpi?synthetic=maybe").status_code == 422


@pytest.mark.parametrize("path", [*pages(), "/", "/v1/kpi", "/v1/figures?by=street", "/v1/incidents", "/v1/layers"])
def test_empty_store_after_the_removal_answers_without_a_fault(emptied, path):
    response = emptied.get(path.format(code=GRID))
    assert response.status_code < 500


@pytest.fixture(scope="module")
def emptied(tmp_path_factory):
    """A client on a store from which the demo has been removed while the service ran."""
    home = tmp_path_factory.mktemp("emptied")
    store = Store(f"sqlite:///{home / 'geogrid.db'}")
    store.upgrade()
    prepare_demo(store, incidents=5)
    with open_client(store, home) as client:
        client.get("/maps/heatmap")
        remove_demo(store, RULES, commit=True)
        yield client
    store.close()
