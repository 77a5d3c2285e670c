"""Rivers and lakes, where the layers in force have them: on every map, the desk and the sheets."""

from __future__ import annotations

import io

import geopandas as gpd
import httpx2
import numpy as np
import pytest
import shapely
from click.testing import CliRunner
from PIL import Image

from geogrid.layers.layer_source_reader import LayerSource, read_sources
from geogrid.services.layer_generations import activate_generation
from geogrid.services.layer_import import import_layers
from geogrid_maps.cli import map_group

LAKE = shapely.Point(113.30, 40.09).buffer(0.006)
RIVER = shapely.LineString([(113.335, 40.02), (113.333, 40.08), (113.336, 40.14)])
#: The pale blue of water, on screens and on paper.
BLUE = (0xCF, 0xE2, 0xEA)
EMPTY = "category=Z06&from=2022-01-01&to=2022-01-01&hours=3-3"


@pytest.fixture(scope="module", params=["lake", "river"])
def wet(request, run_service, copy_demo, tmp_path_factory):
    home = tmp_path_factory.mktemp(request.param)
    copy_demo(home, "full")
    shape = {"lake": LAKE, "river": RIVER}[request.param]
    path = home / "water.gpkg"
    gpd.GeoDataFrame({"code": ["W1"], "name": ["十里河"]}, geometry=[shape], crs="EPSG:4326").to_file(path)

    def fill(store):
        draft = import_layers(store, read_sources([LayerSource("water", path)]), label="wet", commit=True).generation
        activate_generation(store, draft.id)

    with run_service(home, fill) as found:
        yield found, home, shape


def is_blue(png: bytes):
    """Return which pixels are water, but for the smoothing of edges."""
    return (np.abs(np.asarray(Image.open(io.BytesIO(png)))[..., :3].astype(int) - BLUE) <= 1).all(axis=2)


def test_water_is_drawn_on_the_map(wet, visit):
    service, _, shape = wet
    found = visit(f"{service.origin}/maps/heatmap?{EMPTY}#14/40.09/113.30")
    found.until("geogrid.layers.water?.getLayers().length === 1")
    if shape is LAKE:
        found.until("geogrid.map.getZoom() === 14")
        assert is_blue(found.page.screenshot()).sum() > 1_000


def test_water_is_drawn_on_prints(wet):
    service, _, shape = wet
    png = httpx2.get(f"{service.origin}/maps/heatmap.png?{EMPTY}", trust_env=False, timeout=60).raise_for_status()
    rows, columns = np.nonzero(is_blue(png.content))
    assert len(rows) > 200
    tall, wide = np.ptp(rows), np.ptp(columns)
    assert tall > 5 * wide if shape is RIVER else tall == pytest.approx(wide * 1.31, rel=0.1)


def test_saved_file_has_the_water(wet, tmp_path):
    _, home, _ = wet
    out = tmp_path / "map.html"
    done = CliRunner(env={"GEOGRID_HOME": str(home)}).invoke(map_group, ["explorer", str(out)])
    assert done.exit_code == 0, done.output
    assert "十里河" in out.read_text(encoding="utf-8")
