"""Compare `RasterIndex` with `LayerIndex`, which `test_index` compares with shapely, for all engines."""

import multiprocessing
import os
import sys

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import LayerError, SetupError
from geogrid.locate import kernel_numpy, raster_index
from geogrid.locate.raster_index import RasterIndex, build_rasters
from geogrid.locate.tree_index import NO_POLYGON, LayerIndex
from geogrid.model import BASE_LAYERS, Layer

ENGINES = ["numpy", "numba"]


def tree(polygons, codes=None):
    names = [f"{number:06d}" for number in range(len(polygons))] if codes is None else codes
    return LayerIndex(names, list(polygons))


def expected(layers, lon, lat):
    return np.stack([layer.assign(lon, lat) for layer in layers])


def differences(layers, lon, lat, resolution=None):
    """Number of results of any engine that differ from `LayerIndex`."""
    truth, rasters = expected(layers, lon, lat), build_rasters(layers, resolution)
    return [
        int((RasterIndex(layers, rasters=rasters, engine=engine).assign(lon, lat) != truth).sum()) for engine in ENGINES
    ]


def pairs(points):
    lon, lat = np.asarray(points, dtype=float).T.copy()
    return lon, lat


@pytest.fixture(scope="module")
def demo(layers):
    base = [layers[layer] for layer in BASE_LAYERS]
    dedicated = layers[Layer.DEDICATED]
    return [
        tree(np.concatenate([frame.geometry for frame in base]), np.concatenate([frame["code"] for frame in base])),
        tree(dedicated.geometry, dedicated["code"]),
    ]


def mixed(layers, count, seed=7):
    """Points anywhere round the layers, on vertices, on the cross of two vertices, on edges, within a metre of them."""
    rng = np.random.default_rng(seed)
    polygons = np.concatenate([layer.polygons for layer in layers])
    vertices, lines = shapely.get_coordinates(polygons), shapely.boundary(polygons)
    west, south, east, north = shapely.total_bounds(polygons)
    on = shapely.line_interpolate_point(rng.choice(lines, 2 * count), rng.random(2 * count), normalized=True)
    edge, near = np.split(shapely.get_coordinates(on), 2)
    anywhere = rng.uniform([1.1 * west - 0.1 * east, south], [1.1 * east - 0.1 * west, north], (count, 2))
    crosses = np.stack([rng.choice(vertices[:, axis], count) for axis in (0, 1)], axis=1)
    near = near + rng.uniform(-1e-5, 1e-5, near.shape)
    return pairs(np.concatenate([anywhere, rng.choice(vertices, count), crosses, edge, near]))


@pytest.mark.parametrize("resolution", [None, 64, 512, 2048, 4096])
def test_results_are_independent_of_resolution_and_engine(demo, resolution):
    lon, lat = mixed(demo, 20_000)
    assert differences(demo, lon, lat, resolution) == [0, 0]


@pytest.mark.parametrize(("resolution", "count"), [(1, 100), (7, 2_000)])
def test_raster_of_a_few_cells_gives_the_same_results(demo, resolution, count):
    assert differences(demo, *mixed(demo, count), resolution) == [0, 0]


def test_few_points_are_left_to_the_trees(demo):
    """The kernel must decide points that are not on a border; otherwise it would be slow and untested."""
    rng = np.random.default_rng(3)
    west, south, east, north = shapely.total_bounds(demo[0].polygons)
    found = RasterIndex(demo).look_up(rng.uniform(west, east, 200_000), rng.uniform(south, north, 200_000))
    assert len(found.near) < 5
    assert 0.5 < (found.positions[0] != NO_POLYGON).mean() < 1


def test_every_point_on_a_border_is_reported_near(demo):
    corners = shapely.get_coordinates(np.concatenate([layer.polygons for layer in demo]))
    assert len(RasterIndex(demo).look_up(*pairs(corners)).near) == len(corners)


