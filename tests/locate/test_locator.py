"""Locate single points in any datum."""

import numpy as np
import pytest
import shapely

from geogrid.errors import CoordinateError
from geogrid.geo import datums
from geogrid.model import Layer, LocateStatus, Point


def inside(frame, row):
    """A point well inside a polygon of a layer."""
    point = shapely.point_on_surface(frame.geometry.iloc[row])
    return Point(round(point.x, 7), round(point.y, 7))


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09", "epsg:4547", "epsg:4546"])
def test_all_datums_give_the_same_grid(locator, layers, datum):
    for row in range(0, len(layers[Layer.URBAN]), 97):
        point = inside(layers[Layer.URBAN], row)
        x, y = datums.from_wgs84([point.lon], [point.lat], datum)
        membership = locator.locate(Point(float(x[0]), float(y[0])), datum)
        assert membership.base.code == layers[Layer.URBAN]["code"].iloc[row]
        assert membership.status is LocateStatus.INSIDE


def test_gcj02_point_declared_as_wgs84_gets_another_grid(locator, layers):
    """This is why every point needs an explicit datum."""
    points = [inside(layers[Layer.URBAN], row) for row in range(len(layers[Layer.URBAN]))]
    lon, lat = (np.array(values) for values in zip(*((point.lon, point.lat) for point in points), strict=True))
    right = locator.assign(lon, lat).base
    wrong = locator.assign(*datums.from_wgs84(lon, lat, "gcj02")).base
    assert sum(a != b for a, b in zip(right, wrong, strict=True)) / len(right) > 0.9


def test_dedicated_grid_is_responsible_if_there_is_one(locator, layers):
    membership = locator.locate(inside(layers[Layer.DEDICATED], 100), "wgs84")
    assert membership.dedicated.layer is Layer.DEDICATED
    assert membership.responsible == membership.dedicated
    assert membership.base.layer in (Layer.URBAN, Layer.RURAL)
    assert membership.community.code == membership.dedicated.code[:12] == membership.base.code[:12]
    assert membership.street.code == membership.community.code[:9]


def test_base_grid_is_responsible_without_a_dedicated_grid(locator, layers):
    taken = shapely.union_all(layers[Layer.DEDICATED].geometry)
    rows = [row for row, shape in enumerate(layers[Layer.RURAL].geometry) if not shape.intersects(taken)]
    membership = locator.locate(inside(layers[Layer.RURAL], rows[0]), "wgs84")
    assert membership.dedicated is None
    assert membership.responsible == membership.base
    assert membership.base.layer is Layer.RURAL


def test_common_corner_of_grids_gets_the_lowest_code(locator, layers):
    corner, holders = crossing(layers[Layer.URBAN])
    membership = locator.locate(Point(*corner), "wgs84")
    assert membership.status is LocateStatus.BORDER
    assert len(holders) >= 3
    assert membership.base.code == min(holders)


def crossing(frame):
    """A corner where three or more grids meet, and their codes."""
    tree = shapely.STRtree(frame.geometry)
    for corner in shapely.get_coordinates(frame.geometry.to_numpy()):
        holders = tree.query(shapely.Point(corner), predicate="intersects")
        if len(holders) >= 3:
            return corner.tolist(), frame["code"].iloc[holders].tolist()
    raise AssertionError("no crossing")


def test_outline_is_a_border_and_a_point_beyond_is_outside(locator, layers):
    outline = layers[Layer.DISTRICT].geometry.iloc[0]
    lon, lat = shapely.get_coordinates(outline)[10]
    assert locator.locate(Point(lon, lat), "wgs84").status is LocateStatus.BORDER
    west, _, _, north = outline.bounds
    membership = locator.locate(Point(west, north), "wgs84")
    assert membership.status is LocateStatus.OUTSIDE
    assert (
        membership.base
        is membership.dedicated
        is membership.community
        is membership.street
        is membership.responsible
        is None
    )


@pytest.mark.parametrize(
    ("point", "datum", "code"),
    [
        (Point(40.09, 113.3), "wgs84", "coordinates_swapped"),
        (Point(float("nan"), 40.09), "gcj02", "not_finite"),
        (Point(113.3, float("inf")), "bd09", "not_finite"),
        (Point(213.3, 40.09), "wgs84", "out_of_range"),
        (Point(1e300, 1e300), "epsg:4547", "out_of_range"),
    ],
)
def test_invalid_point_is_refused_with_a_code(locator, point, datum, code):
    with pytest.raises(CoordinateError) as caught:
        locator.locate(point, datum)
    assert caught.value.code == code
    assert caught.value.remedy
