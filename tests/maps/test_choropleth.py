"""The maps by area in a real browser: colours, hatching, legend, clicks, lists and files."""

import gzip
import re

import httpx2
import pytest
from click.testing import CliRunner

from geogrid.model import Grant, Role
from geogrid.services.api_keys import create_key
from geogrid_maps.area_map import COLOURS, RATES
from geogrid_maps.cli import map_group
from geogrid_maps.map_query import MapKind, View, downloads_of

PAGES = {"density": 1256, "hotspots": 1256, "rates": 1256}
DAY = "from=2022-06-01&to=2022-06-30"
GRID = "140213051003008"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: How many areas have each fill, as the browser draws them.
FILLS = """() => Object.entries(geogrid.areas.getLayers().map((area) => area._path.getAttribute("fill"))
  .reduce((counts, fill) => ({ ...counts, [fill]: (counts[fill] ?? 0) + 1 }), {}))"""


def ask(service, path, **headers):
    return httpx2.get(service.origin + path, headers=headers, trust_env=False, timeout=60).raise_for_status()


def legend(page):
    """Return the lines of the legend: what a colour stands for, and how many areas have it."""
    rows = page.locator("#legend .class").all()
    return {row.locator("span").text_content(): int(row.locator("b").text_content().replace(",", "")) for row in rows}


@pytest.mark.parametrize("kind", PAGES)
def test_area_map_loads_files_of_the_service_only(service, visit, kind):
    found = visit(f"{service.origin}/maps/{kind}?{DAY}")
    page = found.page
    found.until("window.geogrid?.areas !== undefined")
    fills = dict(page.evaluate(FILLS))
    assert sum(fills.values()) == PAGES[kind]
    assert len(fills) > 2
    assert any(fill.startswith("url(#hatch-") for fill in fills), "small numbers are not told by colour alone"
    assert "合成示意" in page.inner_text("#synthetic")
    assert page.get_attribute("nav .here", "aria-current") == "page"
    assert page.locator("h1").count() == 1
    counts = legend(page)
    hatched = sum(number for fill, number in fills.items() if fill.startswith("url("))
    assert counts["斜线：件数少于 20" if kind == "rates" else "斜线：件数少于 5"] == hatched
    assert f"n = {page.inner_text('#n')}" in page.inner_text("#legend") or kind == "rates"
    assert len(gzip.compress(page.content().encode(), 5)) < 150_000


def test_only_significant_grids_with_few_incidents_are_hatched(service, visit):
    found = visit(f"{service.origin}/maps/hotspots?{DAY}")
    found.until("window.geogrid?.areas !== undefined")
    fills = dict(found.page.evaluate(FILLS))
    middle = list(COLOURS).index(0)
    assert fills[COLOURS[0]] > 100
    assert f"url(#hatch-{middle})" not in fills
    rows = ask(service, f"/v1/areas/hotspots?{DAY}").json()["rows"]
    small = sum(row["small"] and row["hot_spot"] != 0 for row in rows)
    assert legend(found.page).get("斜线：件数少于 5", 0) == small


@pytest.mark.parametrize(("by", "number"), [("street", 18), ("community", 202), ("dedicated", 273)])
def test_legend_counts_the_coloured_areas(service, visit, by, number):
    page = visit(f"{service.origin}/maps/density?by={by}&{DAY}&lang=en").page
    fills = dict(page.evaluate(FILLS))
    assert sum(fills.values()) == number
    counts = legend(page)
    assert sum(count for label, count in counts.items() if "–" in label or label == "no value") == number
    assert "2022-06-01 – 2022-06-30" in page.inner_text("#legend")
    assert not CHINESE.search(page.inner_text("#legend").replace("合成示意", ""))


def test_click_on_a_grid_opens_the_drawer(service, visit):
    found = visit(f"{service.origin}/maps/rates?measure=overdue_share&lang=en#16/40.0900/113.2988")
    page = found.page
    page.mouse.click(
        *page.evaluate(f"""() => {{
      const area = geogrid.areas.getLayers().find(({{ feature }}) => feature.id === "{GRID}");
      geogrid.map.fitBounds(area.getBounds(), {{ animate: false }});
      const {{ x, y }} = geogrid.map.latLngToContainerPoint(area.getBounds().getCenter());
      const frame = geogrid.map.getContainer().getBoundingClientRect();
      return [frame.x + x, frame.y + y];
    }}""")
    )
    page.locator("#drawer .card").wait_for()
    assert page.inner_text("#drawer-code") == GRID
    told = page.inner_text("#drawer .card")
    rows = ask(service, "/v1/areas/rates?by=grid&measure=overdue_share").json()["rows"]
    row = next(row for row in rows if row["code"] == GRID)
    assert f"{row['smoothed']:.1%}" in told
    assert f"{row['value']:.1%}" in told
    assert str(row["n"]) in told
    page.locator("#drawer [data-code]").first.click()
    found.until(
        f"document.getElementById('drawer-code')?.textContent !== '{GRID}' && !!document.querySelector('#drawer .card')"
    )


