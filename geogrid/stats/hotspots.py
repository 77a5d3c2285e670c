"""Find hot spots and cold spots of areas (Getis-Ord Gi*)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from esda.getisord import G_Local
from esda.util import fdr
from libpysal.graph import Graph

from geogrid.geo.plane import Plane

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Maximum distance in metres between neighbours: layers contain narrow gaps, and six decimals round to 0.1 m.
_TOUCH_M: Final = 1.0
#: Minimum number of areas for the normal approximation of the standard score.
MIN_AREAS: Final = 30
#: False discovery rates of the strengths 1, 2 and 3.
STRENGTHS: Final = (0.10, 0.05, 0.01)


@dataclass(frozen=True, slots=True, eq=False)
class HotSpots:
    """Hot-spot statistics of areas.

    Attributes
    ----------
    z : ndarray of float64, shape (n,)
        Standard scores; NaN for an area without a value, and for all areas if there are too few or equal values.
    p : ndarray of float64, shape (n,)
        Two-sided probabilities, before the correction for multiple tests.
    strength : ndarray of int64, shape (n,)
        1, 2, 3: hot spot with a false discovery rate of 10, 5 and 1 %; -1 to -3: cold spot; 0: neither.
    """

    z: Floats
    p: Floats
    strength: NDArray[np.int64]

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
    Geographical Analysis 27, 1995) has the weight 1 for an area and its neighbours. The null hypothesis is a random
    permutation of the values. The score is analytic: it is reproducible, and 999 permutations give no probability
    below 0.001, which is too coarse for a correction over a thousand areas. The false discovery rate is controlled by
    the method of Y. Benjamini and Y. Hochberg (Journal of the Royal Statistical Society B 57, 1995).

    Parameters
    ----------
    values
        Rate or density of each area, shape (n,); areas with NaN are left out.
    neighbours
        Graph from `find_neighbours` of the same areas in the same order.
    """
    z, p = np.full(len(values), np.nan), np.full(len(values), np.nan)
    strength = np.zeros(len(values), dtype=np.int64)
    rows = np.flatnonzero(~np.isnan(values))
    if len(rows) < MIN_AREAS or np.ptp(values[rows]) == 0:
        return HotSpots(z, p, strength)
    graph = neighbours if len(rows) == len(values) else neighbours.subgraph(rows)
    result = G_Local(values[rows], graph, transform="B", star=None, permutations=0)
    z[rows], p[rows] = result.Zs, 2 * result.p_norm
    for rate in STRENGTHS:
        strength[rows[p[rows] <= fdr(p[rows], rate)]] += 1
    return HotSpots(z, p, strength * np.sign(np.nan_to_num(z)).astype(np.int64))
