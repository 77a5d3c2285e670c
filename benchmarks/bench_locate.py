"""Assigning a million points to the demo's base grids: our index against what a user would pick instead.

Both start from arrays of longitudes and latitudes, and run in turn, A B A B, in one process; what counts is the ratio
of the medians.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from geogrid.layers.read import read_generation
from geogrid.locate.index import NONE, LayerIndex
from geogrid.model import BASE_LAYERS
from geogrid.resources import data_path

if TYPE_CHECKING:
    from collections.abc import Callable

POINTS = 1_000_000
ROUNDS = 5


def main() -> None:
    """Measure, compare the answers, print."""
    layers = read_generation(data_path("boundaries"))
    base = pd.concat([layers[layer] for layer in BASE_LAYERS], ignore_index=True)
    rng = np.random.default_rng(1)
    west, south, east, north = base.total_bounds
    lon, lat = rng.uniform(west, east, POINTS), rng.uniform(south, north, POINTS)
    index = LayerIndex(list(base["code"]), list(base.geometry))

    def join() -> pd.DataFrame:
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat, crs="EPSG:4326"))
        return gpd.sjoin(points, base, predicate="within")

    ours, theirs = times(lambda: index.assign(lon, lat), join)
    joined = join()["code"].groupby(level=0).min()
    positions = index.assign(lon, lat)
    same = index.codes[positions[joined.index]] == joined.to_numpy(dtype=str)
    print(f"{POINTS:,} points, {len(base):,} base grids, {ROUNDS} rounds, answers agree on {same.mean():.4%}")
    print(f"found in none: ours {(positions == NONE).sum():,}, sjoin {POINTS - len(joined):,}")
    for name, seconds in (("geogrid LayerIndex", ours), ("geopandas.sjoin(within)", theirs)):
        print(f"{name:<26}{POINTS / seconds / 1e6:6.2f} M points/s")
    print(f"ratio {theirs / ours:.2f}")


def times(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Return the median seconds of two calls that run in turn."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for call, kept in zip((first, second), seconds, strict=True):
            start = time.perf_counter()
            call()
            kept.append(time.perf_counter() - start)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


if __name__ == "__main__":
    main()
