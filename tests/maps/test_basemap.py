"""Base maps in a real browser: what is drawn lies where the tiles' datum puts it, and nothing else is let in."""

from __future__ import annotations

import gzip
import io
import json
import math
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import numpy as np
import pytest
import shapely
from PIL import Image, ImageDraw
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pydantic import ValidationError

from geogrid.constants import Language
from geogrid.geo.datums import from_wgs84, to_wgs84
from geogrid.incidents.rule_set import load_rules
from geogrid.layers.export import ExportFormat, write_export
from geogrid.layers.export.tiles import archive
from geogrid.model import CONSOLE, Generation, Grant, Layer, Role
from geogrid.services.users import add_user
from geogrid.settings import Settings
from geogrid.stats.point_binning import bin_points
from geogrid_maps import vendor
from geogrid_maps.basemap_tiles import ARCHIVE_SCRIPT, BaseMap, Tiles
from geogrid_maps.district_shapes import prepare_shapes
from geogrid_maps.heatmap import heat_layer
from geogrid_maps.prints.model import join_outline
from geogrid_maps.timeline_map import _SHIFTED_UNIT_DEG, _pack_cells

DAY = "/maps/heatmap?from=2022-06-30"
ZOOM = 16
MARK = (255, 0, 255)
ATTRIBUTION = "测绘<b>院</b>"
PASSWORD = "correct horse battery staple"
#: Where the middle of a grid is drawn on the desk's screen.
DRAWN_AT = """(code) => {
  const { map } = geogridDesk;
  const middle = L.geoJSON(geogridAreas.urban.find(({ id }) => id === code)).getBounds().getCenter();
  map.setView(middle, 17, { animate: false });
  const { x, y } = map.latLngToContainerPoint(middle);
  const frame = map.getContainer().getBoundingClientRect();
  return [frame.x + x, frame.y + y];
}"""


@dataclass(frozen=True)
class Landmark:
    """A corner of a grid."""

    code: str
    lon: float
    lat: float

    def pixel(self, datum: str) -> tuple[float, float]:
        """Return where it lies on the whole picture of the world, by the formula of Web Mercator (EPSG:3857)."""
        (lon,), (lat,) = from_wgs84([self.lon], [self.lat], datum)
        side = 256 * 2**ZOOM
        return (lon + 180) / 360 * side, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side

    def tile(self, x: int, y: int, datum: str) -> bytes:
        """Return a tile with the landmark on it, if it lies there."""
        image = Image.new("RGB", (256, 256), "#dfe8ee")
        across, down = (place - 256 * number for place, number in zip(self.pixel(datum), (x, y), strict=True))
        ImageDraw.Draw(image).rectangle((across - 5, down - 5, across + 4, down + 4), fill=MARK)
        content = io.BytesIO()
        image.save(content, "PNG")
        return content.getvalue()


@pytest.fixture(scope="module")
def landmark(layers):
    grid = layers[Layer.URBAN].iloc[500]
    lon, lat = shapely.get_coordinates(grid.geometry)[0]
    return Landmark(grid.code, lon, lat)


