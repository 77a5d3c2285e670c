"""Compare the results of both engines with shapely's `intersects` for millions of points.

The expected polygon is the one with the lowest code of those that intersect the point. The points: 10 million mixed
(anywhere, and near vertices), 1 million within a metre of a border, 100,000 on vertices, 300,000 on edges. Then the
same points in other datums: the results by the tables of `geogrid.geo.inverse_table` against those after an exact
conversion.

    python benchmarks/exact_locate.py [SHARE]      # SHARE of the points, by default 1, which takes minutes
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.geo import datums
from geogrid.layers.generation_file_reader import read_generation
from geogrid.locate.raster_index import Engine, RasterIndex
from geogrid.locate.tree_index import NO_POLYGON, LayerIndex
from geogrid.model import BASE_LAYERS, Layer
from geogrid.reference_files import data_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ENGINES: tuple[Engine, ...] = ("numpy", "numba")
DATUMS = ("gcj02", "bd09", "epsg:4547", "epsg:4526")
_METRE = 1e-5  # degrees, and a little more
_AT_ONCE = 500_000


@dataclass(frozen=True, slots=True)
class Row:
    """Result for the points of one kind.

    Attributes
    ----------
    kind
        Kind of points.
    points
        Number of points.
    shared
        Number of points in several polygons of a layer, according to shapely.
    mismatches
        Number of results that differ from shapely's, by engine.
    """

    kind: str
    points: int
    shared: int
    mismatches: dict[Engine, int]


def main() -> int:
    """Print the comparison; the exit status is 1 if any result differs."""
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    rows = []
    for row in chain(compare(share), compare_datums(share)):
        rows.append(row)
        counts = ", ".join(f"{engine} {count}" for engine, count in row.mismatches.items())
        print(
            f"{row.points:>12,} {row.kind:<22} in several polygons {row.shared:>9,}   mismatches: {counts}",
            flush=True,
        )
    return int(any(sum(row.mismatches.values()) for row in rows))


def compare(share: float) -> Iterator[Row]:
    """Yield the results of a share of the points, kind by kind, for the base and dedicated grids of the demo."""
    layers = demo_layers()
    indexes = {engine: RasterIndex(layers, engine=engine) for engine in ENGINES}
    trees = [shapely.STRtree(layer.polygons) for layer in layers]
    for kind, points in kinds(layers, share):
        shared, wrong = 0, dict.fromkeys(ENGINES, 0)
        for begin in range(0, len(points), _AT_ONCE):
            lon, lat = points[begin : begin + _AT_ONCE].T.copy()
            truths = [truth(tree, lon, lat) for tree in trees]
            shared += sum(several for _, several in truths)
            for engine, index in indexes.items():
                wrong[engine] += int((index.assign(lon, lat) != [positions for positions, _ in truths]).sum())
        yield Row(kind, len(points), shared, wrong)


def compare_datums(share: float) -> Iterator[Row]:
    """Yield the results of a share of the points in each datum, all kinds together."""
    layers = demo_layers()
    lon, lat = np.concatenate([points for _, points in kinds(layers, share)]).T.copy()
    indexes = {engine: RasterIndex(layers, engine=engine) for engine in ENGINES}
    for datum in DATUMS:
        x, y = datums.from_wgs84(lon, lat, datum)
        expected = indexes["numpy"].assign(*datums.to_wgs84(x, y, datum))
        wrong = {}
        for engine, index in indexes.items():
            index.assign(x, y, datum=datum)  # from now on, the index has a table if one pays
            wrong[engine] = int((index.assign(x, y, datum=datum) != expected).sum())
        yield Row(datum, len(x), 0, wrong)


def truth(tree: shapely.STRtree, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.int64], int]:
    """Return the lowest polygon that intersects each point, and the number of points in several polygons."""
    points, polygons = tree.query(shapely.points(lon, lat), predicate="intersects")
    positions = np.full(len(lon), len(tree.geometries))
    np.minimum.at(positions, points, polygons)
    positions[positions == len(tree.geometries)] = NO_POLYGON
    return positions, int((np.bincount(points, minlength=1) > 1).sum())


def kinds(layers: list[LayerIndex], share: float) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield the points, kind by kind, shape (n, 2)."""
    rng = np.random.default_rng(20221)
    polygons = np.concatenate([layer.polygons for layer in layers])
    vertices, lines = shapely.get_coordinates(polygons), shapely.boundary(polygons)
    west, south, east, north = shapely.total_bounds(polygons)

    def on_edges(count: int) -> NDArray[np.float64]:
        chosen = rng.choice(lines, count)
        return shapely.get_coordinates(shapely.line_interpolate_point(chosen, rng.random(count), normalized=True))

    half = int(5_000_000 * share)
    anywhere = rng.uniform([west - 0.01, south - 0.01], [east + 0.01, north + 0.01], (half, 2))
    about = rng.choice(vertices, half) + rng.normal(0, 1, (half, 2)) * 10.0 ** rng.uniform(-17, -2, (half, 1))
    yield "mixed", np.concatenate([anywhere, about])
    near = on_edges(int(1_000_000 * share))
    yield "within 1 m of borders", near + rng.uniform(-_METRE, _METRE, near.shape)
    yield "on vertices", rng.choice(vertices, int(100_000 * share))
    yield "on edges", on_edges(int(300_000 * share))


def hard_points(layers: list[LayerIndex], count: int) -> NDArray[np.float64]:
    """Return points on vertices and, up to rounding, on edges, one half each, shape (n, 2)."""
    kinds_of = dict(kinds(layers, count / 200_000))
    return np.concatenate([kinds_of["on vertices"], kinds_of["on edges"][: count - len(kinds_of["on vertices"])]])


def demo_layers() -> list[LayerIndex]:
    """Return the base grids and the dedicated grids of the demo."""
    frames = read_generation(data_path("boundaries"))
    return [
        LayerIndex(
            np.concatenate([frames[layer]["code"] for layer in which]),
            np.concatenate([frames[layer].geometry for layer in which]),
        )
        for which in (BASE_LAYERS, (Layer.DEDICATED,))
    ]


if __name__ == "__main__":
    sys.exit(main())
