"""Assign points to several layers at once, by raster; points near an edge are assigned by `LayerIndex`."""

from __future__ import annotations

import importlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from geogrid.errors import SetupError
from geogrid.geo import datums
from geogrid.geo.datums import WGS84
from geogrid.locate import kernel_numpy, overlap_partition, polygon_edges
from geogrid.locate.inverse_tables import InverseTables
from geogrid.locate.raster import Raster, build_raster
from geogrid.locate.tree_index import NO_POLYGON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from numpy.typing import ArrayLike, NDArray

    from geogrid.geo.inverse_table import InverseTable
    from geogrid.locate.tree_index import LayerIndex

Engine = Literal["numpy", "numba"]

_NUMBA_KERNEL: Final = "geogrid.locate.kernel_numba"
#: Minimum number of points in a call for which numba pays: before and after its import.
_MIN_POINTS_TO_IMPORT: Final = 5_000_000
_MIN_POINTS: Final = 2_000
#: Minimum number of points of a run for which the import pays, with and without a conversion. The import takes 0.7 s of
#: CPU, and numba saves 120 or 20 ns a point; the limits leave room for a first compilation.
_MIN_RUN_CONVERTED: Final = 10_000_000
_MIN_RUN: Final = 50_000_000
#: Numbers of 4 bytes in the smallest page of memory.
_ITEMS_IN_PAGE: Final = 1_024
#: Testing this many edges takes as long as a query of the STR-tree.
_MAX_MEAN_LIST: Final = 256


@dataclass(frozen=True, slots=True)
class RasterLookup:
    """The polygons of points in several layers.

    Attributes
    ----------
    positions : ndarray of int32, shape (layers, n)
        For each layer, the index of each point's polygon in the codes of the layer, or `NO_POLYGON`.
    near : ndarray of int, shape (k,)
        Indexes of the points that may lie on an edge; all other points are on no edge.
    near_lon, near_lat : ndarray of float64, shape (k,)
        Those points in WGS 84 degrees.
    unconverted : ndarray of int, shape (m,)
        Indexes of the points outside the domain of a projection.
    """

    positions: NDArray[np.int32]
    near: NDArray[np.intp]
    near_lon: NDArray[np.float64]
    near_lat: NDArray[np.float64]
    unconverted: NDArray[np.intp]


