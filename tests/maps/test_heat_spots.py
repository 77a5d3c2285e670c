"""The spots of heat on the canvas, at the zoom levels at which a cell is wider than the sprite of leaflet.heat."""

from __future__ import annotations

import pytest

from geogrid.stats.point_binning import CELL_DEG
from geogrid_maps.heatmap import heat_radius_m

TIMELINE = "/maps/timeline?from=2022-06-01&to=2022-06-30"
#: Leaves one point of the heat layer, at the centre of the map, and returns how far its painted pixels
#: reach to the left, right, top and bottom; then the share of them that have no painted mirror image.
ONE_SPOT = """async ([map, heat, zoom]) => {
  map.setView(map.getCenter(), zoom, { animate: false });
  heat.setLatLngs([[map.getCenter().lat, map.getCenter().lng, 1]]);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const { width, height } = heat._canvas;
  const { data } = heat._canvas.getContext("2d").getImageData(0, 0, width, height);
  const { x, y } = map.latLngToContainerPoint(map.getCenter()).round();
  const painted = (dx, dy) => data[((y + dy) * width + x + dx) * 4 + 3] > FAINT;
  const reach = [0, 0, 0, 0];
  let [alone, all] = [0, 0];
  for (let dy = -y; dy < height - y; dy += 1) {
    for (let dx = -x; dx < width - x; dx += 1) {
      if (!painted(dx, dy)) continue;
      all += 1;
      reach[0] = Math.max(reach[0], -dx);
      reach[1] = Math.max(reach[1], dx + 1);
      reach[2] = Math.max(reach[2], -dy);
      reach[3] = Math.max(reach[3], dy + 1);
      if (!painted(-dx - 1, dy) || !painted(dx, -dy - 1)) alone += 1;
    }
  }
  return { reach, alone: alone / all, radius: heat.options.radius, blur: heat.options.blur };
}"""


def spot(page, layers: str, zoom: float):
    script = ONE_SPOT.replace("FAINT", "2")
    return page.evaluate(f"({script})([{layers}.map ?? geogrid.map, {layers}.layers.heat, {zoom}])")


@pytest.mark.parametrize(
    ("path", "layers"), [("/maps/heatmap", "geogrid"), (TIMELINE, "geogrid"), ("/maps/compare", "geogrid.maps[0]")]
)
def test_single_point_is_one_round_spot(service, visit, path, layers):
    page = visit(service.origin + path).page
    for zoom in (12, 15, 16, 17, 17.75, 18):
        found = spot(page, layers, zoom)
        furthest, nearest = max(found["reach"]), min(found["reach"])
        assert nearest > 10, (zoom, found)
        assert furthest - nearest <= 2, (zoom, found)
        assert furthest <= found["radius"] + found["blur"] + 1, (zoom, found)
        # Single pixels of the edge differ by rounding.
        assert found["alone"] < 0.03, (zoom, found)


def test_heat_radius_follows_the_cell_size(service, visit):
    page = visit(f"{service.origin}/maps/heatmap").page
    cell = heat_radius_m(CELL_DEG)
    for zoom in (12, 13):
        assert spot(page, "geogrid", zoom)["radius"] == 13, "spots stay visible from afar"
    pixel_m = 40_075_016 * page.evaluate("Math.cos(geogrid.map.getCenter().lat * Math.PI / 180)") / 256 / 2**15
    assert spot(page, "geogrid", 15)["radius"] == pytest.approx(cell / pixel_m, rel=0.01)


def test_url_opens_with_the_heat_radius_of_its_zoom(service, visit):
    page = visit(f"{service.origin}/maps/heatmap#18/40.09/113.2988").page
    radius, blur = page.evaluate("[geogrid.layers.heat.options.radius, geogrid.layers.heat.options.blur]")
    assert radius > 50
    assert 2 * radius + blur < 200
