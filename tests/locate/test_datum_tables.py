"""Points of other datums by tables: the same answers as after an exact conversion."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest
import shapely

from geogrid.geo import datums, inverse_table
from geogrid.locate import kernel_numba, kernel_numpy
from geogrid.locate.inverse_tables import InverseTables
from geogrid.locate.locator import STATUSES, Locator
from geogrid.locate.raster_index import RasterIndex, build_rasters
from geogrid.locate.tree_index import NO_POLYGON, LayerIndex
from geogrid.model import BASE_LAYERS, Generation, Layer, Point

DATUMS = ["gcj02", "bd09", "epsg:4547", "epsg:4526"]
ENGINES = ["numpy", "numba"]


def tabulated(layers, datum, engine="numpy"):
    """An index that uses a table from the first point on."""
    index = RasterIndex(layers, engine=engine)
    index.tables.find(datum, 100_000_000)
    return index


def places_of(layers, count, seed=1):
    """Points anywhere, on vertices, on edges, and within 0.1 µm to 10 cm of edges; WGS 84 degrees."""
    rng = np.random.default_rng(seed)
    polygons = np.concatenate([layer.polygons for layer in layers])
    west, south, east, north = shapely.total_bounds(polygons)
    anywhere = rng.uniform([west - 0.1, south - 0.1], [east + 0.1, north + 0.1], (count, 2))
    lines = rng.choice(shapely.boundary(polygons), count)
    edge = shapely.get_coordinates(shapely.line_interpolate_point(lines, rng.random(count), normalized=True))
    near = edge + rng.normal(0, 1, (count, 2)) * 10.0 ** rng.uniform(-12, -5, (count, 1))
    vertices = rng.choice(shapely.get_coordinates(polygons), count)
    return tuple(np.concatenate([anywhere, edge, near, vertices]).T.copy())


def squares(west, south, step=0.02, count=12):
    boxes = [
        shapely.box(west + i * step, south + j * step, west + (i + 1) * step, south + (j + 1) * step)
        for i in range(count)
        for j in range(count)
    ]
    return [LayerIndex([f"{i:04d}" for i in range(len(boxes))], boxes)]


@pytest.fixture(scope="module")
def demo(layers):
    base = [layers[layer] for layer in BASE_LAYERS]
    return [
        LayerIndex(
            np.concatenate([frame["code"] for frame in base]), np.concatenate([frame.geometry for frame in base])
        ),
        LayerIndex(layers[Layer.DEDICATED]["code"], layers[Layer.DEDICATED].geometry),
    ]


def assert_same(layers, datum, lon, lat, engine):
    x, y = datums.from_wgs84(lon, lat, datum)
    expected = RasterIndex(layers, engine=engine).look_up(*datums.to_wgs84(x, y, datum))
    found = tabulated(layers, datum, engine).look_up(x, y, datum=datum, threads=2)
    assert (found.positions == expected.positions).all()
    assert found.near.tolist() == expected.near.tolist()
    assert found.near_lon.tolist() == expected.near_lon.tolist()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("datum", DATUMS)
def test_answers_equal_those_of_exact_conversion(demo, datum, engine):
    assert_same(demo, datum, *places_of(demo, 40_000), engine)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize(
    "corner",
    [(104.9, 29.5), (105.05, 29.5), (71.9, 40.0), (137.7, 45.0), (110.0, 0.75), (120.0, 55.7)],
    ids=["105", "east of 105", "west", "east", "south", "north"],
)
def test_lines_where_gcj02_is_not_smooth_are_converted_exactly(datum, corner):
    layers = squares(*corner)
    assert_same(layers, datum, *places_of(layers, 3_000), "numpy")


@pytest.mark.parametrize("datum", DATUMS)
def test_error_is_below_its_bound(datum):
    bounds = (113.1, 39.9, 113.6, 40.3)
    table = inverse_table.build_inverse_table(datum, bounds)
    rng = np.random.default_rng(2)
    x, y = datums.from_wgs84(rng.uniform(113.1, 113.6, 100_000), rng.uniform(39.9, 40.3, 100_000), datum)
    error = np.abs(np.subtract(table.to_wgs84(x, y), datums.to_wgs84(x, y, datum))).max()
    assert 1e-12 < error <= table.error <= inverse_table.MAX_ERROR


def test_too_coarse_a_table_is_refined(monkeypatch):
    monkeypatch.setattr(inverse_table, "_TILES_PER_DEGREE", {"gcj02": 8.0, "bd09": 288.0})
    table = inverse_table.build_inverse_table("gcj02", (113.1, 39.9, 113.6, 40.3))
    assert table.per_unit > 8
    assert table.error <= inverse_table.MAX_ERROR


def test_a_table_with_a_wrong_polynomial_would_change_answers(demo, monkeypatch):
    """The comparison notices an error of the polynomials that is larger than the bound."""
    lon, lat = places_of(demo, 40_000)
    x, y = datums.from_wgs84(lon, lat, "gcj02")
    index = tabulated(demo, "gcj02")
    table = index.tables._tables["gcj02"]
    table.coefficients[:, 0] += 1e-5
    assert (index.assign(x, y, datum="gcj02") != index.assign(*datums.to_wgs84(x, y, "gcj02"))).any()


def test_few_points_are_converted_exactly(demo):
    x, y = datums.from_wgs84(*places_of(demo, 5_000), "gcj02")
    index = tabulated(demo, "gcj02")
    uncertain = index._fill(x, y, np.empty((2, len(x)), dtype=np.int32), 1, index.tables.find("gcj02", len(x)))
    anywhere = uncertain[uncertain < 5_000]
    # The points outside the table, a fifth of a degree around the layers, and hardly any other.
    inside = ~np.isnan(index.tables.find("gcj02", 5_000).to_wgs84(x[:5_000], y[:5_000])[0])
    assert inside[anywhere].sum() < 5
    assert set(np.flatnonzero(~inside)) <= set(anywhere)


def test_table_is_built_after_as_many_conversions(demo):
    tables = InverseTables.around(demo)
    nodes = inverse_table.count_nodes("gcj02", tables._bounds)
    assert tables.find("wgs84", 10**9) is None
    assert tables.find("gcj02", 999) is None
    assert tables.find("gcj02", int(nodes) - 1) is None
    assert tables.find("gcj02", 999) is None
    assert tables.find("gcj02", 1_000) is not None
    assert pickle.loads(pickle.dumps(tables)).find("gcj02", 1_000) is None


@pytest.mark.parametrize(
    ("datum", "bounds"),
    [("gcj02", (73.0, 18.0, 135.0, 54.0)), ("epsg:4547", (-70.0, -80.0, 10.0, 80.0)), ("gcj02", (np.nan,) * 4)],
)
def test_no_table_for_large_or_impossible_areas(datum, bounds):
    assert inverse_table.count_nodes(datum, bounds) == np.inf
    assert inverse_table.build_inverse_table(datum, bounds) is None


def test_no_table_for_a_datum_with_a_grid_of_shifts(monkeypatch):
    monkeypatch.setattr(datums, "uses_shift_grid", lambda _datum: True)
    assert inverse_table.build_inverse_table("epsg:4547", (113.1, 39.9, 113.6, 40.3)) is None


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("datum", DATUMS)
def test_odd_coordinates_are_in_no_polygon(demo, datum, engine):
    odd = np.array([np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0, 440_200.0, 4_439_758.0])
    x, y = (np.tile(values.ravel(), 40) for values in np.meshgrid(odd, odd))
    with np.errstate(over="ignore", invalid="ignore"):  # GCJ-02 of 1e308 degrees
        exact = datums.to_wgs84(x, y, datum)
        found = tabulated(demo, datum, engine).look_up(x, y, datum=datum)
    assert (found.positions == RasterIndex(demo, engine=engine).assign(*exact)).all()
    unconverted = np.flatnonzero(~np.isfinite(exact).all(axis=0)) if datum.startswith("epsg") else []
    assert found.unconverted.tolist() == list(unconverted)


@dataclass(frozen=True)
class Inaccurate:
    """A table that returns points with some error; numpy only."""

    lon: np.ndarray
    lat: np.ndarray

    def to_wgs84(self, _x, _y):
        return self.lon, self.lat


def test_points_with_an_error_are_near_every_edge_that_they_may_cross(demo, monkeypatch):
    """Move points by at most the slack: those that are not near keep their polygon."""
    monkeypatch.setattr(kernel_numpy, "_CHUNK", 10**9)
    lon, lat = places_of(demo, 40_000)
    rng = np.random.default_rng(4)
    moved = Inaccurate(*(values + rng.uniform(-1e-7, 1e-7, len(lon)) for values in (lon, lat)))
    expected = RasterIndex(demo).assign(lon, lat)
    for resolution in (None, 300):
        (raster,) = build_rasters(demo, resolution)
        rows = np.empty((2, len(lon)), dtype=np.int32)
        near = kernel_numpy.look_up(raster, lon, lat, rows, moved)
        decided = np.setdiff1d(np.arange(len(lon)), near)
        assert (rows[:, decided] == expected[:, decided]).all()
        assert len(near) < 0.8 * len(lon)


def test_engines_find_the_same_points_near(demo):
    table = inverse_table.build_inverse_table("bd09", InverseTables.around(demo)._bounds)
    x, y = datums.from_wgs84(*places_of(demo, 20_000), "bd09")
    (raster,) = build_rasters(demo)
    rows = np.empty((2, 2, len(x)), dtype=np.int32)
    near = [
        np.unique(kernel.look_up(raster, x, y, out, table))
        for kernel, out in zip((kernel_numpy, kernel_numba), rows, strict=True)
    ]
    # The engines round polynomials differently, by 1e-14 degrees.
    assert len(np.setxor1d(*near)) <= 2
    decided = np.setdiff1d(np.arange(len(x)), np.concatenate(near))
    assert (rows[0][:, decided] == rows[1][:, decided]).all()


@pytest.mark.parametrize("datum", ["cgcs2000", *DATUMS])
def test_a_point_alone_is_converted_like_many(datum):
    rng = np.random.default_rng(5)
    x, y = datums.from_wgs84(rng.uniform(100, 120, 2_000), rng.uniform(20, 55, 2_000), datum)
    alone = np.transpose([datums.point_to_wgs84(*point, datum) for point in zip(x.tolist(), y.tolist(), strict=True)])
    np.testing.assert_allclose(alone, datums.to_wgs84(x, y, datum), rtol=0, atol=datums.POINT_ERROR / 10)


def test_a_point_abroad_alone_is_unchanged_in_gcj02():
    assert datums.point_to_wgs84(2.35, 48.86, "gcj02") == (2.35, 48.86)


@pytest.mark.parametrize("datum", DATUMS)
def test_a_point_alone_gets_the_grids_that_it_gets_among_others(layers, datum, demo):
    locator = Locator(Generation(1, "test", synthetic=True), layers, snap_m=0)
    x, y = datums.from_wgs84(*places_of(demo, 300), datum)
    many = locator.positions(x, y, datum=datum)
    for row, point in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        alone = locator.locate(Point(*point), datum)
        expected = None if many.base[row] == NO_POLYGON else locator.base_codes[many.base[row]]
        assert (alone.base.code if alone.base else None) == expected
        assert alone.status is STATUSES[many.status[row]]
