"""Datums: published values, round trips, faults."""

import numpy as np
import pytest
from pyproj import Geod

from geogrid.errors import DatumError
from geogrid.geo import datums

GEOD = Geod(ellps="WGS84")


def metres(lon, lat, other_lon, other_lat):
    return GEOD.inv(lon, lat, other_lon, other_lat)[2]


def test_gcj02_equals_published_value():
    lon, lat = datums.wgs84_to_gcj02(np.array([121.5272106]), np.array([31.1774276]))
    assert metres(lon, lat, [121.531541859215], [31.17530398364597])[0] < 1e-6


def test_bd09_equals_published_values():
    gcj02 = np.array([116.404]), np.array([39.915])
    there = datums.from_wgs84(*datums.to_wgs84(*gcj02, "gcj02"), "bd09")
    assert metres(*there, [116.41036949371029], [39.92133699351021])[0] < 1e-6
    back = datums.from_wgs84(*datums.to_wgs84(*gcj02, "bd09"), "gcj02")
    assert metres(*back, [116.39762729119315], [39.90865673957631])[0] < 1.0


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09", "epsg:4547", "epsg:3857"])
def test_round_trip_is_below_a_micrometre(datum):
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(113.2, 113.4, 20_000), rng.uniform(39.98, 40.18, 20_000)
    there = datums.from_wgs84(lon, lat, datum)
    back = datums.to_wgs84(*there, datum)
    assert max(metres(lon, lat, *back)) < 1e-6


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_gcj02_is_several_grids_off_in_the_district(datum):
    lon, lat = np.array([113.2988]), np.array([40.09])
    shift = metres(lon, lat, *datums.from_wgs84(lon, lat, datum))[0]
    assert {"gcj02": 600, "bd09": 500}[datum] < shift < {"gcj02": 640, "bd09": 1800}[datum]


def test_gcj02_equals_wgs84_outside_china():
    lon, lat = datums.wgs84_to_gcj02(np.array([2.35, -74.0]), np.array([48.86, 40.7]))
    assert lon.tolist() == [2.35, -74.0]
    assert lat.tolist() == [48.86, 40.7]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("WGS84", "wgs84"),
        ("wgs-84", "wgs84"),
        ("GCJ-02", "gcj02"),
        ("bd 09", "bd09"),
        ("EPSG:4326", "wgs84"),
        ("epsg:4490", "cgcs2000"),
        ("EPSG:4546", "epsg:4546"),
    ],
)
def test_datum_names_are_normalised(text, name):
    assert datums.parse_datum(text) == name


@pytest.mark.parametrize(
    "text", ["", "mars", "EPSG:", "EPSG:999999", "EPSG:5773", "EPSG:4978", "4547", "epsg:04547", "EPSG:2218"]
)
def test_unknown_datum_is_an_error_that_names_the_field(text):
    with pytest.raises(DatumError) as caught:
        datums.parse_datum(text)
    assert caught.value.field == "datum"
    assert caught.value.remedy


@pytest.mark.parametrize("number", [4610, 2333, 4555])
def test_datum_without_a_transformation_is_refused(number):
    with pytest.raises(DatumError):
        datums.parse_datum(f"EPSG:{number}")


@pytest.mark.parametrize("code", [4214, 2434, 4610, 2379])
def test_datums_of_unknown_shift_are_refused(code):
    """EPSG has the shift of Beijing 1954 for a few oil fields, which PROJ would use anywhere."""
    with pytest.raises(DatumError, match=r"Beijing 1954|Xian 1980"):
        datums.parse_datum(f"EPSG:{code}")


def test_cgcs2000_zones_are_treated_as_wgs84():
    lon, lat = datums.to_wgs84([440_200.26], [4_439_757.88], datums.parse_datum("EPSG:4547"))
    assert metres(lon, lat, [113.2988], [40.09])[0] < 0.01