@pytest.mark.parametrize("engine", ENGINES)
def test_results_are_independent_of_order_chunks_and_threads(demo, engine, monkeypatch):
    lon, lat = mixed(demo, 2_000)
    index = RasterIndex(demo, engine=engine)
    lookup = index.look_up(lon, lat)
    order = np.random.default_rng(5).permutation(len(lon))
    assert (index.assign(lon[order], lat[order]) == lookup.positions[:, order]).all()
    for threads in (2, 3, 16):
        found = index.look_up(lon, lat, threads=threads)
        assert (found.positions == lookup.positions).all()
        assert found.near.tolist() == lookup.near.tolist()
    monkeypatch.setattr(kernel_numpy, "_CHUNK", 37)
    assert (index.assign(lon, lat) == lookup.positions).all()
    assert (index.assign(lon[:5], lat[:5], threads=16) == lookup.positions[:, :5]).all()


def test_look_up_one_equals_look_up(demo):
    lon, lat = mixed(demo, 1_000)
    index = RasterIndex(demo)
    found = index.look_up(lon, lat)
    near = np.isin(np.arange(len(lon)), found.near)
    alone = [index.look_up_one(*point) for point in zip(lon.tolist(), lat.tolist(), strict=True)]
    assert [positions for positions, _ in alone] == found.positions.T.tolist()
    assert [doubt for _, doubt in alone] == near.tolist()


@pytest.mark.parametrize("engine", ENGINES)
def test_coordinates_out_of_range_are_in_no_polygon(demo, engine):
    odd = [np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0, 113.3]
    lon, lat = (values.ravel() for values in np.meshgrid(odd, [np.nan, np.inf, -np.inf, 1e308, -90.0]))
    assert (RasterIndex(demo, engine=engine).assign(lon, lat) == NO_POLYGON).all()
    assert all(
        RasterIndex(demo).look_up_one(*point) == ([NO_POLYGON, NO_POLYGON], False)
        for point in zip(lon, lat, strict=True)
    )


def test_no_engine_fuses_multiply_and_add():
    """Large triangles at the origin, and points within some units in the last place of their edges.

    Here a determinant is often as large as its own rounding error. A fused operation rounds once less and would find
    others to be near, some 1 % of these points.
    """
    rng = np.random.default_rng(11)
    layers = [tree([shapely.Polygon(corners)]) for corners in rng.random((20, 3, 2))]
    rasters = build_rasters(layers)
    engines = [RasterIndex(layers, rasters=rasters, engine=engine) for engine in ENGINES]
    lines = shapely.boundary(np.concatenate([layer.polygons for layer in layers]))
    points = shapely.line_interpolate_point(rng.choice(lines, 50_000), rng.random(50_000), normalized=True)
    lon, lat = pairs(shapely.get_coordinates(points) + rng.integers(-6, 7, (50_000, 2)) * 2.0**-54)
    found = [engine.look_up(lon, lat) for engine in engines]
    assert found[0].near.tolist() == found[1].near.tolist()
    assert 10_000 < len(found[0].near) < 40_000
    assert all((one.positions == expected(layers, lon, lat)).all() for one in found)


def test_ninety_thousand_squares_are_assigned():
    """More than 16 bits of numbers."""
    x, y = (values.ravel() for values in np.meshgrid(np.arange(300), np.arange(300)))
    layers = [tree(shapely.box(x, y, x + 1, y + 1)), tree([shapely.box(10.5, 10.5, 20.5, 20.5)])]
    rng = np.random.default_rng(1)
    points = np.concatenate([rng.uniform(-1, 301, (40_000, 2)), rng.integers(-2, 604, (20_000, 2)) / 2])
    assert differences(layers, *pairs(points)) == [0, 0]
    found = RasterIndex(layers).assign(x + 0.5, y + 0.5)
    assert found[0].tolist() == list(range(90_000))


def test_polygon_with_a_hundred_thousand_vertices():
    angle = np.linspace(0, 2 * np.pi, 100_000, endpoint=False)
    radius = 1 + 0.3 * np.sin(37 * angle) + 0.01 * np.random.default_rng(2).random(len(angle))
    star = shapely.Polygon(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1))
    layers = [tree([star])]
    assert differences(layers, *mixed(layers, 300)) == [0, 0]


