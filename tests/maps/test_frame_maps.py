"""Maps from frames: in a notebook and as a file, with no network and no service; text from data stays text."""

import importlib
import json
import subprocess
import sys
import time

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely

import geogrid
import geogrid_maps
from geogrid.errors import DatumError, QueryError
from geogrid.stats.class_breaks import ClassMethod, classify
from geogrid_maps.area_map import COLOURS as HOT_COLOURS
from geogrid_maps.choropleth import BLANK, COLOURS
from tests.maps.hostile import attacks
from tests.maps.witness import LOOK, WATCH

SIDE = 8
#: Where the page shows a place.
_PLACE = """(place) => {
  const map = Object.values(window).find((one) => one instanceof L.Map);
  const { x, y } = map.latLngToContainerPoint(place);
  const box = map.getContainer().getBoundingClientRect();
  return [box.left + x, box.top + y];
}"""


@pytest.fixture(scope="module")
def areas():
    squares = [
        shapely.box(113 + x / 100, 40 + y / 100, 113.01 + x / 100, 40.01 + y / 100)
        for y in range(SIDE)
        for x in range(SIDE)
    ]
    rate = np.random.default_rng(5).poisson(3, SIDE**2).astype(float)
    rate[[0, 1, 8, 9]] = 30
    rate[20] = np.nan
    codes = [f"c{number}" for number in range(SIDE**2)]
    names = [f"网格{number}" for number in range(SIDE**2)]
    return gpd.GeoDataFrame({"code": codes, "name": names, "rate": rate}, geometry=squares, crs="EPSG:4326")


def points(areas):
    places = shapely.centroid(areas.geometry.array)
    return gpd.GeoSeries([*places, places[0], None], crs=areas.crs)


def hostile(areas):
    """Return areas whose codes and names are attacks, and a column called like each."""
    frame = areas.copy()
    for row, (code, name) in enumerate(zip(attacks("code"), attacks("name"), strict=True)):
        frame.loc[row, ["code", "name"]] = code, name
    return frame


def maps(areas, title, **options):
    titled = areas.rename(columns={"rate": title})
    return {
        "heatmap": geogrid_maps.heatmap(points(areas), titled, title=title, **options),
        "choropleth": geogrid_maps.choropleth(titled, title, **options),
        "hot_spot_map": geogrid_maps.hot_spot_map(titled, title, **options),
    }


def point_at(found, lon, lat, name):
    """Move the pointer to a place until its tooltip shows a name; a map that still zooms takes no notice of it."""
    told = f"document.querySelector('.leaflet-tooltip')?.innerText.includes({json.dumps(name)})"
    deadline = time.monotonic() + 20
    while not found.page.evaluate(told):
        assert time.monotonic() < deadline, f"no tooltip shows {name}"
        x, y = found.page.evaluate(_PLACE, [lat, lon])
        found.page.mouse.move(x + 1, y + 1)
        found.page.mouse.move(x, y)
        found.page.wait_for_timeout(50)


KINDS = ("heatmap", "choropleth", "hot_spot_map")


@pytest.mark.parametrize("kind", KINDS)
def test_notebook_shows_the_map_without_network(kind, areas, visit, tmp_path):
    page = tmp_path / "notebook.html"
    page.write_text(maps(areas, "率", language="en")[kind]._repr_html_(), encoding="utf-8")
    found = visit(page.as_uri(), viewport={"width": 1000, "height": 700}, also="about:")
    found.until("document.querySelector('iframe')?.contentDocument?.querySelector('.legend') !== null")
    frame = found.page.frames[1]
    assert frame.evaluate("typeof L") == "object"
    assert "率" in frame.inner_text(".legend")
    assert [url for url in found.requests if url.startswith("http")] == []
    # The map fills its frame, and the pointer is told of an area.
    box = frame.locator(".folium-map").bounding_box()
    for step in range(200):
        found.page.mouse.move(box["x"] + box["width"] / 2 + 5 + step % 2, box["y"] + box["height"] / 2 + 5)
        if frame.query_selector(".leaflet-tooltip"):
            break
        found.page.wait_for_timeout(50)
    assert "网格" in frame.inner_text(".leaflet-tooltip")


@pytest.mark.parametrize("kind", KINDS)
def test_attacks_in_codes_names_and_titles_are_shown_as_text(kind, areas, visit, tmp_path):
    title = " ".join(attacks("title"))
    page = tmp_path / "map.html"
    maps(hostile(areas), title, language="en")[kind].save(page)
    found = visit(page.as_uri(), script=WATCH, viewport={"width": 1000, "height": 700})
    assert title in found.page.inner_text(".legend")
    # The five areas with attacks are the first of the lowest row.
    told = []
    for row, name in enumerate(attacks("name")):
        point_at(found, 113.005 + row / 100, 40.005, name)
        told.append(found.page.inner_text(".leaflet-tooltip"))
        seen = found.page.evaluate(LOOK)
        assert seen["caught"] == []
        # Folium's own markup has no attribute of ours either.
        assert seen["foreign"] == []
    for row, text in enumerate(told):
        assert attacks("code")[row] in text
        if kind != "heatmap":
            assert title in text


