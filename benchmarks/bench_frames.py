"""Measure `geogrid.assign` against arrays with `RasterIndex` and geopandas.sjoin, with the base grids of the demo.

The candidates alternate in one process and one thread. CPU time is measured, because other processes affect it least.
Every run includes reading the frames and building the index. Prints Markdown.

    python benchmarks/bench_frames.py [--points 1000000] [--rounds 7]
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from machine import describe

import geogrid
from geogrid.layers.generation_file_reader import read_generation
from geogrid.locate.raster_index import RasterIndex
from geogrid.locate.tree_index import LayerIndex
from geogrid.model import BASE_LAYERS
from geogrid.reference_files import data_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_ARRAYS, _FRAME = "`RasterIndex`, from arrays", "`RasterIndex`, from a frame"


def main() -> None:
    """Measure the candidates and print a table."""
    parser = argparse.ArgumentParser(description="Compare geogrid.assign with RasterIndex and geopandas.sjoin.")
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    layers = read_generation(data_path("boundaries"))
    grids = gpd.GeoDataFrame(pd.concat([layers[layer] for layer in BASE_LAYERS], ignore_index=True))
    west, south, east, north = grids.total_bounds
    rng = np.random.default_rng(1)
    x, y = rng.uniform(west, east, options.points), rng.uniform(south, north, options.points)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs="EPSG:4326")
    locator = geogrid.Locator.from_frames(grids)
    candidates: dict[str, Callable[[], object]] = {
        _ARRAYS: lambda: by_arrays(x, y, grids),
        "`geogrid.assign`, from arrays": lambda: geogrid.assign((x, y), grids, datum="wgs84"),
        _FRAME: lambda: by_arrays(*coordinates(points), grids),
        "`geogrid.assign`, from a frame": lambda: geogrid.assign(points, grids),
        "`Locator.from_frames`, built before, from a frame": lambda: locator.assign(points),
        "`geopandas.sjoin`, within": lambda: gpd.sjoin(points, grids[["code", "geometry"]], predicate="within"),
    }
    seconds = measure(candidates, options.rounds)
    print(describe())
    print(f"\n{options.points:,} points, {len(grids):,} grids; medians of {options.rounds} rounds\n")
    print("| call | CPU s | million points/s | to RasterIndex |\n| --- | --: | --: | --: |")
    for name, taken in seconds.items():
        base = seconds[_ARRAYS if "from arrays" in name else _FRAME]
        print(f"| {name} | {taken:.3f} | {options.points / taken / 1e6:.2f} | {taken / base:.2f} |")


def coordinates(points: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """Return the coordinates of points."""
    shapes = np.asarray(points.geometry.array, dtype=object)
    return shapely.get_x(shapes), shapely.get_y(shapes)


def by_arrays(x: Floats, y: Floats, grids: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the codes of points with the classes `LayerIndex` and `RasterIndex`."""
    index = RasterIndex([LayerIndex(list(grids["code"]), list(grids.geometry))])
    table = np.array([*index.layers[0].codes.tolist(), None], dtype=object)
    codes: NDArray[np.object_] = table[index.assign(x, y)[0]]
    return codes


def measure(candidates: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median CPU time of each candidate in seconds; the candidates alternate."""
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, call in candidates.items():
            start = time.process_time()
            call()
            taken[name].append(time.process_time() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


if __name__ == "__main__":
    main()