def test_long_edges_keep_memory_bounded():
    """20,000 edges from bottom to top: on a fine raster they would be listed 40 million times."""
    x = np.arange(20_000) / 100
    comb = shapely.Polygon([*zip(x, np.where(np.arange(20_000) % 2, 100.0, 0.0), strict=True), (200, -1), (0, -1)])
    layers = [tree([comb])]
    rasters = build_rasters(layers)
    assert sum(len(one.records) for one in rasters) < 6_000_000
    lon, lat = mixed(layers, 400)
    truth = expected(layers, lon, lat)
    assert (RasterIndex(layers, rasters=rasters).assign(lon, lat) == truth).all()
    assert 0 < (truth == NO_POLYGON).sum() < truth.size


def test_holes_islands_parts_and_slivers():
    lake = shapely.box(0, 0, 8, 8).difference(shapely.box(1, 1, 7, 7))
    island = shapely.box(2, 2, 6, 6).difference(shapely.box(3, 3, 5, 5))
    parts = shapely.MultiPolygon([shapely.box(3.5, 3.5, 4.5, 4.5), shapely.box(9, 0, 10, 1)])
    sliver = shapely.Polygon([(8.5, 0), (8.5 + 1e-13, 4), (8.5, 8)])
    layers = [tree([lake, island, parts, sliver])]
    step = np.arange(-2, 45) / 4
    lattice = np.stack(np.meshgrid(step, step), axis=-1).reshape(-1, 2)
    for resolution in (None, 1, 3, 100):
        assert differences(layers, *pairs(lattice), resolution) == [0, 0]
        assert differences(layers, *mixed(layers, 500), resolution) == [0, 0]


@pytest.mark.parametrize("sliver", [[(0, 0), (0, 9), (1e-15, 4)], [(0, 0), (9, 0), (4, 1e-300)], [(113, 40)] * 4])
def test_degenerate_polygon_is_supported(sliver):
    layers = [tree([shapely.Polygon(sliver)])]
    points = [*sliver, (0, 4.5), (1e-16, 4), (4.5, 0), (4, 5e-301), (1, 1), (-1, -1), (113, 41), (112, 40)]
    assert differences(layers, *pairs(points)) == [0, 0]


def test_empty_and_single_polygon_layers():
    layers = [tree([]), tree([shapely.box(0, 0, 1, 1)]), tree([shapely.Polygon()])]
    index = RasterIndex(layers)
    assert index.assign([0.5, 1, 2], [0.5, 1, 2]).tolist() == [[NO_POLYGON] * 3, [0, 0, NO_POLYGON], [NO_POLYGON] * 3]
    assert index.look_up_one(0.5, 0.5) == ([NO_POLYGON, 0, NO_POLYGON], False)
    assert index.assign([], []).shape == (3, 0)
    assert RasterIndex([]).assign([1.0], [1.0]).shape == (0, 1)
    assert RasterIndex([]).look_up_one(1.0, 1.0) == ([], False)


def test_eight_layers_share_three_words():
    """Eight layers of 1,000 polygons need 80 bits: three words."""
    rng = np.random.default_rng(4)
    corners = rng.uniform(0, 100, (8, 1_000, 2))
    layers = []
    for corner in corners:
        cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(corner)))
        layers.append(tree(cells))
    assert len(build_rasters(layers)) == 3
    assert differences(layers, *mixed(layers, 2_000)) == [0, 0]


def cells_of(points, merged):
    """A coverage of the triangles between points, of which some are merged into one polygon with holes and parts."""
    triangles = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(points)))
    groups = np.array([merged[row % len(merged)] for row in range(len(triangles))])
    return [shapely.union_all(triangles[groups == group]) for group in np.unique(groups)]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=30, unique=True),
    st.lists(st.integers(0, 6), min_size=1, max_size=13),
    st.sampled_from([None, 1, 2, 5, 40]),
    st.sampled_from([1.0, 1 / 3, 1e-7]),
)
def test_random_coverages_on_a_lattice(corners, merged, resolution, scale):
    """On a lattice nearly every point is on an edge, at the height of a vertex, or in line with one."""
    polygons = [shapely.transform(polygon, lambda xy: xy * scale + 113) for polygon in cells_of(corners, merged)]
    layers = [tree(polygons), tree(polygons[::2])] if polygons else [tree([])]
    step = np.arange(-1, 20) / 2 * scale + 113
    lattice = np.stack(np.meshgrid(step, step), axis=-1).reshape(-1, 2)
    assert differences(layers, *pairs(lattice), resolution) == [0, 0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9), st.integers(3, 60), st.sampled_from([None, 3, 50]), st.sampled_from([0.0, 113.3]))