def test_click_on_a_street_opens_a_popup(service, visit):
    page = visit(f"{service.origin}/maps/density?by=street").page
    page.mouse.click(800, 420)
    card = page.locator(".leaflet-popup-content")
    card.wait_for()
    assert "每平方公里件数" in card.inner_text()
    assert "人口" in card.inner_text()
    assert page.is_hidden("#drawer")


def test_measure_is_kept_between_maps(service, visit):
    page = visit(f"{service.origin}/maps/density?{DAY}").page
    with page.expect_navigation():
        page.select_option("select[name=measure]", "per_1000")
    with page.expect_navigation():
        page.select_option("select[name=by]", "community")
    with page.expect_navigation():
        page.select_option("select[name=classes]", "natural")
    assert page.input_value("select[name=measure]") == "per_1000"
    assert "每千人件数" in page.inner_text("#legend h2")
    assert "合成示意 synthetic" in page.inner_text("#legend"), "whose numbers of people"
    with page.expect_navigation():
        page.click("nav a[href^='/maps/rates']")
    assert (page.input_value("select[name=measure]"), page.input_value("select[name=by]")) == ("per_1000", "community")
    with page.expect_navigation():
        page.select_option("select[name=measure]", "overdue_share")
    with page.expect_navigation():
        page.click("nav a[href^='/maps/density']")
    assert page.input_value("select[name=measure]") == "per_km2", "this map has its own"


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_list_of_hot_spots_moves_the_map(service, visit, size):
    page = visit(f"{service.origin}/maps/hotspots", viewport={"width": size[0], "height": size[1]}).page
    hot_areas = ask(service, "/v1/areas/hotspots").json()["hot_areas"]
    foremost = [area["codes"][0] for area in hot_areas]
    if size[0] < 760:
        page.click("#ranking summary")
    items = page.locator("[data-area]")
    assert [item.get_attribute("data-area") for item in items.all()] == foremost[:20]
    before = page.evaluate("geogrid.map.getZoom()")
    items.first.click()
    page.locator("#drawer .card").wait_for()
    assert page.inner_text("#drawer-code") == foremost[0]
    assert page.evaluate("geogrid.map.getZoom()") > before
    assert f"{hot_areas[0]['excess']:+.0f}" in items.first.inner_text()
    assert legend(page)["热点（误报率 1%）"] > 0


def test_area_map_without_incidents_shows_a_message(service, visit):
    page = visit(f"{service.origin}/maps/hotspots?from=2030-01-01&lang=en").page
    assert page.inner_text("#ranking [role=status]") == "There are too few incidents to tell."
    assert legend(page)["hot, FDR 1 %"] == 0


def test_users_see_areas_with_few_incidents(service):
    coarse = ask(service, "/maps/density?from=2022-06-30&to=2022-06-30&lang=en").text
    assert "fewer than 3" in coarse
    key = create_key(service.store, "areal", Grant(frozenset({Role.PLANNER})))
    fine = ask(service, "/maps/density?from=2022-06-30&to=2022-06-30&lang=en", Authorization=f"Bearer {key}").text
    assert "fewer than 3" not in fine


def test_table_downloads_have_the_same_filters(service):
    address = downloads_of(MapKind.RATES, View(category="Z02", measure=RATES.measures[1]))["CSV"]
    assert address == "/v1/areas/rates?category=Z02&measure=overdue_share&format=csv"
    assert ask(service, address).headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize("kind", PAGES)
def test_the_file_needs_nothing(demo_file, visit, tmp_path, monkeypatch, kind):
    monkeypatch.setenv("GEOGRID_HOME", str(demo_file.parent))
    out = tmp_path / f"{kind}.html"
    done = CliRunner().invoke(
        map_group, [kind, str(out), "--from", "2022-06-01", "--lang", "en"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    found = visit(out.as_uri())
    assert sum(dict(found.page.evaluate(FILLS)).values()) == PAGES[kind]
    found.page.mouse.click(640, 400)
    found.page.locator(".leaflet-popup-content").wait_for()
    assert all(url.startswith(("file:", "data:")) for url in found.requests)
