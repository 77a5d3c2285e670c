"""The heat map in a real browser that reaches nothing but the service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from click.testing import CliRunner
from sqlalchemy import func, or_, select

from geogrid.model import Layer
from geogrid.store.tables import incidents
from geogrid_maps.cli import map_group

if TYPE_CHECKING:
    import shapely

PAGE = "/maps/heatmap"
#: A page of one day, for what does not depend on how many incidents there are: it opens sooner.
DAY = PAGE + "?from=2022-06-30"
#: How many pixels of the heat canvas show something; -1 where there is no canvas.
HEAT_PIXELS = """() => {
  const canvas = document.querySelector(".leaflet-heatmap-layer");
  if (!canvas) return -1;
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.filter((value, index) => index % 4 === 3 && value > 0).length;
}"""
#: How many grids of each layer are drawn, if a click on one opens something.
GRIDS = """() => ["urban", "rural", "dedicated"].map((name) => geogrid.layers[name])
  .map((layer) => (layer.getPopup() || layer.listens("click"))
    && layer.getLayers().filter((grid) => grid.options.interactive).length)"""


def received(service, **query) -> int:
    return httpx2.get(f"{service.origin}/v1/kpi", params=query, trust_env=False).raise_for_status().json()["received"]


def shown_n(page) -> int:
    return int(page.inner_text("#n").replace(",", ""))


def query_of(page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


def test_page_loads_files_of_the_service_only(service, visit):
    found = visit(service.origin + PAGE)
    page = found.page
    found.until(f"({HEAT_PIXELS})() > 5_000")
    assert page.evaluate(GRIDS) == [1073, 183, 273]
    assert shown_n(page) == received(service) == 59_369
    assert "合成示意" in page.inner_text("#synthetic")
    assert page.title() == "网格化管理 · 问题热力"
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert page.locator("h1").count() == 1
    assert all(url.startswith((service.origin, "data:")) for url in found.requests)


def test_shapes_are_cached_by_the_browser(service, visit):
    found = visit(service.origin + PAGE)
    found.page.goto(service.origin + PAGE + "?category=Z06")
    scripts = [url for url in found.requests if "/maps/areas/" in url]
    sizes = found.page.evaluate(
        "url => performance.getEntriesByName(url).map(({ transferSize }) => transferSize)", scripts[0]
    )
    assert sizes == [0], "the second page took them from the browser's cache"


def test_heat_layer_and_its_legend_are_hidden_together(service, visit):
    found = visit(service.origin + DAY)
    page = found.page
    box = page.get_by_label("问题热力", exact=True)
    assert page.is_visible("#legend-heat")
    box.uncheck()
    assert page.evaluate(HEAT_PIXELS) == -1
    assert not page.is_visible("#legend-heat")
    box.check()
    found.until(f"({HEAT_PIXELS})() > 500")
    assert page.is_visible("#legend-heat")


def test_layer_control_switches_grids(service, visit):
    page = visit(service.origin + DAY).page
    for layer, label in {"urban": "城市网格", "rural": "农村网格", "dedicated": "专属网格"}.items():
        shown = f"geogrid.map.hasLayer(geogrid.layers.{layer})"
        assert page.evaluate(shown) is True
        page.get_by_label(label, exact=True).uncheck()
        assert page.evaluate(shown) is False
        page.get_by_label(label, exact=True).check()
        assert page.evaluate(shown) is True


def busiest(service, layer: Layer) -> tuple[str, int]:
    """Return the grid of a layer that has the most incidents, and how many."""
    column = incidents.c.dedicated_code if layer is Layer.DEDICATED else incidents.c.base_code
    query = (
        select(column, func.count()).where(column.is_not(None)).group_by(column).order_by(func.count().desc(), column)
    )
    if layer is not Layer.DEDICATED:
        query = query.where(incidents.c.base_layer == layer)
    with service.store.read() as connection:
        return tuple(connection.execute(query.limit(1)).one())


def free_point(layers, layer: Layer, code: str) -> shapely.Point:
    """Return a point in a grid where no dedicated grid lies on top of it."""
    shape = layers[layer].set_index("code").geometry[code]
    if layer is not Layer.DEDICATED:
        shape = shape.difference(layers[Layer.DEDICATED].union_all())
    return shape.representative_point()


def click_at(page, point: shapely.Point) -> None:
    """Click on a place on the ground."""
    x, y = page.evaluate(
        """([lat, lng]) => {
          geogrid.map.setView([lat, lng], 17, { animate: false });
          const { x, y } = geogrid.map.latLngToContainerPoint([lat, lng]);
          const frame = geogrid.map.getContainer().getBoundingClientRect();
          return [frame.x + x, frame.y + y];
        }""",
        [point.y, point.x],
    )
    page.mouse.click(x, y)


def card(page) -> dict[str, str]:
    """Return what the drawer says of a grid."""
    page.locator("#drawer h2").wait_for()
    pairs = "rows => rows.map((row) => [...row.children].map((part) => part.innerText))"
    rows = dict(page.locator("#drawer dl div").evaluate_all(pairs))
    return rows | {"name": page.inner_text("#drawer h2"), "code": page.inner_text("#drawer-code")}


def popup(page) -> dict[str, str]:
    """Return what a file, which has no drawer, says of a grid."""
    rows = page.locator(".leaflet-popup-content tr")
    rows.first.wait_for()
    return dict(row.split("\t") for row in rows.all_inner_texts())


@pytest.mark.parametrize("layer", [Layer.URBAN, Layer.RURAL, Layer.DEDICATED])
def test_popup_of_a_grid_agrees_with_the_database(service, visit, layers, layer):
    code, count = busiest(service, layer)
    names = {name: frame.set_index("code")["name"] for name, frame in layers.items()}
    parents = {name: frame.set_index("code")["parent"] for name, frame in layers.items()}
    community = parents[layer][code]
    above = Layer.COMMUNITY if community in names[Layer.COMMUNITY] else Layer.VILLAGE
    page = visit(service.origin + PAGE).page
    click_at(page, free_point(layers, layer, code))
    said = card(page)
    assert said["code"] == code
    assert said["name"] == names[layer][code]
    assert said["社区、村"] == names[above][community]
    assert said["街道"] == names[Layer.STREET][parents[above][community]]
    assert said["事件数"].replace(",", "") == str(count)
    assert received(service, grid=code) == count


def test_popup_counts_only_filtered_incidents(service, visit, layers):
    code, count = busiest(service, Layer.URBAN)
    with service.store.read() as connection:
        chosen = select(func.count()).where(
            or_(incidents.c.base_code == code, incidents.c.dedicated_code == code), incidents.c.category == "Z06"
        )
        fewer = connection.execute(chosen).scalar_one()
    page = visit(f"{service.origin}{PAGE}?category=Z06&lang=en").page
    click_at(page, free_point(layers, Layer.URBAN, code))
    assert card(page)["Incidents"] == str(fewer)
    assert 0 < fewer < count


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2022-05-01", "to": "2022-05-31"},
        {"category": "Z06"},
        {"layer": "dedicated"},
        {"layer": "rural", "category": "Z04", "from": "2022-03-01"},
        {"street": "140213050", "status": "open"},
        {"source": "hotline", "to": "2022-01-31"},
    ],
    ids="&".join,
)
def test_filters_in_the_url_agree_with_the_api(service, visit, query):
    found = visit(str(httpx2.URL(service.origin + PAGE, params={**query, "lang": "en"})))
    assert shown_n(found.page) == received(service, **query)
    assert 0 < shown_n(found.page) < 59_369
    assert found.page.evaluate(HEAT_PIXELS) > 0
    assert found.page.locator(".chip").count() == len(query) - ({"from", "to"} <= query.keys())


def test_filter_applies_at_once_and_its_chip_removes_it(service, visit):
    page = visit(service.origin + PAGE).page
    with page.expect_navigation():
        page.select_option("select[name=category]", "Z06")
    assert query_of(page) == {"category": ["Z06"]}
    assert shown_n(page) == received(service, category="Z06")
    with page.expect_navigation():
        page.locator(".chip").click()
    assert query_of(page) == {}
    assert shown_n(page) == 59_369


def test_several_values_are_chosen_with_the_keyboard(service, visit):
    page = visit(service.origin + PAGE + "?lang=en").page
    page.locator("details.several summary").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Space")
    assert query_of(page) == {"category": ["Z01"], "lang": ["en"]}
    assert page.input_value("select[name=category]") == "Z01"
    # The box has the focus again, so the next value is one step away.
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Space")
    assert query_of(page)["category"] == ["Z01", "Z02"]
    assert shown_n(page) == received(service, category="Z01") + received(service, category="Z02")
    assert page.locator("select[name=category] option:checked").inner_text() == "2 selected"
    assert page.locator(".chip").count() == 2
    with page.expect_navigation():
        page.locator(".chip").first.click()
    assert query_of(page)["category"] == ["Z02"]
    with page.expect_navigation():
        page.select_option("select[name=category]", "Z06")
    assert query_of(page)["category"] == ["Z06"], "the list overrides the boxes"
    page.locator("details.several summary").first.click()
    with page.expect_navigation():
        page.uncheck("input[name=category][value=Z06]")
    assert query_of(page) == {"lang": ["en"]}


def test_typed_days_keep_the_period_in_order(service, visit):
    page = visit(service.origin + DAY, locale="en-US").page
    with page.expect_navigation():
        page.locator("input[name=to]").press_sequentially("06152022")
    assert query_of(page) == {"from": ["2022-06-15"], "to": ["2022-06-15"]}, "the first day came along"
    assert shown_n(page) == received(service, **{"from": "2022-06-15", "to": "2022-06-15"})


def test_communities_appear_after_a_street_is_chosen(service, visit):
    page = visit(service.origin + PAGE).page
    assert page.locator("select[name=community]").count() == 0
    with page.expect_navigation():
        page.select_option("select[name=street]", "140213050")
    with page.expect_navigation():
        page.select_option("select[name=community]", "140213050006")
    assert shown_n(page) == received(service, community="140213050006")
    with page.expect_navigation():
        page.select_option("select[name=street]", "140213051")
    assert query_of(page) == {"street": ["140213051"]}, "a community of the other street is struck off"


def test_preset_periods_end_with_the_newest_day(service, visit):
    page = visit(service.origin + PAGE + "?lang=en&category=Z06").page
    with page.expect_navigation():
        page.get_by_role("link", name="Quarter").click()
    assert query_of(page) == {"from": ["2022-04-01"], "to": ["2022-06-30"], "category": ["Z06"], "lang": ["en"]}
    assert shown_n(page) == received(service, category="Z06", **{"from": "2022-04-01", "to": "2022-06-30"})
    assert page.locator(".presets [aria-current]").inner_text() == "Quarter"


def test_form_works_after_browser_back(service, visit):
    page = visit(service.origin + PAGE).page
    with page.expect_navigation():
        page.select_option("select[name=category]", "Z06")
    page.go_back()
    assert page.is_enabled("select[name=layer]")
    with page.expect_navigation():
        page.select_option("select[name=layer]", "rural")
    assert "rural" in page.url


def test_page_in_english(service, visit):
    page = visit(service.origin + PAGE + "?lang=en").page
    assert page.get_attribute("html", "lang") == "en"
    assert page.title() == "geogrid · Heat map"
    assert "synthetic" in page.inner_text("#synthetic")
    assert page.locator(".leaflet-control-layers-overlays").inner_text().split("\n")[0].strip() == "Urban grid"
    chinese = re.compile(r"[\u4e00-\u9fff]")
    left = [text for text in page.locator("label, summary, h1, h2, .bar a").all_inner_texts() if chinese.search(text)]
    assert [text for text in left if "街道" not in text and "中" not in text] == []
    with page.expect_navigation():
        page.get_by_role("link", name="Heat", exact=True).click()
    assert query_of(page) == {"lang": ["en"]}, "the bar keeps the language"
    with page.expect_navigation():
        page.get_by_role("link", name="中 / EN").click()
    assert query_of(page) == {}


def test_page_without_incidents_shows_a_message(service, visit):
    page = visit(service.origin + PAGE + "?from=2031-01-01").page
    assert shown_n(page) == 0
    assert "放宽或清除筛选" in page.inner_text(".empty")
    assert page.evaluate(HEAT_PIXELS) == 0
    page.evaluate("void geogrid.map.setZoom(14, { animate: false })")
    assert page.evaluate(GRIDS) == [1073, 183, 273]


def test_labels_are_streets_at_low_zoom_and_grid_codes_at_high_zoom(service, visit):
    page = visit(service.origin + DAY).page
    assert page.locator(".street-name").count() > 10
    assert page.locator(".grid-code").count() == 0
    page.evaluate("void geogrid.map.setView([40.0905, 113.2905], 16, { animate: false })")
    page.locator(".grid-code").first.wait_for()
    assert page.locator(".street-name").count() == 0
    assert 5 < page.locator(".grid-code").count() < 100, "only those in view"
    assert re.fullmatch(r"\d{15}", page.locator(".grid-code").first.inner_text())


def test_page_works_on_a_phone(service, visit):
    page = visit(service.origin + PAGE, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).page
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert page.locator(".folium-map").bounding_box()["height"] > 600, "the map comes first"
    assert not page.is_visible("select[name=category]")
    page.tap("#rail summary")
    with page.expect_navigation():
        page.select_option("select[name=category]", "Z06")
    assert shown_n(page) == received(service, category="Z06")
    page.tap("#legend summary")
    assert page.is_visible("#legend-heat")
    page.tap(".leaflet-control-layers-toggle")
    page.get_by_label("问题热力", exact=True).uncheck()
    assert page.evaluate(HEAT_PIXELS) == -1


def test_fields_have_labels_and_visible_focus(service, visit):
    page = visit(service.origin + DAY).page
    nameless = (
        "[...document.querySelectorAll('#filters input:not([type=hidden]), #filters select')].filter(f => !f.labels[0])"
    )
    assert page.evaluate(f"{nameless}.length") == 0
    page.focus("body")
    page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate("document.activeElement.tagName") == "A"
    assert page.evaluate(outline) == "solid"


def test_browser_print_has_title_legend_and_scale(service, visit):
    found = visit(service.origin + PAGE + "?category=Z06&from=2022-05-01&to=2022-05-31&lang=en")
    page = found.page
    page.evaluate(
        "window.print = () => { window.laid = document.body.className; dispatchEvent(new Event('beforeprint')) }"
    )
    page.click("#print")
    found.until("window.laid !== undefined && !document.body.classList.contains('paper')")
    assert page.evaluate("window.laid") == "paper"
    page.emulate_media(media="print")
    for part in ("h1", "#n", "#synthetic", "#legend", ".paper-only", ".leaflet-control-scale-line >> nth=0"):
        assert page.is_visible(part), part
    for part in (".bar", "#filters", ".leaflet-control-zoom", ".leaflet-control-layers"):
        assert not page.is_visible(part), part
    assert "2022-05-01 – 2022-05-31" in page.inner_text("#strip")
    assert "Shared-bike parking" in page.inner_text("#strip")
    assert re.search(r"Printed .*20\d\d", page.inner_text(".paper-only"))


def test_saved_file_opens_from_disk_without_network(service, visit, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(service.app.state.settings.home))
    out = tmp_path / "heat.html"
    result = CliRunner().invoke(map_group, ["heatmap", str(out), "--category", "Z06", "--lang", "en"])
    assert result.exit_code == 0, result.output
    found = visit(out.as_uri(), offline=True)
    page = found.page
    assert [url for url in found.requests if not url.startswith("data:")] == [out.as_uri()]
    assert shown_n(page) == received(service, category="Z06")
    assert page.evaluate(HEAT_PIXELS) > 5_000
    assert page.evaluate(GRIDS) == [1073, 183, 273]
    assert "synthetic" in page.inner_text("#synthetic")
    assert (
        page.locator("a[href], form").evaluate_all(
            "parts => parts.filter(part => !part.closest('.leaflet-control')).length"
        )
        == 0
    )
    page.get_by_label("Density of incidents", exact=True).uncheck()
    assert page.evaluate(HEAT_PIXELS) == -1


def test_click_on_a_grid_in_the_saved_file(service, visit, layers, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(service.app.state.settings.home))
    out = tmp_path / "heat.html"
    assert CliRunner().invoke(map_group, ["heatmap", str(out)]).exit_code == 0
    code, count = busiest(service, Layer.DEDICATED)
    page = visit(out.as_uri(), offline=True).page
    click_at(page, free_point(layers, Layer.DEDICATED, code))
    said = popup(page)
    assert (said["编码"], said["事件数"].replace(",", "")) == (code, str(count))


def test_api_documentation_opens(service, visit):
    found = visit(service.origin + "/docs")
    found.page.locator(".opblock").first.wait_for()
    assert found.page.locator(".opblock").count() >= 8
    assert all(url.startswith((service.origin, "data:")) for url in found.requests)


def test_policy_blocks_scripts_inserted_at_run_time(service, visit):
    found = visit(service.origin + DAY)
    found.page.evaluate(
        """() => {
          const ran = "(window.ran ??= []).push";
          document.body.insertAdjacentHTML("beforeend", `<img src="data:," onerror="${ran}('handler')">
            <a id="trap" href="javascript:${ran}('address')">x</a><b id="bold" onclick="${ran}('click')">x</b>`);
          const script = document.createElement("script");
          script.textContent = `${ran}('script')`;
          document.body.append(script);
          const outside = document.createElement("script");
          outside.src = "https://example.org/x.js";
          document.body.append(outside);
          document.getElementById("trap").click();
          document.getElementById("bold").click();
        }"""
    )
    found.page.wait_for_timeout(200)
    assert found.page.evaluate("window.ran ?? []") == []
    assert len([problem for problem in found.problems if "Content Security Policy" in problem]) >= 4
    found.problems.clear()


def test_map_keeps_its_position_when_filters_change(service, visit):
    page = visit(service.origin + DAY + "#15/40.09/113.29").page
    where = "(({ lat, lng }) => [geogrid.map.getZoom(), lat.toFixed(3), lng.toFixed(3)])(geogrid.map.getCenter())"
    assert page.evaluate(where) == [15, "40.090", "113.290"]
    page.evaluate("void geogrid.map.setView([40.07, 113.31], 14.5, { animate: false })")
    with page.expect_navigation():
        page.select_option("select[name=category]", "Z06")
    assert page.evaluate(where) == [14.5, "40.070", "113.310"]
    with page.expect_navigation():
        page.locator(".chip").first.click()
    assert page.evaluate(where) == [14.5, "40.070", "113.310"]


@pytest.mark.parametrize("place", ["1/2", "15/<img src=x>/113"])
def test_invalid_position_in_the_url_is_ignored(service, visit, place):
    page = visit(f"{service.origin}{DAY}#{place}").page
    assert page.evaluate("geogrid.map.getBounds().contains([40.09, 113.29])") is True
