"""Many layers at once, fast: a raster answers, and the trees settle the few points that it leaves open."""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from geogrid.errors import SetupError
from geogrid.locate import edges, kernel_numpy, overlap_partition, raster
from geogrid.locate.index import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from numpy.typing import ArrayLike, NDArray

    from geogrid.locate.index import LayerIndex

Engine = Literal["numpy", "numba"]

_FAST: Final = "geogrid.locate.kernel_numba"
#: Loading the compiled look-up pays for a call with so many points; once loaded, for a call with so few.
_PAYS_LOADING: Final = 5_000_000
_PAYS: Final = 2_000
#: Trying so many edges takes as long as asking a tree.
_LONGEST_MEAN_LIST: Final = 256


@dataclass(frozen=True, slots=True)
class Found:
    """Where points lie.

    Attributes
    ----------
    positions : ndarray of int32, shape (layers, n)
        The position of each point's polygon in the codes of each layer, or `NONE`.
    near : ndarray of int, shape (k,)
        The points that lie on an edge or so near to one that rounding could not tell; all others are on none.
    """

    positions: NDArray[np.int32]
    near: NDArray[np.intp]


class RasterIndex:
    """Some layers, ready to be asked together.

    The answers are those of the layers' own trees, some two orders of magnitude faster. They depend neither on the
    raster's size nor on the engine.

    Parameters
    ----------
    layers
        The layers; one may be a partition or not.
    rasters
        What `build_rasters` made of the same layers; by default it is called.
    engine
        ``"numpy"`` or ``"numba"``. By default numpy, and numba for the large calls that repay its loading, where the
        extra ``fast`` is installed.

    Raises
    ------
    LayerError
        If a layer holds something else than polygons, or a coordinate that is not finite.
    SetupError
        If numba is asked for and is not installed.

    Examples
    --------
    >>> import shapely
    >>> from geogrid.locate.index import LayerIndex
    >>> base = LayerIndex(["b", "a"], [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> special = LayerIndex(["s"], [shapely.box(0.2, 0.2, 0.6, 0.6)])
    >>> RasterIndex([base, special]).assign([0.5, 1.0, 1.5, 9.0], [0.5, 0.5, 0.5, 0.5]).tolist()
    [[1, 0, 0, -1], [0, -1, -1, -1]]
    """

    def __init__(
        self,
        layers: Sequence[LayerIndex],
        *,
        rasters: Sequence[raster.Raster] | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.layers = tuple(layers)
        self.rasters = tuple(build_rasters(layers) if rasters is None else rasters)
        self._engine = _load_fast() if engine == "numba" else kernel_numpy if engine == "numpy" else None
        #: The layer of each row that the rasters fill, the positions that its numbers mean, and the layers without one.
        self._rows = [field.layer for one in self.rasters for field in one.fields]
        self._members = [table for one in self.rasters for table in _members(one)]
        self._bare = [layer for layer in range(len(self.layers)) if layer not in self._rows]

    def assign(self, lon: ArrayLike, lat: ArrayLike, *, threads: int = 1) -> NDArray[np.int32]:
        """Return for each layer and point the position of the polygon that holds it.

        Parameters
        ----------
        lon, lat
            WGS 84 degrees, shape (n,). A point that is not finite is in no polygon.
        threads
            How many cores to use.

        Returns
        -------
        ndarray of int32, shape (layers, n)
            Positions in the `codes` of each layer, or `NONE`.
        """
        return self.look_up(lon, lat, threads=threads).positions

    def look_up(self, lon: ArrayLike, lat: ArrayLike, *, threads: int = 1) -> Found:
        """Do what `assign` does, and tell which points may lie on a border; parameters are those of `assign`."""
        x, y = (np.ascontiguousarray(values, dtype=np.float64) for values in (lon, lat))
        if x.ndim != 1 or x.shape != y.shape:
            raise ValueError("lon and lat must be of one dimension and one length")
        rows = np.empty((len(self._rows), len(x)), dtype=np.int32)
        near = self._fill(x, y, rows, threads) if self.rasters else np.zeros(0, dtype=np.intp)
        positions = self._merged(rows)
        if self._bare:
            near = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        for layer, tree in enumerate(self.layers):
            if len(near):
                positions[layer, near] = tree.assign(x[near], y[near])
        return Found(positions, near)

    def look_up_one(self, lon: float, lat: float) -> tuple[list[int], bool]:
        """Return the positions of one point in all layers, and whether it may lie on a border: in microseconds."""
        if self._bare:
            return self._ask_trees(lon, lat)
        positions = [NONE] * len(self.layers)
        members = iter(self._members)
        for one in self.rasters:
            word = kernel_numpy.look_up_one(one, lon, lat)
            if word is None:
                return self._ask_trees(lon, lat)
            for field, table in zip(one.fields, members, strict=False):
                number = word >> field.shift & (1 << field.bits) - 1
                if number and not NONE < positions[field.layer] < table.item(number - 1):
                    positions[field.layer] = table.item(number - 1)
        return positions, False

    def _ask_trees(self, lon: float, lat: float) -> tuple[list[int], bool]:
        found = self.look_up([lon], [lat])
        return found.positions[:, 0].tolist(), bool(len(found.near))

    def _fill(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], rows: NDArray[np.int32], threads: int
    ) -> NDArray[np.intp]:
        """Write what the rasters answer, in as many parts as there are threads."""
        engine = self._engine or _engine(len(lon))
        bounds = np.linspace(0, len(lon), max(threads, 1) + 1).astype(int).tolist()

        def fill(begin: int, end: int) -> NDArray[np.intp]:
            near, row = [np.zeros(0, dtype=np.intp)], 0
            for one in self.rasters:
                out = rows[row : row + len(one.fields), begin:end]
                near.append(begin + engine.look_up(one, lon[begin:end], lat[begin:end], out))
                row += len(one.fields)
            return np.unique(np.concatenate(near))

        if threads <= 1:
            return fill(0, len(lon))
        with ThreadPoolExecutor(threads) as pool:
            return np.concatenate(list(pool.map(fill, bounds[:-1], bounds[1:])))

    def _merged(self, rows: NDArray[np.int32]) -> NDArray[np.int32]:
        """Join the sheets of each layer: the lowest position counts, and `NONE` is the highest number without sign."""
        if self._rows == list(range(len(self.layers))):
            return rows
        positions = np.full((len(self.layers), rows.shape[1]), NONE, dtype=np.int32)
        unsigned = positions.view(np.uint32)
        for layer, table, row in zip(self._rows, self._members, rows, strict=True):
            np.minimum(unsigned[layer], table[row].view(np.uint32), out=unsigned[layer])
        return positions


