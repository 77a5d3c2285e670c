"""Tests of vector tiles: every demo area is present, with vertices within the resolution of the tile grid."""

import gzip
import random
import struct

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pmtiles.tile import zxy_to_tileid

from geogrid.errors import FileError
from geogrid.layers.export import ExportFormat, write_export
from geogrid.layers.export.gdal_writers import write_table
from geogrid.layers.export.layer_table import prepare_table
from geogrid.layers.export.tiles import EXTENT, ZOOMS, archive
from geogrid.layers.files import read_file
from geogrid.model import Layer

#: Resolution of a tile at the last zoom level, in metres of Web Mercator; 0.114 m on the ground at 40° N.
STEP_M = 40_075_016.685578488 / 2 ** ZOOMS[1] / EXTENT


@pytest.fixture(scope="module")
def tiles(layers, tmp_path_factory):
    path = tmp_path_factory.mktemp("tiles") / "all.pmtiles"
    assert write_export(path, {layer.value: frame for layer, frame in layers.items()}, ExportFormat.PMTILES) == ()
    return path


@pytest.mark.parametrize("layer", list(Layer))
def test_every_area_is_in_its_place(tiles, layers, layer):
    before = layers[layer].to_crs(3857).set_index("code")
    parts = pyogrio.read_dataframe(tiles, layer=layer.value)
    assert set(parts["code"]) == set(before.index)
    for code, found in parts.groupby("code"):
        area = before.loc[code]
        there = shapely.multipoints(shapely.get_coordinates(found.geometry.to_numpy()))
        away = shapely.distance(shapely.points(shapely.get_coordinates(area.geometry)), there)
        # Half a step east and half a step north.
        assert away.max() <= STEP_M / 2 * np.sqrt(2) + 1e-6
        whole = shapely.union_all(found.geometry.to_numpy())
        assert shapely.symmetric_difference(whole, area.geometry).area <= area.geometry.length * 2 * STEP_M
        for column in ("name", "parent", "kind", "synthetic"):
            values = {None if pd.isna(value) else value for value in found.get(column, [None])}
            assert values == {area[column]}, column


def test_tiles_have_attributes_and_lines(tmp_path):
    lines = [shapely.LineString([(113.29, 40.08), (113.295, 40.085)])]
    attributes = [{"户数": 120, "面积": 1.1, "备注": "甲'\n\"😀", "重点": True, "none": None}]
    data = {"code": ["1"], "name": "a", "parent": None, "kind": None, "synthetic": False, "attributes": attributes}
    path = tmp_path / "lines.pmtiles"
    write_export(path, {"lanes": gpd.GeoDataFrame(data, geometry=lines, crs=4326)}, ExportFormat.PMTILES)
    found = pyogrio.read_dataframe(path, layer="lanes")
    row = found.iloc[0]
    assert (row["户数"], row["面积"], row["备注"], row["重点"], row["synthetic"]) == (
        120,
        1.1,
        "甲'\n\"😀",
        True,
        False,
    )
    assert set(found.geom_type) == {"LineString"}


def test_header_of_archive(tiles, layers):
    data = tiles.read_bytes()
    assert data[:8] == b"PMTiles\x03"
    assert len(data) == sum(struct.unpack_from("<2Q", data, 56))
    # Clustered, gzip twice, vector tiles, zoom levels.
    assert tuple(data[96:102]) == (1, 2, 2, 1, *ZOOMS)
    bounds = np.array(struct.unpack_from("<4i", data, 102)) / 1e7
    assert np.abs(bounds - layers[Layer.DISTRICT].total_bounds).max() <= 1e-7
    assert pyogrio.list_layers(tiles)[:, 0].tolist() == [layer.value for layer in Layer]


def test_equal_layers_give_equal_bytes(tiles, layers, tmp_path):
    again = tmp_path / "again.pmtiles"
    write_export(again, {layer.value: frame for layer, frame in layers.items()}, ExportFormat.PMTILES)
    assert again.read_bytes() == tiles.read_bytes()


def test_many_tiles_are_found_through_leaf_directories(tmp_path):
    """GDAL finds each of 16,900 tiles; their directory is larger than the first read."""
    square = gpd.GeoDataFrame(
        {"code": ["1"], "name": "a", "parent": None, "kind": None, "synthetic": True},
        geometry=[shapely.box(113.29, 40.08, 113.291, 40.081)],
        crs=4326,
    )
    one = tmp_path / "one.pmtiles"
    write_export(one, {"a": square}, ExportFormat.PMTILES)
    data = one.read_bytes()
    start, length = struct.unpack_from("<2Q", data, 56)
    first = gzip.decompress(data[start : start + length])
    # An unknown field of random length makes sizes irregular, so that the directory compresses badly.
    chance = random.Random(1)
    content = {
        zxy_to_tileid(9, x, y): gzip.compress(first + b"\x7a" + bytes([size]) + chance.randbytes(size), mtime=0)
        for x in range(130)
        for y in range(130)
        for size in [chance.randint(0, 127)]
    }
    many = tmp_path / "many.pmtiles"
    layers = [{"id": "a", "minzoom": 9, "maxzoom": 9, "fields": {"code": "String"}}]
    many.write_bytes(archive(content, {"vector_layers": layers}, (-180, -85, 180, 85)))
    root, leaves = struct.unpack_from("<2Q", many.read_bytes(), 8), struct.unpack_from("<2Q", many.read_bytes(), 40)
    assert sum(root) <= 16_384
    assert leaves[1] > 0
    found = pyogrio.read_dataframe(many, layer="a", columns=["code"])
    assert found["code"].tolist() == ["1"] * len(content)


@pytest.mark.parametrize("name", ["a.pmtiles", "a.gpkg", "a.geojson", "a.fgb", "a.shp"])
def test_tiles_are_refused_as_layer_file(tiles, layers, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(tiles.read_bytes())
    start, _ = struct.unpack_from("<2Q", path.read_bytes(), 56)
    (length,) = struct.unpack_from("<Q", path.read_bytes(), 64)
    packed = path.read_bytes()[start : start + length]
    refused(path)
    path.write_bytes(packed)
    refused(path)
    path.write_bytes(b"\x1a" + packed)
    refused(path)
    path.unlink()
    write_table(tmp_path / "t.mbtiles", "MBTiles", prepare_table("urban", layers[Layer.URBAN][:5]), "EPSG:4326")
    (tmp_path / "t.mbtiles").rename(path)
    refused(path)


def refused(path):
    with pytest.raises(FileError) as caught:
        read_file(path, datum="wgs84")
    assert caught.value.code == "format"