def test_random_coverages_anywhere(seed, count, resolution, origin):
    rng = np.random.default_rng(seed)
    polygons = cells_of(rng.random((count, 2)) + origin, rng.integers(0, 7, 13).tolist())
    layers = [tree(polygons)]
    assert differences(layers, *mixed(layers, 60, seed), resolution) == [0, 0]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=14
    ),
    st.sampled_from([None, 1, 6]),
)
def test_overlapping_boxes(boxes, resolution):
    layers = [tree([shapely.box(x, y, x + width, y + height) for x, y, width, height in boxes])]
    step = np.arange(-1, 26) / 2
    lattice = np.stack(np.meshgrid(step, step), axis=-1).reshape(-1, 2)
    assert differences(layers, *pairs(lattice), resolution) == [0, 0]


def test_coverage_with_rounding_overlaps():
    """Rounding leaves overlaps of a few nanometres, which need several sheets."""
    rng = np.random.default_rng(9)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(rng.uniform(113, 113.2, (400, 2)))))
    layers = [tree([shapely.transform(cell, lambda xy: xy + rng.uniform(-1e-9, 1e-9, 2)) for cell in cells])]
    assert not shapely.coverage_is_valid(layers[0].polygons)
    assert 1 < len(build_rasters(layers)[0].fields) <= 8
    assert differences(layers, *mixed(layers, 4_000)) == [0, 0]


def test_self_intersecting_polygons_equal_the_tree():
    bowtie = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    pentagram = shapely.Polygon([(np.sin(turn * 0.8 * np.pi), np.cos(turn * 0.8 * np.pi)) for turn in range(5)])
    twice = shapely.MultiPolygon([shapely.box(1, 1, 3, 3), shapely.box(2, 2, 4, 4)])
    layers = [tree([bowtie, pentagram, twice, shapely.box(2, 0, 5, 5)])]
    assert not shapely.is_valid(layers[0].polygons[:3]).any()
    step = np.arange(-8, 44) / 8
    lattice = np.stack(np.meshgrid(step, step), axis=-1).reshape(-1, 2)
    assert differences(layers, *pairs(lattice)) == [0, 0]


def test_hundred_stacked_polygons_get_no_raster(demo):
    layers = [tree([shapely.box(113, 40, 113.3 + step / 1e3, 40.2) for step in range(100)]), demo[0]]
    assert [field.layer for one in build_rasters(layers) for field in one.fields] == [1]
    lon, lat = mixed(layers, 1_000)
    assert differences(layers, lon, lat) == [0, 0]
    index = RasterIndex(layers)
    alone = [index.look_up_one(*point)[0] for point in zip(lon[:50], lat[:50], strict=True)]
    assert alone == expected(layers, lon[:50], lat[:50]).T.tolist()
    assert index.assign([np.nan], [40.1]).tolist() == [[NO_POLYGON], [NO_POLYGON]]


def test_layer_with_a_distant_polygon_gets_no_raster(demo):
    """The district would share four cells, whose lists of edges take longer than a tree."""
    layers = [tree([*demo[0].polygons, shapely.box(0, 0, 1e-3, 1e-3)]), demo[1]]
    assert build_rasters(layers) == []
    lon, lat = mixed(demo, 500)
    assert (RasterIndex(layers).assign(lon, lat) == expected(layers, lon, lat)).all()


def stacked():
    return [shapely.box(-i, -1, i, 1) for i in np.linspace(0.1, 1, 200)]


def far_apart():
    return [*(shapely.box(x * 1e-4, 0, (x + 1) * 1e-4, 1e-1) for x in range(1600)), shapely.box(100, 50, 101, 51)]


@pytest.mark.parametrize("polygons", [stacked(), far_apart()], ids=["stacked", "far apart"])
def test_look_up_one_works_without_a_raster(polygons):
    index = RasterIndex([tree(polygons)])
    assert not index.rasters
    assert index.look_up_one(5e-5, 5e-5)[0] == index.assign([5e-5], [5e-5])[:, 0].tolist() == [0]
    assert index.look_up_one(1e-4, float("nan")) == ([NO_POLYGON], False)


