"""The explorer and the drawer in a real browser, and what the drawer tells to whom."""

import httpx2
import pytest
import shapely

from geogrid.layers.neighbours import find_neighbours
from geogrid.model import Grant, Layer, Role
from geogrid.services.api_keys import create_key

CODE = "140213051003008"
PAGE = "/maps/explorer"


def ask(service, path, **headers):
    return httpx2.get(service.origin + path, headers=headers, trust_env=False)


def test_grid_is_found_by_name_and_links_to_its_neighbours(service, visit, layers):
    found = visit(service.origin + PAGE + "?from=2022-03-01&to=2022-03-31")
    page = found.page
    page.fill("#find", "仁和美社区第08")
    page.keyboard.press("Enter")
    page.locator("#drawer h2").wait_for()
    assert page.inner_text("#drawer-code") == CODE
    assert page.url.endswith(f"/{CODE}")
    assert page.evaluate("geogrid.map.getZoom()") > 14
    beside = page.locator("#drawer [data-code]")
    expected = find_neighbours(layers, Layer.URBAN, CODE)
    assert beside.all_inner_texts() == [name for _, name in expected]
    beside.first.click()
    found.until(f"document.getElementById('drawer-code').textContent === '{expected[0][0]}'")
    page.keyboard.press("Escape")
    assert page.is_hidden("#drawer")
    assert not page.url.endswith(expected[0][0])


def test_link_opens_the_same_grid(service, visit):
    page = visit(f"{service.origin}{PAGE}?lang=en#16/40.0900/113.2988/{CODE}").page
    page.locator("#drawer h2").wait_for()
    assert page.inner_text("#drawer-code") == CODE
    assert page.evaluate("geogrid.map.getZoom()") == 16


def test_search_moves_the_map_to_a_street(service, visit):
    page = visit(service.origin + PAGE + "?lang=en", viewport={"width": 390, "height": 844}).page
    page.fill("#find", "古城街道")
    page.locator("#found button").first.click()
    assert page.is_hidden("#drawer")
    assert page.evaluate("geogrid.map.getBounds().contains([40.09, 113.298])")
    assert page.evaluate("geogrid.map.getZoom()") > 12


@pytest.mark.parametrize("layer", [Layer.URBAN, Layer.STREET, Layer.COMMUNITY])
def test_neighbours_are_mutual_and_share_a_border(layers, layer):
    shapes = layers[layer].set_index("code").geometry
    for code in shapes.index[:40]:
        for other, _ in find_neighbours(layers, layer, code):
            back = next(of for of in (Layer.URBAN, Layer.RURAL, Layer.STREET, Layer.COMMUNITY, Layer.VILLAGE)
                        if other in set(layers[of]["code"]))  # fmt: skip
            assert code in {beside for beside, _ in find_neighbours(layers, back, other)}
            assert shapely.touches(shapes[code], layers[back].set_index("code").geometry[other])


def test_drawer_counts_agree_with_the_api(service):
    html = ask(service, f"/maps/grids/{CODE}?from=2022-03-01&to=2022-03-31").text
    query = "/v1/figures?by=grid&from=2022-03-01&to=2022-03-31"
    rows = {row["key"]: row for row in ask(service, query).json()["rows"]}
    assert f'id="drawer-count">{rows[CODE]["counts"]["received"]}<' in html


def test_drawer_shows_incidents_only_with_permission(service):
    closed = ask(service, f"/maps/grids/{CODE}?lang=en").text
    assert "may read incidents" in closed
    assert "/incidents/" not in closed
    key = create_key(service.store, "drawer", Grant(frozenset({Role.DISPATCHER})))
    told = ask(service, f"/maps/grids/{CODE}?lang=en", Authorization=f"Bearer {key}").text
    assert told.count('href="/incidents/') == 5


def test_grid_download_has_its_figures(service, layers):
    answer = ask(service, f"/maps/grids/{CODE}.geojson")
    feature = answer.json()
    assert answer.headers["content-disposition"] == f'attachment; filename="{CODE}.geojson"'
    shape = layers[Layer.URBAN].set_index("code").geometry[CODE]
    assert shapely.from_geojson(answer.text).equals(shape)
    assert (feature["id"], feature["properties"]["synthetic"]) == (CODE, True)
    assert feature["properties"]["received"] >= feature["properties"]["handled"] > 0


def test_unknown_grid_returns_404(service):
    answer = ask(service, "/maps/grids/140213999999999")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
