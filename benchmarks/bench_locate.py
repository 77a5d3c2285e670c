"""Assigning a million points to the demo's 1,529 grids, base and dedicated: our index against what one would pick.

All start from arrays of longitudes and latitudes. They run in turn, A B A B, in one process, and what counts is the
ratio of the medians: other work on the machine slows all of them.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geogrid.layers.read import read_generation
from geogrid.locate.index import LayerIndex
from geogrid.locate.raster_index import RasterIndex, build_rasters
from geogrid.model import BASE_LAYERS, Layer
from geogrid.resources import data_path

if TYPE_CHECKING:
    from collections.abc import Callable

POINTS = 1_000_000
ROUNDS = 5
#: What takes milliseconds is measured more often.
REPEATS = 5
_QUICK_S = 0.1
_SJOIN = "geopandas.sjoin(within)"


def main() -> None:
    """Measure, compare the answers, print."""
    layers = demo_layers()
    rng = np.random.default_rng(1)
    west, south, east, north = shapely.total_bounds(layers[0].polygons)
    lon, lat = rng.uniform(west, east, POINTS), rng.uniform(south, north, POINTS)
    contenders = contenders_for(layers, lon, lat)
    grids = sum(len(layer.codes) for layer in layers)
    print(f"{POINTS:,} points, {grids:,} grids, {ROUNDS} rounds")
    truth = np.stack([layer.assign(lon, lat) for layer in layers])
    assert_same(truth, RasterIndex(layers, engine="numpy").assign(lon, lat))
    assert_same(truth, RasterIndex(layers, engine="numba").assign(lon, lat))
    print("the answers of all engines are the trees'")
    seconds = times(contenders)
    for name, taken in seconds.items():
        print(f"{name:<30}{POINTS / taken / 1e6:8.2f} M points/s {seconds[_SJOIN] / taken:8.1f} times sjoin")
    report_build(layers)


def contenders_for(layers: list[LayerIndex], lon: np.ndarray, lat: np.ndarray) -> dict[str, Callable[[], object]]:
    """Return the calls to measure, by name."""
    grids = gpd.GeoDataFrame(geometry=np.concatenate([layer.polygons for layer in layers]), crs="EPSG:4326")
    trees = [shapely.STRtree(layer.polygons) for layer in layers]
    numpy, numba = RasterIndex(layers, engine="numpy"), RasterIndex(layers, engine="numba")

    def join() -> gpd.GeoDataFrame:
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat, crs="EPSG:4326"))
        return gpd.sjoin(points, grids, predicate="within")

    return {
        _SJOIN: join,
        "shapely.STRtree(intersects)": lambda: [
            tree.query(shapely.points(lon, lat), predicate="intersects") for tree in trees
        ],
        "LayerIndex, both layers": lambda: [layer.assign(lon, lat) for layer in layers],
        "RasterIndex, numpy": lambda: numpy.assign(lon, lat),
        "RasterIndex, numba": lambda: numba.assign(lon, lat),
        "RasterIndex, numba, 2 threads": lambda: numba.assign(lon, lat, threads=2),
    }


def times(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median seconds of calls that run in turn."""
    kept: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            kept[name].append(taken(call))
            for _ in range(REPEATS - 1 if kept[name][-1] < _QUICK_S else 0):
                kept[name].append(taken(call))
    return {name: statistics.median(values) for name, values in kept.items()}


def taken(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def report_build(layers: list[LayerIndex]) -> None:
    """Print how long the rasters take to build and how large they are."""
    seconds = statistics.median(taken(lambda: build_rasters(layers)) for _ in range(ROUNDS))
    for raster in build_rasters(layers):
        arrays = (raster.cells, raster.base, raster.starts, raster.listed, raster.edges, raster.masks)
        megabytes = sum(array.nbytes for array in arrays) / 1e6
        print(
            f"built in {seconds:.3f} s: {raster.side - 3}² cells, {len(raster.base):,} on borders, {megabytes:.1f} MB"
        )


def assert_same(truth: np.ndarray, answer: np.ndarray) -> None:
    """Stop if any answer differs: a fast wrong answer is not worth measuring."""
    if not (truth == answer).all():
        raise SystemExit(f"{(truth != answer).sum():,} answers differ")


def demo_layers() -> list[LayerIndex]:
    """Return the demo's base grids and its dedicated grids."""
    frames = read_generation(data_path("boundaries"))
    return [
        LayerIndex(
            np.concatenate([frames[layer]["code"] for layer in which]),
            np.concatenate([frames[layer].geometry for layer in which]),
        )
        for which in (BASE_LAYERS, (Layer.DEDICATED,))
    ]


if __name__ == "__main__":
    main()
