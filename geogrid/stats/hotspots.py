"""Hot spots: areas whose neighbourhood has more, or less, than chance would give it."""

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

#: Borders that run this near to each other are one border: offices draw cracks, and six decimals leave 0.1 m. Metres.
_TOUCH_M: Final = 1.0
#: Of fewer areas the sums of neighbours are not distributed as the standard score takes it.
MIN_AREAS: Final = 30
#: The shares of false discoveries that strengths 1, 2 and 3 allow.
STRENGTHS: Final = (0.10, 0.05, 0.01)


@dataclass(frozen=True, slots=True, eq=False)
class HotSpots:
    """What stands out.

    Attributes
    ----------
    z : ndarray of float64, shape (n,)
        Standard scores; NaN where an area has no value, and everywhere if nothing can be told.
    p : ndarray of float64, shape (n,)
        The chance of a score as far from 0 on either side, before the correction for many areas.
    strength : ndarray of int64, shape (n,)
        1, 2 and 3: hot, at most 10, 5 and 1 % of such areas being so by chance; -1 to -3: cold; 0: neither.
    """

    z: Floats
    p: Floats
    strength: NDArray[np.int64]

    def ranking(self) -> NDArray[np.int64]:
        """Return the rows that stand out, the farthest from 0 first."""
        rows = np.flatnonzero(self.strength)
        return rows[np.argsort(-np.abs(self.z[rows]), kind="stable")]


def find_neighbours(shapes: NDArray[np.object_]) -> Graph:
    """Return which areas meet in a border or a corner; each is its own neighbour as well, as Gi* counts it.

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


def find_hot_spots(values: Floats, near: Graph) -> HotSpots:
    """Find the areas whose neighbourhood holds more, or less, than chance would give it.

    The statistic is Gi* of A. Getis and J. K. Ord (J. K. Ord and A. Getis, Local spatial autocorrelation statistics:
    distributional issues and an application, Geographical Analysis 27, 1995) with weights of 1 for an area and all that
    touch it. The null is that the values there are had been dealt out among the areas without regard to who is whose
    neighbour; the score is the analytic one. It is the same on every call; and 999 permutations could tell no chance
    below 0.001, too coarse for a correction over a thousand areas. False discoveries are bounded as Y. Benjamini and Y.
    Hochberg do it (Journal of the Royal Statistical Society B 57, 1995).

    Parameters
    ----------
    values
        A rate or a density for each area, so that a large one is not hot for its size; NaN has none. Shape (n,).
    near
        From `find_neighbours`, of the same areas in the same order.
    """
    z, p = np.full(len(values), np.nan), np.full(len(values), np.nan)
    strength = np.zeros(len(values), dtype=np.int64)
    rows = np.flatnonzero(~np.isnan(values))
    if len(rows) < MIN_AREAS or np.ptp(values[rows]) == 0:
        return HotSpots(z, p, strength)
    some = near if len(rows) == len(values) else near.subgraph(rows)
    found = G_Local(values[rows], some, transform="B", star=None, permutations=0)
    z[rows], p[rows] = found.Zs, 2 * found.p_norm
    for allowed in STRENGTHS:
        strength[rows[p[rows] <= fdr(p[rows], allowed)]] += 1
    return HotSpots(z, p, strength * np.sign(np.nan_to_num(z)).astype(np.int64))
