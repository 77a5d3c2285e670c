"""Measure the assignment of points to the 1,529 grids of the demo against other libraries.

The candidates alternate in one process, in one thread unless stated; the other libraries, which are slow, get the first
quarter of the points. Processor time counts, except for two threads and for PostGIS, which works in another process.
Compare the ratios of the medians, because other processes slow all candidates. Each set of polygons meets points that
are uniform over the district, and points like those of incidents (synthetic): many of them near borders and at hot
spots. Prints Markdown for docs/en/benchmarks.md.

    python benchmarks/bench_locate.py [--points 1000000] [--border-points 100000] [--rounds 3] [--turns 20]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from exact_locate import demo_layers, hard_points
from machine import describe
from memory_limit import traffic
from rivals import RIVALS, Case, MissingError, Rival

from geogrid.demo.incidents.locations import draw_points
from geogrid.geo import datums
from geogrid.layers.generation_file_reader import read_generation
from geogrid.locate.raster_index import RasterIndex, build_rasters
from geogrid.locate.tree_index import NO_POLYGON, LayerIndex
from geogrid.reference_files import data_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Calls faster than this are repeated in each round, seconds.
_QUICK_S = 0.1
#: Our points are this many times those of the other libraries.
_SHARE_OF_RIVALS = 4
#: Maximum length of an edge in the second case, in degrees: some 15 m.
_STEP = 1.45e-4
#: Coordinate steps in one degree, some 0.3 mm each.
_FINENESS = 3.14159265e8
_SJOIN, _READY, _POSTGIS = *list(RIVALS)[:2], list(RIVALS)[-1]
_PREPARED = "shapely `STRtree`, prepared polygons, points ready"
_DATUMS = ("gcj02", "bd09", "epsg:4547")
_TREES, _NUMPY, _NUMBA = "`LayerIndex`, our trees", "`RasterIndex`, numpy", "`RasterIndex`, numba"
_ENGINES = {"numpy": _NUMPY, "numba": _NUMBA}
_CLOCK, _THREADS = "`RasterIndex`, numba, by the clock", "`RasterIndex`, numba, two threads, by the clock"
_LIMIT = "the memory limit"


def main() -> None:
    """Measure both cases and print the tables."""
    parser = argparse.ArgumentParser(description="Compare the index with other libraries.")
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--border-points", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=20, help="repetitions of fast calls in a round")
    options = parser.parse_args()
    print(describe())
    demo = demo_layers()
    for title, layers in (("The demo", demo), ("The demo with more edges", [densified(layer) for layer in demo])):
        vertices = sum(int(shapely.get_num_coordinates(layer.polygons).sum()) for layer in layers)
        grids = sum(len(layer.codes) for layer in layers)
        for kind, draw in (("uniform points", uniform_points), ("points like incidents", incident_points)):
            print(
                f"\n**{title}, {kind}**: {grids:,} grids, {vertices:,} vertices; medians of {options.rounds} rounds\n"
            )
            points = draw(layers, options.points)
            compare(layers, points, options.border_points, options.rounds, options.turns)
            compare_datums(layers, points, options.rounds * options.turns)
        report_build(layers, options.rounds)


def uniform_points(layers: list[LayerIndex], count: int) -> Floats:
    """Return points in the box of the layers, shape (2, n)."""
    west, south, east, north = shapely.total_bounds(np.concatenate([layer.polygons for layer in layers]))
    return np.random.default_rng(1).uniform([[west], [south]], [[east], [north]], (2, count))


def incident_points(_layers: list[LayerIndex], count: int) -> Floats:
    """Return points like those of the synthetic incidents of the demo, shape (2, n).

    Those exactly on the corner of a grid, one in 500, are replaced: they measure GEOS, as the points on borders do.
    """
    drawn = draw_points(read_generation(data_path("boundaries")), count, np.random.default_rng(1))
    points = np.stack([drawn.lon, drawn.lat])
    points[:, drawn.surveyed] = points[:, np.flatnonzero(~drawn.surveyed)[: int(drawn.surveyed.sum())]]
    return points


def compare(layers: list[LayerIndex], points: Floats, border_points: int, rounds: int, turns: int) -> None:
    """Measure the candidates, count the results that differ from `LayerIndex`, and print a table."""
    polygons = np.concatenate([layer.polygons for layer in layers])
    ours, easy = Case(polygons, *points), Case(polygons, *points[:, : points.shape[1] // _SHARE_OF_RIVALS])
    hard = Case(polygons, *hard_points(layers, border_points).T.copy())
    with ExitStack() as stack:
        with libraries_seeing_one_core():
            rivals, missing = enter_rivals(stack, easy)
        joins = {name: rival.join for name, rival in rivals.items()}
        seconds = times(joins | our_calls(layers, ours), rounds, turns)
        seconds |= {name: seconds[name] * _SHARE_OF_RIVALS for name in joins}
        wrong = {name: [differing(layers, easy, rival)] for name, rival in rivals.items()}
    for name in rivals:
        with RIVALS[name](hard) as rival:
            wrong[name].append(differing(layers, hard, rival))
    wrong |= {name: [assert_same(layers, case, name) for case in (ours, hard)] for name in (_NUMPY, _NUMBA)}
    print_table(seconds, wrong, missing, (len(points[0]), border_points))


def compare_datums(layers: list[LayerIndex], points: Floats, turns: int) -> None:
    """Measure points of other datums with numba, and print their speed relative to WGS 84."""
    index = RasterIndex(layers, engine="numba")
    given = {datum: datums.from_wgs84(*points, datum) for datum in (datums.WGS84, *_DATUMS)}
    for datum in _DATUMS:
        while index.tables.find(datum, len(points[0])) is None:
            pass  # each call counts towards the table
    calls = {datum: partial(index.assign, x, y, datum=datum) for datum, (x, y) in given.items()}
    seconds = times(calls, 1, turns)
    shares = ", ".join(f"{datum} {seconds[datums.WGS84] / seconds[datum]:.2f}" for datum in _DATUMS)
    print(f"Speed relative to WGS 84, numba, one core: {shares}.")


def enter_rivals(stack: ExitStack, case: Case) -> tuple[dict[str, Rival], dict[str, str]]:
    """Return the installed rivals after a first call, and the reasons why others are missing."""
    rivals, missing = {}, {}
    for name, prepare in RIVALS.items():
        try:
            rivals[name] = stack.enter_context(prepare(case))
            rivals[name].join()
        except MissingError as reason:
            missing[name] = str(reason)
    return rivals, missing


def our_calls(layers: list[LayerIndex], case: Case) -> dict[str, Callable[[], object]]:
    """Return the calls of geogrid by name, and the memory limit."""
    numpy, numba = RasterIndex(layers, engine="numpy"), RasterIndex(layers, engine="numba")
    return {
        _TREES: lambda: [layer.assign(case.lon, case.lat) for layer in layers],
        _NUMPY: lambda: numpy.assign(case.lon, case.lat),
        _NUMBA: lambda: numba.assign(case.lon, case.lat),
        _CLOCK: lambda: numba.assign(case.lon, case.lat),
        _THREADS: lambda: numba.assign(case.lon, case.lat, threads=2),
        _LIMIT: traffic(numba.rasters[0], case.lon, case.lat),
    }


def times(calls: dict[str, Callable[[], object]], rounds: int, turns: int) -> dict[str, float]:
    """Return the median seconds of alternating calls; fast calls are repeated in each round."""
    kept: dict[str, list[float]] = {name: [] for name in calls}
    first = {name: taken(name, call) for name, call in calls.items()}
    quick = {name: call for name, call in calls.items() if first[name] < _QUICK_S or taken(name, call) < _QUICK_S}
    for _ in range(rounds):
        for turn in (calls, *[quick] * turns):
            for name, call in turn.items():
                kept[name].append(taken(name, call))
    return {name: statistics.median(values) for name, values in kept.items()}


def taken(name: str, call: Callable[[], object]) -> float:
    """Return the processor time of a call in seconds, or its duration if it works outside this thread."""
    clock = time.perf_counter if name in (_CLOCK, _THREADS, _POSTGIS) else time.process_time
    start = clock()
    call()
    return clock() - start


def truth(layers: list[LayerIndex], case: Case) -> NDArray[np.int32]:
    """Return the results of `LayerIndex`, shape (layers, n)."""
    return np.stack([layer.assign(case.lon, case.lat) for layer in layers])


def differing(layers: list[LayerIndex], case: Case, rival: Rival) -> int:
    """Return the number of points with a different result of a rival, if the lowest code is chosen."""
    points, rows = rival.pairs(rival.join())
    ends = np.cumsum([len(layer.codes) for layer in layers])
    layer = np.searchsorted(ends, rows, side="right")
    positions = np.full((len(layers), len(case.lon)), len(case.polygons), dtype=np.int64)
    np.minimum.at(positions, (layer, points), rows - np.concatenate([[0], ends])[layer])
    positions[positions == len(case.polygons)] = NO_POLYGON
    return int((positions != truth(layers, case)).any(axis=0).sum())


def assert_same(layers: list[LayerIndex], case: Case, name: str) -> int:
    """Exit if a result of geogrid differs from `LayerIndex`."""
    index = RasterIndex(layers, engine="numpy" if name == _NUMPY else "numba")
    wrong = int((index.assign(case.lon, case.lat) != truth(layers, case)).any(axis=0).sum())
    if wrong:
        raise SystemExit(f"{name}: {wrong:,} results differ")
    return wrong


def print_table(
    seconds: dict[str, float], wrong: dict[str, list[int]], missing: dict[str, str], counts: tuple[int, int]
) -> None:
    """Print a row for each candidate, then the ratios."""
    print(f"| | million points a second | times `sjoin` | wrong | wrong of {counts[1]:,} on borders |")
    print("|---|---:|---:|---:|---:|")
    for name, one in seconds.items():
        found = " | ".join(f"{number:,}" for number in wrong.get(name, [])) or " | "
        print(f"| {name} | {counts[0] / one / 1e6:.3g} | {seconds[_SJOIN] / one:.4g} | {found} |")
    for name, reason in missing.items():
        print(f"| {name} | {reason} | | | |")
    print(f"\nShare of the memory limit, numba, one core: {seconds[_LIMIT] / seconds[_NUMBA]:.2f}.")
    rivals = {"`sjoin(within)` with points ready": _READY, "the prepared tree": _PREPARED, "PostGIS": _POSTGIS}
    for label, name in rivals.items():
        if name in seconds:
            ours = (f"{engine} {seconds[name] / seconds[row]:.0f}" for engine, row in _ENGINES.items())
            print(f"Times {label}: {', '.join(ours)}.")
    print(f"Two threads against one, by the clock: {seconds[_CLOCK] / seconds[_THREADS]:.2f}.")


def report_build(layers: list[LayerIndex], rounds: int) -> None:
    """Print the build time and the size of the rasters."""
    seconds = statistics.median(taken("build", lambda: build_rasters(layers)) for _ in range(rounds))
    for raster in build_rasters(layers):
        megabytes = (raster.cells.nbytes + raster.records.nbytes) / 1e6
        border = len(raster.list_lengths())
        print(f"Built in {seconds:.2f} s: {raster.side - 3}² cells, {border:,} on borders, {megabytes:.1f} MB.")


def densified(layer: LayerIndex) -> LayerIndex:
    """Return a layer with short edges; vertices move by less than a millimetre."""
    finer = shapely.segmentize(layer.polygons, _STEP)
    # Neighbours traverse their border in opposite directions; rounding makes the vertices identical. The step is not a
    # decimal fraction, because midpoints of edges would then lie between two steps and round unpredictably.
    return LayerIndex(
        layer.codes.tolist(), shapely.transform(finer, lambda ends: np.round(ends * _FINENESS) / _FINENESS).tolist()
    )


@contextmanager
def libraries_seeing_one_core() -> Iterator[None]:
    """Limit libraries that use all cores to one core, if the system supports it."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        for thread in Path("/proc/self/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)


if __name__ == "__main__":
    main()
