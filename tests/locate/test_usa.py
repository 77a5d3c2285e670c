"""Assign the places of US postal codes to county polygons of another source.

Polygons: npm us-atlas (Census Bureau, simplified). Places: npm vega-datasets (GeoNames, CC-BY-4.0), which name their
county, some by a name that it no longer has.
"""

import csv
import re
import unicodedata
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geogrid.locate.raster_index import RasterIndex
from geogrid.locate.tree_index import NO_POLYGON, LayerIndex

FETCHED = Path(__file__).parents[1] / "data" / "npm" / "fetched"
#: Prefix of the county codes by state; three island states have no polygons.
STATES = (
    "AL01 AK02 AZ04 AR05 CA06 CO08 CT09 DE10 DC11 FL12 GA13 HI15 ID16 IL17 IN18 IA19 KS20 KY21 LA22 ME23 MD24 MA25 "
    "MI26 MN27 MS28 MO29 MT30 NE31 NV32 NH33 NJ34 NM35 NY36 NC37 ND38 OH39 OK40 OR41 PA42 RI44 SC45 SD46 TN47 TX48 "
    "UT49 VT50 VA51 WA53 WV54 WI55 WY56 AS60 FM64 GU66 MH68 MP69 PW70 PR72 VI78"
)

pytestmark = pytest.mark.skipif(
    not (FETCHED / "lock.sha256").is_file(), reason="npm was not reached: python tools/fetch_test_data.py"
)


@pytest.fixture(scope="module")
def counties():
    """The counties as read by GDAL; simplification left some invalid rings."""
    frame = gpd.read_file(FETCHED / "us-atlas" / "counties-10m.json", layer="counties")
    return frame.set_crs(4326, allow_override=True)


@pytest.fixture(scope="module")
def index(counties):
    """Index of the counties after `make_valid`."""
    return LayerIndex(
        counties["id"].tolist(),
        shapely.make_valid(counties.geometry.to_numpy(), method="structure", keep_collapsed=False),
    )


@pytest.fixture(scope="module")
def places():
    with (FETCHED / "vega-datasets" / "data" / "zipcodes.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def points(places):
    return tuple(np.array([float(row[column]) for row in places]) for column in ("longitude", "latitude"))


@pytest.fixture(scope="module")
def expected(index, points):
    """Pairs found by shapely, and the lowest code for each point."""
    tree = shapely.STRtree(index.polygons)
    place, county = tree.query(shapely.points(*points), predicate="intersects")
    lowest = np.full(len(points[0]), len(index.codes))
    np.minimum.at(lowest, place, county)
    return np.where(lowest == len(index.codes), NO_POLYGON, lowest)


def plain(name):
    """Normalise the name of a county for comparison of both sources."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    spelt = re.sub(r"\bst(e?)\b", r"saint\1", letters)
    return re.sub(r"\bcity\b|[^a-z]", "", spelt)


def test_county_data_are_unchanged(counties, index):
    assert len(counties) == 3_231
    assert (~counties.is_valid).sum() == 22
    assert shapely.is_valid(index.polygons).all()
    assert set(shapely.get_type_id(index.polygons)) <= {shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON}
    as_read = counties.set_index("id").geometry[index.codes].to_numpy()
    assert np.abs(shapely.area(index.polygons) - shapely.area(as_read)).max() < 1e-4


def test_places_are_assigned_to_their_stated_county(counties, index, places, expected):
    fips = {entry[:2]: entry[2:] for entry in STATES.split()}
    named = [(fips[row["state"]], plain(row["county"])) for row in places]
    names = dict(zip(counties["id"], counties["name"], strict=True))
    found = [(index.codes[row][:2], plain(names[index.codes[row]])) if row != NO_POLYGON else None for row in expected]
    assert len(places) == 42_049
    assert found.count(None) == 446
    assert sum(one == other for one, other in zip(named, found, strict=True)) == 41_039  # 97.60 %


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_raster_equals_shapely(index, points, expected, engine):
    raster = RasterIndex([index], engine=engine)
    assert sum(field.count for one in raster.rasters for field in one.fields) == 3_231
    assert (raster.assign(*points)[0] == expected).all()


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_raster_equals_shapely_on_every_vertex(index, engine):
    vertices = shapely.get_coordinates(index.polygons)
    place, county = shapely.STRtree(index.polygons).query(shapely.points(vertices), predicate="intersects")
    lowest = np.full(len(vertices), len(index.codes))
    np.minimum.at(lowest, place, county)
    assert len(place) > 1.9 * len(vertices)
    assert (RasterIndex([index], engine=engine).assign(*vertices.T)[0] == lowest).all()