def test_page_without_inline_links_to_the_scripts_of_folium(areas):
    inline = geogrid_maps.choropleth(areas, "rate").get_root().render()
    linked = geogrid_maps.choropleth(areas, "rate", inline=False).get_root().render()
    assert "<script src=" not in inline
    assert "https://" not in inline.split("<body>")[1]
    assert "leaflet.js" in linked
    assert "<script src=" in linked


def test_functions_are_not_replaced_by_modules_of_the_same_name():
    for name in ("heatmap", "choropleth"):
        module = importlib.import_module(f"geogrid_maps.{name}")
        assert callable(getattr(geogrid_maps, name))
        assert getattr(geogrid_maps, name) is not module
    code = "import geogrid_maps.choropleth, geogrid_maps.heatmap as h; h.__code__, geogrid_maps.choropleth.__code__"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    code = "import geogrid_maps, sys; sys.exit('esda' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def colours(page):
    """Return the fill of each area in a map, by the text of its code."""
    layer = next(child for child in page._children.values() if isinstance(child, folium.GeoJson))
    return {
        feature["properties"]["f0"]: layer.style_function(feature)["fillColor"] for feature in layer.data["features"]
    }


@pytest.mark.parametrize("method", ["quantiles", "natural", [2.0, 5.0]])
def test_areas_have_the_colours_of_their_classes(method, areas):
    rate = areas["rate"].to_numpy()
    fixed = not isinstance(method, str)
    expected = classify(rate, ClassMethod.FIXED, bounds=method) if fixed else classify(rate, ClassMethod(method), 5)
    found = colours(geogrid_maps.choropleth(areas, "rate", classes=method))
    table = COLOURS[len(expected.bounds)]
    assert found == {
        code: table[number] if number >= 0 else BLANK for code, number in zip(areas["code"], expected.of, strict=True)
    }
    assert found["c20"] == BLANK


def test_hot_spots_have_the_colours_of_their_classes(areas):
    found = geogrid.hot_spots(areas, "rate")
    assert (found["class"] > 0).any()
    expected = {code: HOT_COLOURS[strength] for code, strength in zip(areas["code"], found["class"], strict=True)}
    assert colours(geogrid_maps.hot_spot_map(areas.to_crs("EPSG:4547"), "rate")) == expected


def test_heat_is_counted_by_cells_in_wgs84(areas):
    x, y = geogrid.from_wgs84([113.0052, 113.0053, np.nan], [40.0052, 40.0053, 40], "gcj02")
    page = geogrid_maps.heatmap((x, y), areas, datum="gcj02")
    heat = next(child for child in page._children.values() if type(child).__name__ == "HeatMap")
    assert heat.data == [[40.0055, 113.0055, 2]]
    # Without polygons the map shows the points.
    assert len(geogrid_maps.heatmap((x, y), datum="gcj02").get_bounds()) == 2


def test_areas_without_a_shape_are_left_out(areas):
    frame = areas.copy()
    frame.loc[3, "geometry"] = None
    frame.loc[4, "geometry"] = shapely.Polygon()
    assert set(areas["code"]) - set(colours(geogrid_maps.choropleth(frame, "rate"))) == {"c3", "c4"}


def test_errors_say_what_to_do(areas):
    with pytest.raises(DatumError, match="names no CRS"):
        geogrid_maps.choropleth(areas.set_crs(None, allow_override=True), "rate")
    for classes, k in (("nonsense", 5), ("quantiles", 9), ("natural", 0), (range(7), 5)):
        with pytest.raises(QueryError, match="classes"):
            geogrid_maps.choropleth(areas, "rate", classes=classes, k=k)
    with pytest.raises(QueryError, match="language"):
        geogrid_maps.heatmap(points(areas), language="de")
    with pytest.raises(QueryError, match="no point"):
        geogrid_maps.heatmap(([], []), datum="wgs84")
    with pytest.raises(QueryError, match="no column nonsense"):
        geogrid_maps.choropleth(areas, "rate", name="nonsense")


def test_heat_spots_have_the_size_of_their_cells_at_high_zoom_levels(areas, visit, tmp_path):
    page = tmp_path / "map.html"
    maps(areas, "n", language="en")["heatmap"].save(page)
    found = visit(page.as_uri(), viewport={"width": 1000, "height": 700})
    radius = found.page.evaluate(
        """() => {
          const of = (type) => Object.values(window).find((value) => value instanceof type);
          of(L.Map).setZoom(18, { animate: false });
          return of(L.HeatLayer).options.radius;
        }"""
    )
    assert radius > 13
