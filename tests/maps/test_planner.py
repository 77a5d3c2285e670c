"""A planner's questions, answered from the screen alone; and each map in both languages, on a desk and on a phone."""

from __future__ import annotations

import html
import io

import httpx2
import pypdf
import pytest

from geogrid.incidents.query import HourRange, IncidentQuery
from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE, Layer
from geogrid.services.key_figures import count_by_grid
from geogrid.services.people import import_posts
from geogrid.tabular.row_model import TableRow
from geogrid_maps.map_query import MapKind

MAPS = [kind.value for kind in MapKind]
SIZES = {"desk": {"width": 1366, "height": 768}, "phone": {"width": 390, "height": 844}}
GRID = "140213051003008"
#: Itinerant vendors on Friday evenings.
ASKED = {"category": "Z02", "weekday": "5", "hours": "18-22"}
#: What each grid that tiles the district says on the map: code, street, incidents.
ON_THE_MAP = """["urban", "rural"].flatMap((name) => geogridAreas[name])
  .map(({ id, properties }) => [id, properties.street, properties.count])"""
#: Who answers for a grid; who is not logged in is told persons in part.
PEOPLE = ["网格长 甲＊ · 138****0000", "责任部门 某局 · 138****0001"]
#: Where a place on the ground lies on the screen, once the map has gone there.
ON_THE_SCREEN = """([lat, lng]) => {
  geogrid.map.setView([lat, lng], 17, { animate: false });
  const { x, y } = geogrid.map.latLngToContainerPoint([lat, lng]);
  const frame = geogrid.map.getContainer().getBoundingClientRect();
  return [frame.x + x, frame.y + y];
}"""
#: Notes what takes the focus from now on, among all that can be clicked and is shown; the bars have the slider's way.
WATCH_FOCUS = """() => {
  const parts = [".bar", ".rail", ".strip", ".player", ".search", ".drawer", ".legend"];
  const kinds = ["a[href]", "button", "input:not([type=hidden])", "select", "summary"];
  const all = parts.flatMap((part) => kinds.map((kind) => `${part} ${kind}`)).join();
  window.waiting = new Set([...document.querySelectorAll(all)]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest("#bars")));
  document.addEventListener("focusin", ({ target }) => window.waiting.delete(target));
  document.activeElement.blur();
  return window.waiting.size;
}"""
NOT_REACHED = "[...window.waiting].map((one) => one.outerHTML)"


def ask(service, path, **query):
    return httpx2.get(service.origin + path, params=query, trust_env=False).raise_for_status().json()


def worst_grid(store):
    """The urban or rural grid with the most vendors on Friday evenings."""
    _, counts = count_by_grid(store, IncidentQuery(category="Z02", weekday=5, hours=HourRange(18, 22)))
    # Dedicated grids have a 5 before their last two digits.
    base = {code: count for code, count in counts.items() if code[-3] == "0"}
    return max(base, key=lambda code: (base[code], code))


def appoint(store, codes):
    people = [
        {"code": code, "valid_from": "2022-01-01", "duty": duty, "name": name, "phone": phone}
        for code in codes
        for duty, name, phone in (("网格长", "甲某", "13800000000"), ("责任部门", "某局", "13800000001"))
    ]
    rows = [TableRow(number, row) for number, row in enumerate(people, start=2)]
    assert import_posts(store, rows, CONSOLE, load_rules().profile, commit=True).added == len(people)


@pytest.fixture(scope="module")
def town(run_service, copy_demo, tmp_path_factory):
    """The demo, with people in the grid that will be asked for; nobody of them is a person."""
    home = tmp_path_factory.mktemp("town")
    copy_demo(home, "full")

    def fill(store):
        appoint(store, [worst_grid(store)])

    with run_service(home, fill) as found:
        yield found


def choose(page, **filters):
    """Choose filters by hand, one after the other; the page comes again with each."""
    for name, value in filters.items():
        with page.expect_navigation():
            page.select_option(f"select[name={name}]", value)


def test_planner_finds_hot_spot_trend_and_responsible_people(town, visit, layers):
    found = visit(town.origin + "/")
    page = found.page
    choose(page, **ASKED)
    assert int(page.inner_text("#n").replace(",", "")) == ask(town, "/v1/kpi", **ASKED)["received"]
    grids = page.evaluate(ON_THE_MAP)
    check_the_densest_street(town, grids, layers)
    check_the_months(town, page)
    code = max(grids, key=lambda grid: (grid[2], grid[0]))[0]
    assert code == worst_grid(town.store)
    check_the_people(page, code, layers)
    check_what_is_beyond_chance(town, page)


