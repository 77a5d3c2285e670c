"""Compare `LayerIndex` with shapely without an index."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.locate.tree_index import NO_POLYGON, LayerIndex
from geogrid.model import BASE_LAYERS, Layer


def oracle(codes, polygons, lon, lat):
    """The lowest code of the polygons that intersect each point, by testing all pairs."""
    codes_found = np.full(len(lon), "", dtype=object)
    points = shapely.points(lon, lat)
    for position in np.argsort(codes)[::-1]:
        shapely.prepare(polygons[position])
        codes_found[shapely.intersects(polygons[position], points)] = codes[position]
    return codes_found


def assigned_codes(index, lon, lat):
    positions = index.assign(lon, lat)
    return np.where(positions == NO_POLYGON, "", index.codes[positions])


@pytest.fixture(scope="module")
def base(layers):
    frames = [layers[layer] for layer in BASE_LAYERS]
    codes = np.concatenate([frame["code"].to_numpy(dtype=str) for frame in frames])
    return codes, np.concatenate([frame.geometry.to_numpy() for frame in frames])


@pytest.fixture(scope="module")
def hard_points(base):
    """100,000 points: anywhere round the district, on vertices, on edges, within a metre of borders."""
    rng = np.random.default_rng(20221)
    vertices = shapely.get_coordinates(base[1])
    lines = shapely.boundary(base[1])
    on_edges = shapely.line_interpolate_point(rng.choice(lines, 15_000), rng.random(15_000), normalized=True)
    near = shapely.line_interpolate_point(rng.choice(lines, 15_000), rng.random(15_000), normalized=True)
    west, south, east, north = shapely.total_bounds(base[1])
    points = np.concatenate(
        [
            np.stack([rng.uniform(west, east, 50_000), rng.uniform(south, north, 50_000)], axis=1),
            rng.choice(vertices, 20_000),
            shapely.get_coordinates(on_edges),
            shapely.get_coordinates(near) + rng.uniform(-1e-5, 1e-5, (15_000, 2)),
        ]
    )
    return points[:, 0].copy(), points[:, 1].copy()


@pytest.mark.parametrize("which", ["base", "dedicated"])
def test_100_000_points_equal_shapely(which, base, layers, hard_points):
    frame = layers[Layer.DEDICATED]
    codes, polygons = base if which == "base" else (frame["code"].to_numpy(dtype=str), frame.geometry.to_numpy())
    found = assigned_codes(LayerIndex(codes, polygons), *hard_points)
    assert len(found) == 100_000
    assert (found == oracle(codes, polygons, *hard_points)).all()
    assert 0 < (found == "").sum() < len(found)


def test_every_vertex_of_the_tiling_is_assigned(base):
    """Predicates such as `contains` exclude vertices; the closed rule must not."""
    lon, lat = shapely.get_coordinates(base[1]).T
    assert (LayerIndex(*base).assign(lon, lat) != NO_POLYGON).all()


def test_results_are_independent_of_the_order_of_polygons_and_points(base, hard_points):
    lon, lat = (values[::7] for values in hard_points)
    expected = assigned_codes(LayerIndex(*base), lon, lat)
    rng = np.random.default_rng(5)
    polygons, points = rng.permutation(len(base[0])), rng.permutation(len(lon))
    shuffled = assigned_codes(LayerIndex(base[0][polygons], base[1][polygons]), lon[points], lat[points])
    assert (shuffled == expected[points]).all()


def test_single_points_equal_the_whole_array(base, hard_points):
    lon, lat = (values[::500] for values in hard_points)
    index = LayerIndex(*base)
    together = index.assign(lon, lat)
    alone = [index.assign(lon[row : row + 1], lat[row : row + 1])[0] for row in range(len(lon))]
    assert together.tolist() == alone


def test_points_on_borders_are_reported(base):
    index = LayerIndex(*base)
    inside = shapely.get_coordinates(shapely.point_on_surface(base[1]))
    corners = shapely.get_coordinates(base[1])[:2_000]
    for points, expected in ((inside, False), (corners, True)):
        lon, lat = points.T.copy()
        assert (index.on_border(lon, lat, index.assign(lon, lat)) == expected).all()


def test_empty_arrays_are_accepted(base):
    assert LayerIndex(*base).assign(np.array([]), np.array([])).tolist() == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=12
    ),
    st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), min_size=1, max_size=40),
)
def test_overlapping_boxes_and_points_on_a_lattice_equal_the_oracle(boxes, points):
    """On a small lattice nearly every point is on an edge, a corner, or in several polygons."""
    codes = np.array([f"{number:02d}" for number in range(len(boxes))])
    polygons = np.array([shapely.box(x, y, x + width, y + height) for x, y, width, height in boxes])
    lon, lat = (np.array(values, dtype=float) / 2 for values in zip(*points, strict=True))
    assert (assigned_codes(LayerIndex(codes, polygons), lon, lat) == oracle(codes, polygons, lon, lat)).all()


def test_holes_and_multipolygons_are_supported():
    ring = shapely.box(0, 0, 4, 4).difference(shapely.box(1, 1, 3, 3))
    parts = shapely.MultiPolygon([shapely.box(1.5, 1.5, 2, 2), shapely.box(6, 0, 7, 1)])
    index = LayerIndex(["a", "b"], [ring, parts])
    lon, lat = np.array([2.5, 1.0, 1.75, 6.5, 5.0]), np.array([2.5, 2.0, 1.75, 0.5, 0.5])
    assert assigned_codes(index, lon, lat).tolist() == ["", "a", "b", "b", ""]
