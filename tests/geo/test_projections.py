"""The projection of a place, from the equator to both poles and on both sides of 180°."""

import math

import pytest
import shapely
from districts import CHICAGO, DEQING, FIJI, TROMSO
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Proj

from geogrid.geo.datums import from_wgs84, parse_datum
from geogrid.geo.projections import choose_projection, describe_projection, points_up
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.shape_checks import screen_polygon
from geogrid.model import Layer

GEOD = Geod(ellps="WGS84")
SYDNEY, QUITO = (151.2, -33.9), (-78.5, 0.0)


@pytest.mark.parametrize(
    ("lon", "lat", "projection", "name", "meridian"),
    [
        (113.30, 40.09, "epsg:4547", "CGCS2000 / 3-degree Gauss-Kruger CM 114E", 114),
        (DEQING.lon, DEQING.lat, "epsg:4549", "CGCS2000 / 3-degree Gauss-Kruger CM 120E", 120),
        (75.2, 37.8, "epsg:4534", "CGCS2000 / 3-degree Gauss-Kruger CM 75E", 75),
        (134.5, 48.2, "epsg:4554", "CGCS2000 / 3-degree Gauss-Kruger CM 135E", 135),
        (CHICAGO.lon, CHICAGO.lat, "epsg:32616", "WGS 84 / UTM zone 16N", -87),
        (*SYDNEY, "epsg:32756", "WGS 84 / UTM zone 56S", 153),
        (*QUITO, "epsg:32617", "WGS 84 / UTM zone 17N", -81),
        (106.9, 47.9, "epsg:32648", "WGS 84 / UTM zone 48N", 105),
        (85.3, 27.7, "epsg:32645", "WGS 84 / UTM zone 45N", 87),
        (105.8, 21.0, "epsg:32648", "WGS 84 / UTM zone 48N", 105),
        (127.0, 37.5, "epsg:32652", "WGS 84 / UTM zone 52N", 129),
        (FIJI.lon, FIJI.lat, "epsg:32760", "WGS 84 / UTM zone 60S", 177),
        (-179.9, -16.6, "epsg:32701", "WGS 84 / UTM zone 1S", -177),
        (180.0, -16.6, "epsg:32760", "WGS 84 / UTM zone 60S", 177),
        (TROMSO.lon, TROMSO.lat, "epsg:32634", "WGS 84 / UTM zone 34N", 21),
        (20.0, 84.5, "epsg:5041", "WGS 84 / UPS North (E,N)", 0),
        (0.0, 90.0, "epsg:5041", "WGS 84 / UPS North (E,N)", 0),
        (0.0, -90.0, "epsg:5042", "WGS 84 / UPS South (E,N)", 0),
    ],
)
def test_projection_of_a_place(lon, lat, projection, name, meridian):
    assert choose_projection(lon, lat) == projection == parse_datum(projection)
    found = describe_projection(projection, lon, lat)
    assert (found.name, found.meridian) == (name, meridian)
    assert found.epsg == projection.removeprefix("epsg:")


@given(st.floats(-180, 180), st.floats(-80, 84))
def test_north_is_nearly_up_and_lengths_are_nearly_true_everywhere(lon, lat):
    found = describe_projection(choose_projection(lon, lat), lon, lat)
    assert abs(found.north_deg) < 3.05
    assert 0.9995 < found.scale < 1.0011


@pytest.mark.parametrize(("lon", "lat"), [(CHICAGO.lon, CHICAGO.lat), (DEQING.lon, DEQING.lat), (113.3, 40.09), SYDNEY,
                                          (TROMSO.lon, TROMSO.lat), (FIJI.lon, FIJI.lat)])  # fmt: skip
def test_direction_of_north_equals_the_convergence_of_proj(lon, lat):
    projection = choose_projection(lon, lat)
    found = describe_projection(projection, lon, lat)
    factors = Proj(projection).get_factors(lon, lat)
    assert abs(found.north_deg) == pytest.approx(abs(factors.meridian_convergence), abs=0.001)
    assert found.scale == pytest.approx(factors.meridional_scale, abs=1e-5)
    # Ten kilometres to the north lie in this direction on the map.
    north_lon, north_lat, _ = GEOD.fwd(lon, lat, 0, 10_000)
    x, y = from_wgs84([lon, north_lon], [lat, north_lat], projection)
    assert math.degrees(math.atan2(x[1] - x[0], y[1] - y[0])) == pytest.approx(found.north_deg, abs=0.01)


def test_projection_in_feet_is_measured_in_metres():
    found = describe_projection("epsg:3435", CHICAGO.lon, CHICAGO.lat)
    assert found.scale == pytest.approx(1, abs=1e-4)
    assert points_up("epsg:3435")


def test_projection_that_grows_to_the_south_does_not_point_up():
    assert not points_up("epsg:2054")


def test_shape_on_both_sides_of_180_degrees_is_refused():
    parts = shapely.multipolygons([shapely.box(179.8, -16.7, 180, -16.5), shapely.box(-180, -16.7, -179.9, -16.5)])
    found = screen_polygon(Layer.DISTRICT, "1", parts)
    assert found.code is FindingCode.COORDINATES
    assert "both sides of 180°" in found.message_en
    assert "180° 经线" in found.message_zh
