"""An outline of 300,000 vertices, as a survey gives it: imported, mended and activated."""

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner

from geogrid.cli.main import cli
from tests.support import county, deqing

VERTICES = 300_000

pytestmark = pytest.mark.slow


def write_layers(folder):
    """Write the outline of 德清县 with many vertices, and two grids: its halves, cut without common vertices."""
    outline = deqing.read_outline()
    outline = shapely.segmentize(outline, outline.length / VERTICES)
    assert shapely.get_num_coordinates(outline) >= VERTICES
    west, south, east, north = outline.bounds
    half = shapely.box(west, south, (west + east) / 2, north)
    grids = [outline.intersection(half), outline.difference(half)]
    files = {"district": (["330521"], [outline]), "urban": (["DQ-001-000001", "DQ-001-000002"], grids)}
    for layer, (codes, shapes) in files.items():
        frame = gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=shapes, crs=4326)
        frame.to_file(folder / f"{layer}.gpkg")


def test_outline_of_300_000_vertices_is_imported(tmp_path):
    write_layers(tmp_path)
    layers = [f"{layer}={tmp_path / layer}.gpkg" for layer in ("district", "urban")]
    with county.own_process():
        for command in (
            ["init", "--district", str(county.DATA / "profile.toml"), "--scheme", "national"],
            ["layers", "import", *layers, "--label", "survey", "--fix", "--commit"],
            ["layers", "activate", "1"],
        ):
            done = CliRunner(env={"GEOGRID_HOME": str(tmp_path / "home")}).invoke(cli, command)
            assert done.exit_code == 0, done.output
