"""Find hot spots and cold spots of areas (Getis-Ord Gi*)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from esda.getisord import G_Local
from libpysal.graph import Graph
from scipy.stats import false_discovery_control

from geogrid.geo.plane import Plane
from geogrid.stats.subset_sums import SubsetSums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Maximum distance in metres between neighbours: layers contain narrow gaps, and six decimals round to 0.1 m.
_TOUCH_M: Final = 1.0
#: False discovery rates of the strengths 1, 2 and 3.
STRENGTHS: Final = (0.10, 0.05, 0.01)


@dataclass(frozen=True, slots=True, eq=False)
class HotSpots:
    """Hot-spot statistics of areas.

    Attributes
    ----------
    z : ndarray of float64, shape (n,)
        Standard scores; NaN for an area without a value or without neighbours, and for all areas with equal values.
    p : ndarray of float64, shape (n,)
        Two-sided probabilities under the null hypothesis, before the correction for multiple tests; NaN like `z`.
    q : ndarray of float64, shape (n,)
        Smallest false discovery rates at which the area is a hot or cold spot; NaN like `z`.
    strength : ndarray of int64, shape (n,)
        1, 2, 3: hot spot with a false discovery rate of 10, 5 and 1 %; -1 to -3: cold spot; 0: neither.
    too_few
        Whether no arrangement of the values among the areas could give a hot or cold spot, so that their absence proves
        nothing.
    """

    z: Floats
    p: Floats
    q: Floats
    strength: NDArray[np.int64]
    too_few: bool

    def ranking(self) -> NDArray[np.int64]:
        """Return the indexes of hot and cold spots by descending distance from 0."""
        rows = np.flatnonzero(self.strength)
        return rows[np.argsort(-np.abs(self.z[rows]), kind="stable")]


def find_neighbours(shapes: NDArray[np.object_]) -> Graph:
    """Return the graph of areas that share a border or a corner; for Gi*, each area is also its own neighbour.

    Parameters
    ----------
    shapes
        Polygons in WGS 84 degrees that tile the plane, shape (n,).

    Examples
    --------
    >>> row = find_neighbours(np.array([shapely.box(113 + west, 40, 113.01 + west, 40.01) for west in (0, 0.01, 0.02)]))
    >>> row.sparse.toarray().tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]
    """
    metres = Plane.around(shapes).to_metres(shapes)
    pairs = shapely.STRtree(metres).query(metres, predicate="dwithin", distance=_TOUCH_M)
    focal, neighbour = pairs[:, np.lexsort(pairs[::-1])]
    return Graph.from_arrays(focal, neighbour, np.ones(len(focal)))


def find_hot_spots(values: Floats, neighbours: Graph) -> HotSpots:
    """Return the Gi* statistics of areas.

    Gi* (J. K. Ord and A. Getis, Local spatial autocorrelation statistics: distributional issues and an application,
    Geographical Analysis 27, 1995) sums the values of an area and of its neighbours with the weight 1. The null
    hypothesis is that the values are dealt to the areas at random. Under it the sum is that of k values drawn without
    replacement; its distribution is computed by `geogrid.stats.subset_sums`, because sums of few skewed values are far
    from normal. The false discovery rate is controlled by the method of Y. Benjamini and Y. Hochberg (Journal of the
    Royal Statistical Society B 57, 1995).

    Parameters
    ----------
    values
        Rate or density of each area, shape (n,); areas with NaN are left out.
    neighbours
        Graph from `find_neighbours` of the same areas in the same order.
    """
    z, p, q = (np.full(len(values), np.nan) for _ in range(3))
    strength = np.zeros(len(values), dtype=np.int64)
    known = np.flatnonzero(~np.isnan(values))
    if not len(known) or np.ptp(values[known]) == 0:
        return HotSpots(z, p, q, strength, too_few=True)
    graph = neighbours if len(known) == len(values) else neighbours.subgraph(known)
    sizes = graph.cardinalities.to_numpy().astype(np.int64)
    connected = sizes > 1
    if not connected.any():
        return HotSpots(z, p, q, strength, too_few=True)
    rows, sizes = known[connected], sizes[connected]
    scores = G_Local(values[known], graph, transform="B", star=None, permutations=0).Zs
    # Differences from the smallest value are not negative.
    differences = values[known] - values[known].min()
    sums = (graph.sparse @ differences)[connected]
    distribution = _distribution(np.sort(differences).tobytes(), int(sizes.max()))
    z[rows] = scores[connected]
    p[rows] = np.minimum(1, 2 * np.minimum(*distribution.tails(sums, sizes)))
    q[rows] = false_discovery_control(p[rows])
    for rate in STRENGTHS:
        strength[rows[q[rows] <= rate]] += 1
    least = 2 * distribution.least(np.unique(sizes)).min() * len(rows) / sizes.max()
    return HotSpots(z, p, q, strength * np.sign(np.nan_to_num(z)).astype(np.int64), too_few=bool(least > STRENGTHS[0]))


@lru_cache(maxsize=1)
def _distribution(values: bytes, most: int) -> SubsetSums:
    """Return the distribution of sums of up to `most` values drawn at random; the last result is cached.

    Parameters
    ----------
    values
        Bytes of a float64 array with the values of all areas. The order does not matter; ascending values make equal
        sets of values equal keys of the cache.
    most
        Largest number of drawn values.
    """
    return SubsetSums(np.frombuffer(values), most)
