"""The heat map by the layers of another moment, in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from geogrid.services.layer_generations import activate_generation
from geogrid.services.restatement import restate_incidents
from geogrid.store.generations import add_generation

GIVES, TAKES = "140213050010005", "140213053010006"
PAGE = "/maps/heatmap?as_of=2199-01-01"
#: How many grids of each layer are drawn.
GRIDS = '["urban", "rural", "dedicated"].map((name) => geogrid.layers[name].getLayers().length)'
#: The figures of a grid, as its card shows them.
GRID = "code => geogrid.layers.urban.getLayers().find((grid) => grid.feature.id === code).feature.properties"


@pytest.fixture(scope="module")
def service(run_service, copy_demo, moved_layers, tmp_path_factory):
    """A service on a copy of the demo, in which the moved layers come into force tomorrow."""
    home = tmp_path_factory.mktemp("as-of")
    copy_demo(home, "full")

    def fill(store):
        with store.write() as connection:
            number = add_generation(connection, moved_layers, label="moved").id
        activate_generation(store, number, datetime.now(UTC) + timedelta(days=1))
        restate_incidents(store, number, commit=True)

    with run_service(home, fill) as found:
        yield found


def received(service, **query) -> int:
    return httpx2.get(f"{service.origin}/v1/kpi", params=query, trust_env=False).raise_for_status().json()["received"]


def test_as_of_draws_and_counts_by_the_generation_of_that_time(service, visit):
    now, then = (visit(service.origin + path).page for path in ("/maps/heatmap", PAGE))
    assert now.evaluate(GRIDS) == [1073, 183, 273]
    assert then.evaluate(GRIDS) == [1073, 183, 272]
    assert now.inner_text("#layers") == "图层版本 1"
    assert then.inner_text("#layers") == "图层版本 2 · 全部事件按此版本重新统计"
    assert now.inner_text("#n") == then.inner_text("#n") == "59,369"
    for code, grows in ((GIVES, False), (TAKES, True)):
        before, after = (page.evaluate(GRID, code) for page in (now, then))
        assert (after["count"] > before["count"]) is (after["km2"] > before["km2"]) is grows
        assert after["count"] == received(service, grid=code, as_of="2199-01-01")
        assert before["count"] == received(service, grid=code)


def test_filters_keep_as_of_and_its_chip_removes_it(service, visit):
    page = visit(service.origin + PAGE + "&lang=en").page
    with page.expect_navigation():
        page.select_option("select[name=street]", TAKES[:9])
    assert parse_qs(urlsplit(page.url).query) == {"as_of": ["2199-01-01"], "street": [TAKES[:9]], "lang": ["en"]}
    restated = received(service, street=TAKES[:9], as_of="2199-01-01")
    assert page.inner_text("#n") == f"{restated:,}"
    with page.expect_navigation():
        page.get_by_role("link", name="layers as of 2199-01-01").click()
    assert parse_qs(urlsplit(page.url).query) == {"street": [TAKES[:9]], "lang": ["en"]}
    assert page.inner_text("#n") == f"{received(service, street=TAKES[:9]):,}" != f"{restated:,}"


def test_comparison_shows_two_generations(service, visit):
    address = "/maps/compare?from=2022-05-01&to=2022-05-31&as_of2=2199-01-01&lang=en"
    page = visit(service.origin + address).page
    counts = '["urban", "rural", "dedicated"].map((name) => layers[name].getLayers().length)'
    drawn = page.evaluate(f"geogrid.maps.map(({{ layers }}) => {counts})")
    assert drawn == [[1073, 183, 272], [1073, 183, 273]]
    grid = f"geogrid.maps.map(({{ layers }}) => ({GRID.replace('geogrid.layers', 'layers')})('{TAKES}'))"
    moved, now = page.evaluate(grid)
    assert moved["km2"] > now["km2"]
    may = {"from": "2022-05-01", "to": "2022-05-31", "grid": TAKES}
    assert moved["count"] == received(service, **may, as_of="2199-01-01")
    assert now["count"] == received(service, **may)
    told = page.locator(".halves p").all_inner_texts()
    assert [text.split(" · ")[1].split(" ")[:2] for text in told] == [["layers", "2"], ["layers", "1"]]
    assert page.locator("#change").inner_text().startswith("per day +0.0 % (")


def test_generations_to_choose_include_past_and_planned_ones(service, visit):
    page = visit(f"{service.origin}/maps/compare?from=2022-05-01&to=2022-05-31&lang=en").page
    offered = page.locator("select[name=as_of2] option").all_inner_texts()
    assert len(offered) == 3
    assert offered[1].startswith("1 · ")
    assert offered[2].startswith("2 · moved · 20")
    with page.expect_navigation():
        page.select_option("select[name=as_of2]", index=2)
    told = page.locator(".halves p").all_inner_texts()
    assert [text.split(" · ")[1].split(" ")[:2] for text in told] == [["layers", "2"], ["layers", "1"]]
    assert page.locator("select[name=as_of2] option:checked").inner_text() == offered[2]
    with page.expect_navigation():
        page.locator(".chip", has_text="other layers as of").click()
    assert "as_of2" not in page.url
