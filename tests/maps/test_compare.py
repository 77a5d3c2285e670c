"""Two periods side by side, in a real browser."""

import httpx2

from geogrid.stats.rate_change import ComparedDays, compare_rates
from geogrid_maps.formatting import format_change

PAGE = "/maps/compare?from=2022-05-01&to=2022-05-31&category=Z06"
SHOWN = """() => geogrid.maps.map(({ map, layers }) =>
  [map.getZoom(), map.getCenter().lat.toFixed(6), layers.heat._latlngs.reduce((sum, [, , n]) => sum + n, 0)])"""


def received(service, **query) -> int:
    return httpx2.get(f"{service.origin}/v1/kpi", params=query, trust_env=False).json()["received"]


def test_both_periods_are_counted_and_their_maps_move_together(service, visit):
    page = visit(service.origin + PAGE).page
    april = received(service, **{"from": "2022-04-01", "to": "2022-04-30", "category": "Z06"})
    may = received(service, **{"from": "2022-05-01", "to": "2022-05-31", "category": "Z06"})
    told = page.locator(".halves p").all_inner_texts()
    assert told[0] == f"2022-04-01 – 2022-04-30 {april:,} 件"
    assert told[1].startswith(f"2022-05-01 – 2022-05-31 {may:,} 件")
    change = compare_rates(april, may, ComparedDays(30, 31))
    assert page.inner_text("#change") == f"日均 {format_change(change)}"
    for side in (0, 1):
        page.evaluate(f"void geogrid.maps[{side}].map.setView([40.1, 113.3], {14 + side}, {{ animate: false }})")
        (zoom, lat, first), (other_zoom, other_lat, second) = page.evaluate(SHOWN)
        assert (zoom, lat) == (other_zoom, other_lat)
        assert zoom == 14 + side
    assert 0 < first <= april
    assert 0 < second <= may
    widths = [box["width"] for box in (part.bounding_box() for part in page.locator(".folium-map").all())]
    assert abs(widths[0] - widths[1]) < 4


def test_both_sides_share_one_colour_scale(service, visit):
    page = visit(service.origin + PAGE + "&from2=2022-01-01&to2=2022-01-31&lang=en").page
    assert page.evaluate("new Set(geogrid.maps.map(({ layers }) => layers.heat._heat._max)).size") == 1
    assert page.input_value("input[name=from2]") == "2022-01-01"
    assert page.locator(".halves p").first.inner_text().startswith("2022-01-01 – 2022-01-31")


def test_default_comparison_is_the_newest_month_and_stacks_on_phones(service, visit):
    page = visit(service.origin + "/maps/compare", viewport={"width": 390, "height": 844}).page
    assert [text.split()[0] for text in page.locator(".halves b").all_inner_texts()] == ["2022-05-01", "2022-06-01"]
    first, second = (part.bounding_box() for part in page.locator(".folium-map").all())
    assert first["y"] + first["height"] <= second["y"] + 4
    assert abs(first["width"] - 390) < 4


def test_layers_are_switched_on_both_sides(service, visit):
    page = visit(service.origin + PAGE + "&lang=en").page
    page.get_by_label("Rural grid", exact=True).uncheck()
    assert page.evaluate("geogrid.maps.map(({ map, layers }) => map.hasLayer(layers.rural))") == [False, False]


def test_difference_map_agrees_with_both_tables(service, visit):
    may, april = ({"from": f"2022-{month}-01", "to": f"2022-{month}-{last}", "by": "street", "category": "Z06"}
                  for month, last in (("05", "31"), ("04", "30")))  # fmt: skip
    values = [
        {row["code"]: row["value"] for row in httpx2.get(
            f"{service.origin}/v1/areas/figures", params=query, trust_env=False).json()["rows"]}
        for query in (april, may)
    ]  # fmt: skip
    page = visit(service.origin + PAGE + "&show=difference&by=street").page
    page.locator("#legend .class").first.wait_for()
    shown = page.evaluate(
        "Object.fromEntries(geogrid.areas.getLayers().map(({ feature, options }) => [feature.id, options.fillColor]))"
    )
    assert len(shown) == 18
    # April's incidents in as many days as May has.
    changes = {code: value - values[0][code] * 31 / 30 for code, value in values[1].items()}
    red, blue = ("#b2182b", "#ef8a62", "#fddbc7"), ("#2166ac", "#67a9cf", "#d1e5f0")
    plain = {"#f7f7f7", "#d9d9d9"}
    assert {colour for code, colour in shown.items() if changes[code] > 0} <= {*red, *plain}
    assert {colour for code, colour in shown.items() if changes[code] < 0} <= {*blue, *plain}
    file = f"{service.origin}/maps/compare.geojson?from=2022-05-01&to=2022-05-31&category=Z06&by=street"
    features = httpx2.get(file, trust_env=False).json()["features"]
    chance = {one["id"] for one in features if not one["properties"]["beyond_chance"]}
    assert {code for code, colour in shown.items() if colour == "#d9d9d9"} == chance