def test_other_geometry_than_polygons_is_refused():
    for bad in (shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)])):
        with pytest.raises(LayerError, match="not a polygon"):
            RasterIndex([tree([shapely.box(0, 0, 1, 1), bad])])
    with pytest.raises(LayerError, match="not finite"):
        RasterIndex([tree([shapely.Polygon([(0, 0), (1, np.inf), (1, 0)])])])


def test_arrays_of_different_lengths_are_refused(demo):
    index = RasterIndex(demo)
    for lon, lat in (([1.0, 2.0], [1.0]), ([[1.0]], [[1.0]])):
        with pytest.raises(ValueError, match="equal length"):
            index.assign(lon, lat)


def test_any_array_type_is_accepted(demo):
    lon, lat = mixed(demo, 2_000)
    truth = expected(demo, lon, lat)
    frozen = lon.copy()
    frozen.flags.writeable = False
    both = np.stack([lon, lat], axis=1)
    for engine in ENGINES:
        index = RasterIndex(demo, engine=engine)
        assert (index.assign(frozen, lat.tolist()) == truth).all()
        assert (index.assign(both[:, 0], both[:, 1]) == truth).all()


def test_numpy_is_used_without_numba(demo, monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "geogrid.locate.kernel_numba", raising=False)
    monkeypatch.setattr(raster_index, "_MIN_POINTS_TO_IMPORT", 10)
    lon, lat = mixed(demo, 100)
    assert (RasterIndex(demo).assign(lon, lat) == expected(demo, lon, lat)).all()
    with pytest.raises(SetupError, match="geogrid"):
        RasterIndex(demo, engine="numba")


def test_numpy_is_used_if_numba_fails_to_import(demo, monkeypatch):
    def no_cache_folder(_):
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(raster_index.importlib, "import_module", no_cache_folder)
    monkeypatch.setattr(raster_index, "_MIN_POINTS_TO_IMPORT", 10)
    monkeypatch.setattr(raster_index, "_MIN_POINTS", 10)
    lon, lat = mixed(demo, 100)
    assert (RasterIndex(demo).assign(lon, lat) == expected(demo, lon, lat)).all()


def test_large_calls_import_numba(demo, monkeypatch):
    monkeypatch.delitem(sys.modules, "geogrid.locate.kernel_numba", raising=False)
    lon, lat = mixed(demo, 1_000)
    index = RasterIndex(demo)
    index.assign(lon, lat)
    assert "geogrid.locate.kernel_numba" not in sys.modules
    monkeypatch.setattr(raster_index, "_MIN_POINTS_TO_IMPORT", 5_000)
    assert (index.assign(lon, lat) == expected(demo, lon, lat)).all()
    assert "geogrid.locate.kernel_numba" in sys.modules


@pytest.mark.parametrize(("points", "datum", "pays"), [
    (20_000_000, "wgs84", False), (20_000_000, "gcj02", True), (200_000, "gcj02", False), (10**8, "cgcs2000", True),
])  # fmt: skip
def test_long_runs_import_numba_before_their_first_call(monkeypatch, points, datum, pays):
    monkeypatch.delitem(sys.modules, "geogrid.locate.kernel_numba", raising=False)
    raster_index.prepare_run(points, datum)
    assert ("geogrid.locate.kernel_numba" in sys.modules) == pays


def test_long_runs_do_without_numba(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "geogrid.locate.kernel_numba", raising=False)
    raster_index.prepare_run(10**9, "gcj02")
    assert "geogrid.locate.kernel_numba" not in sys.modules


def look_up_in_child(index, lon, lat, queue):
    queue.put(index.assign(lon, lat, threads=2).sum())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_threads_work_in_a_forked_process(demo):
    """The threads of the pool do not survive a fork; the child must start its own."""
    lon, lat = mixed(demo, 500)
    index = RasterIndex(demo, engine="numpy")
    total = index.assign(lon, lat, threads=2).sum()
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=look_up_in_child, args=(index, lon, lat, queue))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert queue.get() == total