@contextmanager
def tile_server(landmark, datum):
    """Serve tiles of a datum; what is asked for beside them is a fault."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            _, zoom, x, y = self.path.removesuffix("&names").removesuffix(".png?key=K").split("/")
            content = landmark.tile(int(x), int(y), datum) if int(zoom) == ZOOM else landmark.tile(0, 0, datum)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # A browser that has moved on hangs up.
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def distance_of(found, landmark, owner="geogrid") -> float:
    """Return how far the landmark of the tiles lies from where the page draws that corner, in pixels."""
    page = found.page
    found.until(f"window.{owner}?.map !== undefined")
    corner = f"""(() => {{
      const grid = geogridAreas.urban.find(({{ id }}) => id === "{landmark.code}");
      return grid.geometry.coordinates.flat(3).slice(0, 2).reverse();
    }})()"""
    page.evaluate(f"void {owner}.map.setView({corner}, {ZOOM}, {{ animate: false }})")
    x, y = page.evaluate(f"(({{ x, y }}) => [x, y])({owner}.map.latLngToContainerPoint({corner}))")
    box = page.locator(".leaflet-container").bounding_box()
    # What is drawn over the tiles would hide them.
    page.evaluate(
        f"for (const [name, pane] of Object.entries({owner}.map.getPanes()))"
        "if (!['mapPane', 'tilePane'].includes(name)) pane.style.display = 'none'"
    )
    for _ in range(200):
        rows, columns = np.nonzero((np.asarray(Image.open(io.BytesIO(page.screenshot())))[..., :3] == MARK).all(axis=2))
        if len(rows) == 100:
            break
        page.wait_for_timeout(50)
    assert len(rows) == 100, "the landmark is on the picture, whole"
    return math.dist((columns.mean() + 0.5, rows.mean() + 0.5), (box["x"] + x, box["y"] + y))


@pytest.mark.parametrize(("datum", "name"), [("cgcs2000", "CGCS2000"), ("gcj02", "GCJ-02")])
def test_district_matches_the_tiles_of_a_server(run_service, demo_file, visit, landmark, datum, name):
    with (
        tile_server(landmark, datum) as tiles,
        run_service(
            demo_file.parent,
            tiles_url=tiles + "/{z}/{x}/{y}.png?key=K",
            tiles_datum=datum,
            tiles_attribution=ATTRIBUTION,
        ) as service,
    ):
        policy = httpx2.get(service.origin + DAY, trust_env=False, timeout=60).headers["content-security-policy"]
        assert policy.count(tiles) == 1
        assert f"img-src 'self' data: {tiles} ;" in policy
        assert "connect-src 'self';" in policy
        found = visit(f"{service.origin}{DAY}#{ZOOM}/{landmark.lat}/{landmark.lon}", also=tiles)
        legend = found.page.inner_text("#base")
        assert ATTRIBUTION in legend
        assert name in legend
        assert ("偏移" in legend) is (datum == "gcj02")
        assert distance_of(found, landmark) < 2
        # What the address says is WGS 84, whatever the picture is in.
        zoom, lat, lon = found.page.evaluate("location.hash").removeprefix("#").split("/")
        assert (float(zoom), float(lat), float(lon)) == pytest.approx((ZOOM, landmark.lat, landmark.lon), abs=2e-5)
        assert any(url.startswith(tiles) for url in found.requests)
        found.page.close()


@pytest.mark.parametrize("datum", ["cgcs2000", "gcj02"])
def test_click_on_the_desk_map_selects_the_grid_drawn_there(run_service, copy_demo, visit, landmark, tmp_path, datum):
    copy_demo(tmp_path, "full")

    def fill(store):
        grant = Grant(frozenset({Role.DISPATCHER}))
        add_user(store, load_rules(), CONSOLE, name="hotline", display_name="hotline", password=PASSWORD, grant=grant)

    with (
        tile_server(landmark, datum) as tiles,
        run_service(
            tmp_path,
            fill,
            tiles_url=tiles + "/{z}/{x}/{y}.png?key=K",
            tiles_labels_url=tiles + "/{z}/{x}/{y}.png?key=K&names",
            tiles_datum=datum,
        ) as service,
    ):
        found = visit(f"{service.origin}/desk", also=tiles)
        page = found.page
        page.get_by_label("账号").fill("hotline")
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#list")
        assert tiles.removeprefix("http://") in page.inner_text("#base")
        assert distance_of(found, landmark, "geogridDesk") < 2
        assert any(url.endswith("&names") for url in found.requests)
        page.keyboard.press("n")
        page.wait_for_selector("#place")
        page.mouse.click(*page.evaluate(DRAWN_AT, landmark.code))
        page.locator("#where", has_text=landmark.code).wait_for()
        page.close()


def test_tiles_of_the_two_datums_differ_by_hundreds_of_pixels(landmark):
    assert math.dist(landmark.pixel("wgs84"), landmark.pixel("gcj02")) > 200


def test_district_matches_images_of_an_archive(run_service, demo_file, visit, landmark, tmp_path):
    column, row = (int(place // 256) for place in landmark.pixel("gcj02"))
    tiles = {
        zxy_to_tileid(ZOOM, x, y): landmark.tile(x, y, "gcj02")
        for x in range(column - 4, column + 5)
        for y in range(row - 4, row + 5)
    }
    path = tmp_path / "images.pmtiles"
    path.write_bytes(archive(tiles, {}, (113, 39, 114, 41), TileType.PNG, Compression.NONE))
    with run_service(demo_file.parent, tiles_pmtiles=path, tiles_datum="gcj02") as service:
        found = visit(service.origin + DAY, also=service.origin + "/maps/base.pmtiles")
        assert "images.pmtiles" in found.page.inner_text("#base")
        assert distance_of(found, landmark) < 2
        found.page.close()


@pytest.mark.parametrize("names", [{"streets": Layer.STREET}, {"earth": Layer.DISTRICT, "roads": Layer.STREET}])
def test_vector_tiles_of_an_archive_are_drawn(run_service, demo_file, visit, layers, tmp_path, names):
    path = tmp_path / "own.pmtiles"
    write_export(path, {name: layers[layer] for name, layer in names.items()}, ExportFormat.PMTILES)
    with run_service(demo_file.parent, tiles_pmtiles=path, tiles_datum="wgs84") as service:
        found = visit(service.origin + DAY, also=service.origin + "/maps/base.pmtiles")
        found.until(
            """[...document.querySelectorAll("canvas.leaflet-tile")].some((canvas) =>
              canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((part) => part > 0))"""
        )
        assert (
            "connect-src 'self';"
            in httpx2.get(service.origin + DAY, trust_env=False, timeout=60).headers["content-security-policy"]
        )
        part = httpx2.get(
            service.origin + "/maps/base.pmtiles", headers={"Range": "bytes=0-6"}, trust_env=False, timeout=60
        )
        assert (part.status_code, part.content) == (206, b"PMTiles")
        found.page.close()


def test_page_without_base_map_loads_no_base_map_script(service):
    answer = httpx2.get(service.origin + DAY, trust_env=False, timeout=60)
    assert "L.tileLayer" not in answer.text
    assert "protomaps" not in answer.text
    assert 'id="base"' not in answer.text
    missing = httpx2.get(service.origin + "/maps/base.pmtiles", trust_env=False, timeout=60)
    assert (missing.status_code, missing.json()["code"]) == (404, "base_unknown")


def test_base_map_in_gcj02_shifts_pages_but_not_prints(layers, shapes):
    base = BaseMap(Tiles.SERVER, "https://tiles.example.org/{z}/{x}/{y}.png", "gcj02", "")
    shifted = prepare_shapes(Generation(1, "test", synthetic=True), layers, base)
    assert shifted.version != shapes.version
    plain, moved = (json.loads(found.script.split(" = ", 1)[1].rstrip(";\n")) for found in (shapes, shifted))
    for name in ("outline", "urban", "communities"):
        before, after = [
            shapely.get_coordinates(shapely.geometry.shape(areas[name][0]["geometry"])) for areas in (plain, moved)
        ]
        assert np.abs(np.stack(from_wgs84(*before.T, "gcj02"), axis=1) - after).max() < 2e-6
    (lat, lon), there = plain["labels"][0]["at"], moved["labels"][0]["at"]
    assert np.abs(np.subtract(np.ravel(from_wgs84([lon], [lat], "gcj02"))[::-1], there)).max() < 2e-6
    outline = shapely.geometry.shape(moved["outline"][0]["geometry"])
    assert shifted.bounds == pytest.approx(outline.bounds, abs=1e-6)
    cells = bin_points(np.array([113.29]), np.array([40.09]))
    (row,) = heat_layer(cells, shifted, Language.ZH).data
    assert row[:2] == pytest.approx(np.ravel(from_wgs84(cells.lon, cells.lat, "gcj02"))[::-1].tolist())
    packed = _pack_cells(cells, shifted, _SHIFTED_UNIT_DEG)
    assert [packed[1] * _SHIFTED_UNIT_DEG, packed[0] * _SHIFTED_UNIT_DEG] == pytest.approx(row[:2], abs=1e-5)
    assert join_outline(shifted).equals(join_outline(shapes))


def test_saved_file_has_no_base_map_and_is_not_shifted(run_service, demo_file, visit, landmark, layers, tmp_path):
    with run_service(demo_file.parent, tiles_url=URL, tiles_datum="gcj02") as service:
        path = tmp_path / "saved.html"
        path.write_bytes(httpx2.get(service.origin + DAY + "&save=true", trust_env=False, timeout=60).content)
        page = visit(path.as_uri()).page
        drawn = page.evaluate(f"geogridAreas.urban.find(({{ id }}) => id === '{landmark.code}').geometry")
        shape = layers[Layer.URBAN].set_index("code").geometry[landmark.code]
        assert shapely.hausdorff_distance(shapely.geometry.shape(drawn), shape) < 1e-6
        assert page.evaluate("geogrid.said([1, 2])") == [1, 2]
        assert page.locator("#base").count() == 0
        page.close()


def test_datum_script_agrees_with_the_library(visit, service):
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(113.2, 113.4, 50), rng.uniform(39.98, 40.18, 50)
    script = httpx2.get(service.origin + "/static/own/datum.js", trust_env=False, timeout=60).text
    page = visit(service.origin + DAY).page
    places = np.stack([lat, lon], axis=1).tolist()
    for function, change in (("wgs84ToGcj02", from_wgs84), ("gcj02ToWgs84", to_wgs84)):
        found = page.evaluate(f"(places) => {{ {script} return places.map({function}); }}", places)
        assert np.abs(np.stack(change(lon, lat, "gcj02")[::-1], axis=1) - found).max() < 1e-9


@pytest.mark.skipif(not vendor.is_complete(), reason="The maps' scripts have not been fetched. 地图脚本尚未下载。")
def test_archive_script_is_small():
    folder, _, rest = ARCHIVE_SCRIPT.partition("/")
    assert len(gzip.compress((vendor.folders()[folder] / rest).read_bytes())) < 200_000


URL = "https://t0.example.org/{z}/{x}/{y}.png"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tiles_url": URL}, "GEOGRID_TILES_DATUM"),
        (
            {"tiles_url": URL, "tiles_labels_url": URL.replace("t0", "t1"), "tiles_datum": "gcj02"},
            "LABELS_URL must have the same host",
        ),
        ({"tiles_labels_url": URL}, "LABELS_URL must have the same host"),
        ({"tiles_url": URL, "tiles_datum": "bd09"}, "wgs84, cgcs2000"),
        ({"tiles_url": URL, "tiles_datum": "epsg:4547"}, "wgs84, cgcs2000"),
        ({"tiles_url": "https://t0.example.org/", "tiles_datum": "wgs84"}, "it must contain"),
        ({"tiles_url": "https://t{s}.example.org/{z}/{x}/{y}.png", "tiles_datum": "wgs84"}, "one host"),
        ({"tiles_url": "https://a; script-src *//{z}/{x}/{y}", "tiles_datum": "wgs84"}, "one host"),
        ({"tiles_url": "javascript:{z}/{x}/{y}", "tiles_datum": "wgs84"}, "http://"),
        ({"tiles_pmtiles": "none.pmtiles", "tiles_datum": "wgs84"}, "no such file"),
        ({"tiles_pmtiles": __file__, "tiles_datum": "wgs84"}, "is not a PMTiles archive"),
    ],
)
def test_invalid_base_map_settings_are_refused_with_a_remedy(settings, said):
    with pytest.raises(ValidationError, match=said):
        Settings(**settings)


def test_two_base_maps_are_refused(tmp_path):
    path = tmp_path / "a.pmtiles"
    path.write_bytes(b"PMTiles\x03")
    with pytest.raises(ValidationError, match="set one of them"):
        Settings(tiles_url=URL, tiles_pmtiles=path, tiles_datum="gcj02")