def build_rasters(layers: Sequence[LayerIndex], resolution: int | None = None) -> list[raster.Raster]:
    """Build the rasters of some layers: one, unless they have more polygons or overlaps than a word has bits for.

    Parameters
    ----------
    layers
        The layers. One with very many overlaps gets no raster, nor do those that a raster would not help, as where one
        polygon lies a continent away from all others, which then share a few cells.
    resolution
        Cells a side; by default what suits the layers.

    Raises
    ------
    LayerError
        If a layer holds something else than polygons, or a coordinate that is not finite.
    """
    dealt = [overlap_partition.deal(layer.polygons) for layer in layers]
    counts = [[] if sheet is None else np.bincount(sheet, minlength=1).tolist() for sheet in dealt]
    rasters = (_build(layers, dealt, word, resolution) for word in edges.words(counts))
    return [one for one in rasters if resolution or _helps(one)]


def _helps(one: raster.Raster) -> bool:
    """Return whether the lists of edges are short, as seen from the average edge."""
    lengths = np.diff(one.starts).astype(np.float64)
    return float(lengths @ lengths) <= _LONGEST_MEAN_LIST * max(len(one.listed), 1)


def _build(
    layers: Sequence[LayerIndex],
    dealt: Sequence[NDArray[np.int32] | None],
    word: tuple[edges.MaskField, ...],
    resolution: int | None,
) -> raster.Raster:
    """Build the raster of a word."""
    members = [np.flatnonzero(dealt[field.layer] == field.sheet).astype(np.int32) for field in word]
    sides = edges.edges_of(
        np.concatenate([layers[field.layer].polygons[rows] for field, rows in zip(word, members, strict=True)]),
        np.concatenate([np.arange(1, field.count + 1, dtype=np.int32) << field.shift for field in word]),
    )
    return raster.build(sides, np.concatenate(members), word, resolution)


def _members(one: raster.Raster) -> list[NDArray[np.int32]]:
    """Return for each field the positions of its polygons, and `NONE` at the end, which is where -1 points."""
    ends = np.cumsum([field.count for field in one.fields])
    return [np.append(part, np.int32(NONE)) for part in np.split(one.members, ends[:-1])]


def _engine(points: int) -> ModuleType:
    """Return the module whose `look_up` is the quicker one for so many points."""
    if points < (_PAYS if _FAST in sys.modules else _PAYS_LOADING):
        return kernel_numpy
    try:
        return importlib.import_module(_FAST)
    except (ImportError, RuntimeError):  # numba is missing, or finds no folder to keep what it compiles
        return kernel_numpy


def _load_fast() -> ModuleType:
    try:
        return importlib.import_module(_FAST)
    except ImportError as error:
        raise SetupError(
            "The compiled look-up needs numba.", code="extra_missing", remedy="pip install 'geogrid[fast]'"
        ) from error
