"""Explanations, compared with shapely in a projected CRS, geodesics, and hand-made layers."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from geogrid.errors import QueryError
from geogrid.locate.explanation import BorderRule
from geogrid.locate.locator import Locator
from geogrid.model import BASE_LAYERS, Generation, Layer, LocateStatus, Point

GEOD = Geod(ellps="WGS84")
#: CGCS2000, Gauss-Krüger, central meridian 114°: a projection independent of the library.
PLANE = "EPSG:4547"


@pytest.fixture(scope="module")
def base(layers):
    frame = gpd.pd.concat([layers[layer] for layer in BASE_LAYERS], ignore_index=True)
    return frame.sort_values("code", ignore_index=True)


@pytest.fixture(scope="module")
def metric(base):
    return base.to_crs(PLANE)


def points(layers, count, seed):
    west, south, east, north = layers[Layer.DISTRICT].total_bounds
    draw = np.random.default_rng(seed)
    return np.column_stack([draw.uniform(west, east, count), draw.uniform(south, north, count)])


def explain(locator, lon, lat, **more):
    return locator.explain(Point(float(lon), float(lat)), "wgs84", **more)


def test_explain_returns_the_membership_of_locate(locator, layers):
    for lon, lat in points(layers, 200, 1):
        point = Point(float(lon), float(lat))
        assert locator.explain(point, "wgs84").membership == locator.locate(point, "wgs84")


def test_nearest_border_and_grid_beyond_equal_a_projected_computation(locator, layers, base, metric):
    for lon, lat in points(layers, 150, 2):
        found = explain(locator, lon, lat).layers[0]
        location = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326).to_crs(PLANE).iloc[0]
        distances = metric.geometry.distance(location)
        own = base["code"] == found.code
        if found.rule in {BorderRule.NONE, BorderRule.NEAREST}:
            assert found.border_m == pytest.approx(distances.min(), rel=2e-3, abs=0.01)
            assert distances[base["code"] == found.beyond].iloc[0] == pytest.approx(distances.min(), abs=0.05)
            continue
        assert found.rule is BorderRule.INSIDE
        border = metric.geometry[own].iloc[0].boundary.distance(location)
        assert found.border_m == pytest.approx(border, rel=2e-3, abs=0.01)
        other_distance = distances[~own].min()
        if found.beyond is None:
            assert other_distance > border
        else:
            assert distances[base["code"] == found.beyond].iloc[0] == pytest.approx(other_distance, rel=2e-3, abs=0.06)


def test_disc_shares_equal_a_projected_computation(locator, layers, metric):
    for lon, lat in points(layers, 40, 3):
        found = explain(locator, lon, lat, accuracy_m=200).layers[0]
        disc = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326).to_crs(PLANE).iloc[0].buffer(200, quad_segs=64)
        shared = metric.geometry.intersection(disc).area / disc.area
        expected = {code: share for code, share in zip(metric["code"], shared, strict=True) if share > 2e-3}
        shares = {candidate.code: candidate.share for candidate in found.candidates if candidate.share > 2e-3}
        assert shares.keys() == expected.keys()
        assert all(share == pytest.approx(expected[code], abs=4e-3) for code, share in shares.items())
        assert sum(candidate.share for candidate in found.candidates) <= 1.0005


def outside(layers, metres):
    """A point at a distance outside the district, next to the middle of its eastern edge."""
    shape = layers[Layer.DISTRICT].geometry.iloc[0]
    lon = shape.bounds[2]
    lat = next(y for x, y in shape.exterior.coords if x == lon)
    return GEOD.fwd(lon, lat, 90, metres)[:2]


@pytest.mark.parametrize(("metres", "status"), [(29, LocateStatus.SNAPPED), (31, LocateStatus.OUTSIDE)])
def test_point_just_outside_is_snapped_to_the_nearest_grid(locator, layers, metres, status):
    lon, lat = outside(layers, metres)
    found = explain(locator, lon, lat)
    assert found.membership.status is status
    explanation = found.layers[0]
    assert explanation.border_m == pytest.approx(metres, abs=0.1)
    if status is LocateStatus.SNAPPED:
        assert (explanation.rule, explanation.code) == (BorderRule.NEAREST, explanation.beyond)
        assert found.membership.responsible.code == explanation.code
        assert found.membership.street is not None
    else:
        assert (explanation.rule, explanation.code) == (BorderRule.NONE, None)
        assert explanation.beyond is not None
    assigned = locator.assign(np.array([lon]), np.array([lat]))
    assert assigned.status == [status]
    assert (assigned.base[0] is None) == (status is LocateStatus.OUTSIDE)


def test_snapping_can_be_disabled_and_positions_never_snap(layers, locator):
    lon, lat = outside(layers, 5)
    strict = Locator(Generation(1, "test", synthetic=True), layers, snap_m=0)
    assert strict.locate(Point(lon, lat), "wgs84").status is LocateStatus.OUTSIDE
    assert strict.assign(np.array([lon]), np.array([lat])).base == [None]
    assert locator.positions([lon], [lat]).base.tolist() == [-1]


def test_point_on_a_border_has_the_border_rule(locator, base):
    shape, code = base.geometry.iloc[100], base["code"].iloc[100]
    for x, y in shape.exterior.coords[:-1]:
        found = explain(locator, x, y)
        holders = base["code"][base.geometry.intersects(shapely.Point(x, y))]
        explanation = found.layers[0]
        assert found.membership.status is LocateStatus.BORDER
        assert explanation.border_m == 0
        assert explanation.code == min(holders)
        assert explanation.rule is (BorderRule.LOWEST_CODE if len(holders) > 1 else BorderRule.BORDER)
        assert code in set(holders)
        assert explanation.beyond is None or explanation.beyond != explanation.code


@pytest.mark.parametrize("accuracy_m", [0, -1, float("nan"), float("inf"), 5_001])
def test_invalid_accuracy_is_refused(locator, accuracy_m):
    with pytest.raises(QueryError):
        explain(locator, 113.3, 40.09, accuracy_m=accuracy_m)


def test_empty_layer_has_an_empty_explanation(layers):
    bare = {layer: frame.iloc[:0] if layer is Layer.DEDICATED else frame for layer, frame in layers.items()}
    found = explain(Locator(Generation(1, "test", synthetic=True), bare), 113.3, 40.09, accuracy_m=20)
    assert (found.layers[1].rule, found.layers[1].border_m, found.layers[1].candidates) == (BorderRule.NONE, None, ())