def check_the_densest_street(town, grids, layers):
    rows = ask(town, "/v1/areas/figures", by="street", measure="per_km2", **ASKED)["rows"]
    km2 = {row["name"]: row["km2"] for row in rows}
    counts = dict.fromkeys(km2, 0)
    for _, street, count in grids:
        counts[html.unescape(street)] += count
    densest = max(counts, key=lambda street: counts[street] / km2[street])
    assert densest == max(rows, key=lambda row: row["value"] or 0)["name"]


def check_the_months(town, page):
    with page.expect_navigation():
        page.click(".bar a[href^='/maps/timeline']")
    with page.expect_navigation():
        page.fill("input[name=from]", "2022-03-01")
    choose(page, step="month")
    table = ask(town, "/v1/figures", by="month", **{"from": "2022-03-01"}, **ASKED)
    expected = [f"{row['key']}: {row['counts']['received']:,} 件" for row in table["rows"]]
    titles = page.locator("#bars button").evaluate_all("bars => bars.map(({ title }) => title)")
    assert titles == expected
    assert [title[:7] for title in titles] == ["2022-03", "2022-04", "2022-05", "2022-06"]


def check_the_people(page, code, layers):
    """Click the grid where no dedicated one lies on it."""
    layer = next(layer for layer in (Layer.URBAN, Layer.RURAL) if code in set(layers[layer]["code"]))
    shape = layers[layer].set_index("code").geometry[code]
    point = shape.difference(layers[Layer.DEDICATED].union_all()).representative_point()
    page.mouse.click(*page.evaluate(ON_THE_SCREEN, [point.y, point.x]))
    page.locator("#drawer h2").wait_for()
    assert page.inner_text("#drawer-code") == code
    assert page.locator("#drawer .people li").all_inner_texts() == PEOPLE


def check_what_is_beyond_chance(town, page):
    """The list beside the map names the foremost grids, and each leads to who answers for it."""
    with page.expect_navigation():
        page.click(".bar a[href^='/maps/hotspots']")
    found = ask(town, "/v1/areas/hotspots", **{"from": "2022-03-01"}, **ASKED)
    listed = page.locator("#ranking [data-area]")
    foremost = listed.evaluate_all("buttons => buttons.slice(0, 3).map(({ dataset }) => dataset.area)")
    assert foremost == [area["codes"][0] for area in found["hot_areas"][:3]]
    assert len(foremost) == 3
    appoint(town.store, set(foremost) - {worst_grid(town.store)})
    for place, code in enumerate(foremost):
        listed.nth(place).click()
        page.locator("#drawer-code", has_text=code).wait_for()
        assert page.locator("#drawer .people li").all_inner_texts() == PEOPLE


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", MAPS)
def test_every_control_is_reachable_by_keyboard(service, visit, kind, size):
    """In Chinese on a desk and in English on a phone; the drawer is open, and so is all that folds."""
    query = "?from=2022-06-01" + ("&lang=en" if size == "phone" else "")
    page = visit(f"{service.origin}/maps/{kind}{query}#15/40.0900/113.2988/{GRID}", viewport=SIZES[size]).page
    page.locator("#drawer h2").wait_for()
    folded = page.locator("details:not([open]) > summary")
    while folded.count():
        folded.first.press("Enter")
    assert page.evaluate(WATCH_FOCUS) > 30
    for _ in range(40):
        for _ in range(5):
            page.keyboard.press("Tab")
        if not page.evaluate("window.waiting.size"):
            break
    assert page.evaluate(NOT_REACHED) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", MAPS)
def test_each_map_fits_the_screen_in_both_languages(service, visit, kind, size):
    """In English on a desk and in Chinese on a phone."""
    language = "en" if size == "desk" else "zh-CN"
    query = "?from=2022-06-01" + ("&lang=en" if size == "desk" else "")
    found = visit(f"{service.origin}/maps/{kind}{query}", viewport=SIZES[size])
    page = found.page
    found.until("window.geogrid !== undefined")
    assert page.get_attribute("html", "lang") == language
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    assert page.locator(".folium-map").first.bounding_box()["height"] > 150


@pytest.mark.parametrize("kind", MAPS)
def test_each_map_prints_on_one_page(service, visit, kind):
    page = visit(f"{service.origin}/maps/{kind}?from=2022-06-01&lang=en").page
    title = page.inner_text("h1")
    page.emulate_media(media="print")
    sheets = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert len(sheets) == 1
    told = " ".join(sheets[0].extract_text().split())
    assert title in told
    assert "Dedicated grid" in told, "the legend"
