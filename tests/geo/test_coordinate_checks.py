"""Faults of coordinates: exchanged axes, units and zone numbers that do not fit the datum."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geogrid.errors import CoordinateError
from geogrid.geo.coordinate_checks import CoordinateFault, check_coordinates, coordinate_error, find_faults

EASTING, NORTHING = 440_200.26, 4_439_757.88


@given(st.floats(), st.floats())
def test_coordinates_out_of_range_always_have_a_fault(x, y):
    usable = find_faults([x], [y], "wgs84")[0] == CoordinateFault.NONE
    assert usable == (abs(x) <= 180 and abs(y) <= 90)


def test_swapped_and_out_of_range_are_distinguished():
    found = find_faults([40.09, 200.0, 0.0, np.inf], [113.3, 40.0, 95.0, 0.0], "gcj02")
    assert found.tolist() == [
        CoordinateFault.SWAPPED,
        CoordinateFault.OUT_OF_RANGE,
        CoordinateFault.SWAPPED,
        CoordinateFault.NOT_FINITE,
    ]


def test_every_fault_has_an_error():
    codes = {coordinate_error(fault).code for fault in CoordinateFault if fault}
    assert codes == {"not_finite", "out_of_range", "coordinates_swapped", "datum_misfit"}


@pytest.mark.parametrize(
    ("x", "y", "datum", "words"),
    [
        (NORTHING, EASTING, "epsg:4547", "easting and northing are the wrong way round"),
        (NORTHING, 38_000_000 + EASTING, "epsg:4526", "easting and northing are the wrong way round"),
        (113.2988, 40.09, "epsg:4547", "EPSG:4547: they are degrees"),
        (113.2988, 40.09, "epsg:32649", "they are degrees"),
        (113.2988, 40.09, "epsg:3857", "they are degrees"),
        (EASTING, NORTHING, "wgs84", "they are metres"),
        (NORTHING, EASTING, "gcj02", "they are metres"),
        (38_000_000 + EASTING, NORTHING, "epsg:4547", "begin with the zone 38, which fits EPSG:4526"),
        (37_000_000 + EASTING, NORTHING, "epsg:4526", "begin with the zone 37, which fits EPSG:4525"),
        (EASTING, NORTHING, "epsg:4526", "lack the zone 38, which fits EPSG:4547"),
    ],
)
def test_coordinates_of_another_datum_are_refused_with_the_reason(x, y, datum, words):
    with pytest.raises(CoordinateError, match=words) as caught:
        check_coordinates(x, y, datum)
    assert caught.value.code == ("coordinates_swapped" if "wrong way" in words else "datum_misfit")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("x", "y", "datum"),
    [
        (EASTING, NORTHING, "epsg:4547"),
        (EASTING, NORTHING, "epsg:4546"),
        (38_000_000 + EASTING, NORTHING, "epsg:4526"),
        (EASTING, NORTHING, "epsg:32649"),
        (12_612_000.0, 4_880_000.0, "epsg:3857"),
        (440_200.0, 100_000.0, "epsg:32649"),
    ],
)
def test_coordinates_of_the_stated_projection_are_accepted(x, y, datum):
    check_coordinates(x, y, datum)


def test_a_mistyped_degree_is_out_of_range_and_no_metre():
    assert find_faults([1132988.0, 113.3], [40.09, 4009.0], "wgs84").tolist() == [CoordinateFault.OUT_OF_RANGE] * 2
