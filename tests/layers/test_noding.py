"""Tests of noding: levels drawn separately in a datum whose straight lines bend in WGS 84."""

import time

import deqing
import geopandas as gpd
import numpy as np
import pytest
import shapely

from geogrid.frames import check_layers as check_frames
from geogrid.geo.datums import to_wgs84
from geogrid.layers.layer_source_reader import LayerSource, ReadingOptions, read_sources
from geogrid.layers.mend import mend_layers
from geogrid.layers.noding import TOLERANCE_M, node_layers, node_with_base
from geogrid.layers.topology import check_layers
from geogrid.model import Layer

LEVELS = (Layer.DISTRICT, Layer.STREET, Layer.COMMUNITY, Layer.URBAN)
WEST, SOUTH = 120.0, 30.5


def read(files, datum, **options):
    sources = [
        LayerSource(layer.value, path)
        for layer, path in zip(LEVELS, (files.outline, files.towns, files.communities, files.grids), strict=True)
    ]
    return read_sources(sources, ReadingOptions(datum=datum, **options))


def errors(layers):
    return [finding for finding in check_layers(layers) if finding.severity == "error"]


def layer(*shapes, datum="gcj02"):
    """Return a layer of shapes drawn in a datum, in WGS 84."""
    moved = shapely.transform(np.array(shapes), lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum)))
    return gpd.GeoDataFrame({"code": [str(number) for number in range(len(shapes))]}, geometry=moved, crs=4326)


def town_and_grids(offset=0.0):
    """Return a town of four corners, and grids that end `offset` degrees beyond its eastern border."""
    town = shapely.box(WEST, SOUTH, WEST + 0.1, SOUTH + 0.1)
    grids = [
        shapely.box(WEST + 0.05, SOUTH + 0.01 * row, WEST + 0.1 + offset, SOUTH + 0.01 * (row + 1)) for row in range(10)
    ]
    return {Layer.STREET: layer(town), Layer.URBAN: layer(*grids)}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return deqing.write_files(tmp_path_factory.mktemp("deqing"))


def test_levels_drawn_separately_have_no_errors(files, monkeypatch):
    noded = read(files, "gcj02")
    assert len(errors(noded.layers)) == 0
    assert any(note.startswith("street: ") and "vertices of other areas" in note for note in noded.notes)
    start = time.perf_counter()
    assert len(errors(mend_layers(noded.layers).layers)) <= 10
    assert time.perf_counter() - start < 120
    monkeypatch.setattr("geogrid.layers.noding._MAX_VERTICES", 0)
    assert len(errors(read(files, "gcj02").layers)) > 200


def test_levels_drawn_in_a_projection(tmp_path):
    files = deqing.write_files(tmp_path, datum="epsg:4549", decimals=2)
    assert errors(read(files, "epsg:4549").layers) == []


def test_outline_in_another_datum(files, tmp_path):
    outline = deqing.write_shapefile(tmp_path / "outline.shp", deqing.draw_outline("wgs84"))
    sources = [LayerSource("district", outline), LayerSource("urban", files.grids)]
    noded = read_sources(sources, ReadingOptions(datum="gcj02", layer_datums={"district": "wgs84"}))
    assert noded.drawn_in == {Layer.DISTRICT: "wgs84", Layer.URBAN: "gcj02"}
    assert [finding for finding in errors(noded.layers) if finding.code != "parent_unknown"] == []


def test_border_of_two_vertices_gets_those_of_its_grids():
    layers = town_and_grids()
    noded = node_layers(layers, dict.fromkeys(layers, "gcj02"))
    assert noded.inserted[Layer.STREET] == 11
    town, grids = (noded.layers[name].union_all() for name in (Layer.STREET, Layer.URBAN))
    assert shapely.difference(grids, town).area == 0
    bent = shapely.difference(layers[Layer.URBAN].union_all(), layers[Layer.STREET].union_all())
    assert bent.area > 1e-9, "otherwise this proves nothing"


def test_vertices_beyond_the_tolerance_are_not_inserted():
    metre = 1 / 96_000
    near, far = (town_and_grids(factor * TOLERANCE_M * metre) for factor in (0.9, 1.1))
    drawn_in = dict.fromkeys(near, "gcj02")
    # The other two are those of the southern and northern border.
    assert node_layers(near, drawn_in).inserted[Layer.STREET] == 11
    assert node_layers(far, drawn_in).inserted[Layer.STREET] == 2


def test_noding_twice_changes_nothing_more():
    layers = town_and_grids()
    drawn_in = dict.fromkeys(layers, "gcj02")
    assert node_layers(node_layers(layers, drawn_in).layers, drawn_in).inserted == {}


def test_layers_in_wgs84_keep_their_bytes():
    layers = town_and_grids()
    noded = node_layers(layers, dict.fromkeys(layers, "wgs84"))
    assert noded.inserted == {}
    assert all(noded.layers[name] is frame for name, frame in layers.items())
    assert node_layers({}, {}).layers == {}, "an import of thematic layers only"


def test_multipolygons_with_holes_keep_their_structure():
    hole = shapely.box(WEST + 0.02, SOUTH + 0.02, WEST + 0.08, SOUTH + 0.08)
    island = shapely.box(WEST + 0.02, SOUTH + 0.04, WEST + 0.05, SOUTH + 0.06)
    bent = {Layer.STREET: layer(shapely.MultiPolygon([_town() - hole, shapely.box(121, 31, 121.1, 31.1)]))}
    bent[Layer.URBAN] = layer(island)
    noded = node_layers(bent, dict.fromkeys(bent, "gcj02"))
    shape = noded.layers[Layer.STREET].geometry[0]
    assert noded.inserted == {Layer.STREET: 2}
    assert (shape.geom_type, len(shape.geoms), len(shape.geoms[0].interiors)) == ("MultiPolygon", 2, 1)
    assert shape.is_valid


def _town():
    return shapely.box(WEST, SOUTH, WEST + 0.1, SOUTH + 0.1)


def test_border_of_the_base_gets_the_vertices_of_later_grids():
    """An office uploads its layers one by one."""
    layers = town_and_grids()
    base = {Layer.STREET: layers.pop(Layer.STREET)}
    noded = node_with_base(layers, {Layer.URBAN: "gcj02"}, base)
    assert noded.inserted[Layer.STREET] == 11
    assert node_with_base(layers, {Layer.URBAN: "wgs84"}, base).inserted == {}


def test_missing_and_empty_shapes_stay():
    layers = town_and_grids()
    odd = gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=[None, shapely.Polygon()], crs=4326)
    layers[Layer.RURAL] = odd
    noded = node_layers(layers, dict.fromkeys(layers, "gcj02"))
    assert noded.layers[Layer.RURAL] is odd
    assert noded.inserted[Layer.STREET] == 11


def test_frames_are_noded_too():
    layers = {"street": gpd.GeoDataFrame({"code": ["a"]}, geometry=[_town()])}
    grids = [
        shapely.box(WEST + 0.05 * column, SOUTH + 0.01 * row, WEST + 0.05 * (column + 1), SOUTH + 0.01 * (row + 1))
        for row in range(10)
        for column in range(2)
    ]
    layers["district"] = layers["street"].assign(code="d")
    layers["urban"] = gpd.GeoDataFrame({"code": [str(number) for number in range(20)]}, geometry=grids)
    assert len(check_frames(layers, datum="gcj02").query("severity == 'error'")) == 0