class RasterIndex:
    """Index of several layers.

    The results equal those of `LayerIndex` and come some two orders of magnitude faster. They depend neither on the
    resolution of the raster nor on the engine.

    Parameters
    ----------
    layers
        The layers. Polygons of one layer may overlap.
    rasters
        Result of `build_rasters` for the same layers; built by default.
    engine
        ``"numpy"`` or ``"numba"``. By default numba for large calls if the extra ``fast`` is installed, else numpy.

    Raises
    ------
    LayerError
        If a geometry is not a polygon, or a coordinate is not finite.
    SetupError
        If the engine is numba and numba is not installed.

    Examples
    --------
    >>> import shapely
    >>> from geogrid.locate.tree_index import LayerIndex
    >>> base = LayerIndex(["b", "a"], [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> special = LayerIndex(["s"], [shapely.box(0.2, 0.2, 0.6, 0.6)])
    >>> RasterIndex([base, special]).assign([0.5, 1.0, 1.5, 9.0], [0.5, 0.5, 0.5, 0.5]).tolist()
    [[1, 0, 0, -1], [0, -1, -1, -1]]
    """

    def __init__(
        self,
        layers: Sequence[LayerIndex],
        *,
        rasters: Sequence[Raster] | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.layers = tuple(layers)
        self.rasters = tuple(build_rasters(layers) if rasters is None else rasters)
        self._engine = _import_numba_kernel() if engine == "numba" else kernel_numpy if engine == "numpy" else None
        #: For each sheet: its layer, and the positions of its polygons in the layer. Then the layers without a raster.
        self._rows = [field.layer for raster in self.rasters for field in raster.fields]
        self._members = [table for raster in self.rasters for table in _members(raster)]
        self._unindexed = [layer for layer in range(len(self.layers)) if layer not in self._rows]

    @cached_property
    def tables(self) -> InverseTables:
        """The tables that convert points of other datums."""
        return InverseTables.around(self.layers)

    def assign(self, x: ArrayLike, y: ArrayLike, *, datum: str = WGS84, threads: int = 1) -> NDArray[np.int32]:
        """Return the position of the polygon that contains each point, for each layer.

        Parameters
        ----------
        x, y
            Coordinates in the datum, shape (n,). No polygon contains a point that is not finite.
        datum
            Canonical name of the datum of the points.
        threads
            Number of threads.

        Returns
        -------
        ndarray of int32, shape (layers, n)
            Indexes into the `codes` of each layer, or `NO_POLYGON`.
        """
        return self.look_up(x, y, datum=datum, threads=threads).positions

    def look_up(self, x: ArrayLike, y: ArrayLike, *, datum: str = WGS84, threads: int = 1) -> RasterLookup:
        """Return the result of `assign`, and the points that may lie on an edge; parameters as in `assign`.

        Many points are converted by a table with a small error. Those that the error could move to another polygon are
        converted exactly, so results do not depend on the table.
        """
        x, y = (np.ascontiguousarray(values, dtype=np.float64) for values in (x, y))
        if x.ndim != 1 or x.shape != y.shape:
            raise ValueError("the coordinates must be one-dimensional and of equal length")
        table = None if self._unindexed or not self.rasters else self.tables.find(datum, len(x))
        if table is None:
            return self._look_up_exactly(x, y, datum, threads)
        rows = _allocate(len(self._rows), len(x), threads)
        uncertain = self._fill(x, y, rows, threads, table)
        exact = self._look_up_exactly(x[uncertain], y[uncertain], datum, threads)
        positions = self._merge_sheets(rows)
        positions[:, uncertain] = exact.positions
        return replace(exact, positions=positions, near=uncertain[exact.near], unconverted=uncertain[exact.unconverted])

    def _look_up_exactly(
        self, x: NDArray[np.float64], y: NDArray[np.float64], datum: str, threads: int
    ) -> RasterLookup:
        lon, lat = datums.to_wgs84(x, y, datum)
        rows = _allocate(len(self._rows), len(lon), threads)
        near = self._fill(lon, lat, rows, threads) if self.rasters else np.zeros(0, dtype=np.intp)
        positions = self._merge_sheets(rows)
        if self._unindexed:
            near = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        near_lon, near_lat = lon[near], lat[near]
        for layer, tree in enumerate(self.layers):
            if len(near):
                positions[layer, near] = tree.assign(near_lon, near_lat)
        failed = datum not in datums.NAMED_DATUMS and ~(np.isfinite(lon) & np.isfinite(lat))
        return RasterLookup(positions, near, near_lon, near_lat, np.flatnonzero(failed))

    def look_up_one(self, lon: float, lat: float, slack: float = 0.0) -> tuple[list[int], bool]:
        """Return the position of one point in each layer, and whether it may lie on an edge; takes microseconds.

        Parameters
        ----------
        lon, lat
            WGS 84 degrees.
        slack
            Error of `lon` and of `lat` in degrees, at most `geogrid.locate.scanlines.MAX_SLACK`.
        """
        if self._unindexed:
            return self._look_up_in_trees(lon, lat)
        positions = [NO_POLYGON] * len(self.layers)
        members = iter(self._members)
        for raster in self.rasters:
            word = kernel_numpy.look_up_one(raster, lon, lat, slack)
            if word is None:
                positions, near = self._look_up_in_trees(lon, lat)
                return positions, near or slack > 0
            for field, table in zip(raster.fields, members, strict=False):
                number = word >> field.shift & (1 << field.bits) - 1
                if number and not NO_POLYGON < positions[field.layer] < table.item(number - 1):
                    positions[field.layer] = table.item(number - 1)
        return positions, False

    def _look_up_in_trees(self, lon: float, lat: float) -> tuple[list[int], bool]:
        lookup = self.look_up([lon], [lat])
        return lookup.positions[:, 0].tolist(), bool(len(lookup.near))

    def _fill(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        rows: NDArray[np.int32],
        threads: int,
        table: InverseTable | None = None,
    ) -> NDArray[np.intp]:
        """Write each point's polygon number in each sheet to `rows`; return the indexes of points near an edge.

        Points that the table does not convert count as near.
        """
        engine = self._engine or _choose_engine(len(x))
        bounds = np.linspace(0, len(x), max(threads, 1) + 1).astype(int).tolist()

        def fill(begin: int, end: int) -> NDArray[np.intp]:
            near, row = [np.zeros(0, dtype=np.intp)], 0
            for raster in self.rasters:
                out = rows[row : row + len(raster.fields), begin:end]
                near.append(begin + engine.look_up(raster, x[begin:end], y[begin:end], out, table))
                row += len(raster.fields)
            return np.unique(np.concatenate(near))

        if threads <= 1:
            return fill(0, len(x))
        return np.concatenate(list(_pool(threads).map(fill, bounds[:-1], bounds[1:])))

    def _merge_sheets(self, rows: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the polygon of each point by layer: the one with the lowest position among the sheets of the layer.

        Parameters
        ----------
        rows
            For each sheet, a set of polygons of one layer without overlaps: the number of each point's polygon in the
            sheet, from 0, or -1; shape (sheets, n).

        Returns
        -------
        ndarray of int32, shape (layers, n)
            Positions of the polygons in their layer, or `NO_POLYGON`.
        """
        if self._rows == list(range(len(self.layers))):
            return rows
        positions = np.full((len(self.layers), rows.shape[1]), NO_POLYGON, dtype=np.int32)
        # Viewed as an unsigned integer, NO_POLYGON is larger than any position.
        unsigned = positions.view(np.uint32)
        for layer, table, row in zip(self._rows, self._members, rows, strict=True):
            np.minimum(unsigned[layer], table[row].view(np.uint32), out=unsigned[layer])
        return positions


def build_rasters(layers: Sequence[LayerIndex], resolution: int | None = None) -> list[Raster]:
    """Return the rasters of some layers; several if the polygon numbers need more than the 31 bits of a word.

    Parameters
    ----------
    layers
        The layers. A layer with very many overlaps gets no raster. Nor do layers that a raster would not speed up, for
        example if one polygon lies a continent away from the others, so that the others share a few cells.
    resolution
        Number of cells on a side; chosen by default.

    Raises
    ------
    LayerError
        If a geometry is not a polygon, or a coordinate is not finite.
    """
    sheets = [overlap_partition.split_into_sheets(layer.polygons) for layer in layers]
    counts = [[] if sheet is None else np.bincount(sheet, minlength=1).tolist() for sheet in sheets]
    rasters = (_build(layers, sheets, word, resolution) for word in polygon_edges.allocate_words(counts))
    return [raster for raster in rasters if resolution or _is_fast(raster)]


def _is_fast(raster: Raster) -> bool:
    """Return whether a raster is faster than the STR-tree: the lists of edges of its cells are short on average.

    The average weights each list by its length.
    """
    lengths = raster.list_lengths().astype(np.float64)
    return float(lengths @ lengths) <= _MAX_MEAN_LIST * max(len(raster.records), 1)


def _build(
    layers: Sequence[LayerIndex],
    sheets: Sequence[NDArray[np.int32] | None],
    word: tuple[polygon_edges.MaskField, ...],
    resolution: int | None,
) -> Raster:
    """Return the raster of the sheets that share a word."""
    members = [np.flatnonzero(sheets[field.layer] == field.sheet).astype(np.int32) for field in word]
    sides = polygon_edges.extract_edges(
        np.concatenate([layers[field.layer].polygons[rows] for field, rows in zip(word, members, strict=True)]),
        np.concatenate([np.arange(1, field.count + 1, dtype=np.int32) << field.shift for field in word]),
    )
    return build_raster(sides, np.concatenate(members), word, resolution)


def _members(raster: Raster) -> list[NDArray[np.int32]]:
    """Return the positions of each sheet's polygons in their layer, with `NO_POLYGON` appended for the index -1."""
    ends = np.cumsum([field.count for field in raster.fields])
    return [np.append(part, np.int32(NO_POLYGON)) for part in np.split(raster.members, ends[:-1])]


def _allocate(rows: int, points: int, threads: int) -> NDArray[np.int32]:
    """Return an array of any content, with its memory in place for several threads.

    The first write to a page of memory makes the system provide it, for which threads would wait for each other.
    """
    array = np.empty((rows, points), dtype=np.int32)
    if threads > 1:
        array.reshape(-1)[::_ITEMS_IN_PAGE] = 0
    return array


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Return a pool that lives as long as the process: starting threads takes as long as looking up 10,000 points."""
    return ThreadPoolExecutor(threads, thread_name_prefix="geogrid-locate")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork


def _choose_engine(points: int) -> ModuleType:
    """Return the module with the faster `look_up` for a number of points."""
    if points < (_MIN_POINTS if _NUMBA_KERNEL in sys.modules else _MIN_POINTS_TO_IMPORT):
        return kernel_numpy
    return _import_fastest_kernel()


def prepare_run(points: int, datum: str) -> None:
    """Import the compiled kernel if it will save more time than its import takes; later calls of any size then use it.

    Without numba the run is slower, with the same results. A service must not call this in a request, because the
    first import on a machine compiles for some seconds.

    Parameters
    ----------
    points
        Number of points that this process will look up, in any number of calls.
    datum
        Canonical name of their datum.
    """
    if points >= (_MIN_RUN if datums.is_wgs84(datum) else _MIN_RUN_CONVERTED):
        _import_fastest_kernel()


def _import_fastest_kernel() -> ModuleType:
    try:
        return importlib.import_module(_NUMBA_KERNEL)
    except (ImportError, RuntimeError):  # numba is missing, or finds no writable cache folder
        return kernel_numpy


def _import_numba_kernel() -> ModuleType:
    try:
        return importlib.import_module(_NUMBA_KERNEL)
    except ImportError as error:
        raise SetupError(
            'The engine "numba" needs the package numba.', code="extra_missing", remedy="pip install 'geogrid[fast]'"
        ) from error
