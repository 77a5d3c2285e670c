"""How far points lie from the polygons of a layer, in metres."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.geo.plane import Plane
from geogrid.locate.index import NO_POLYGON

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.locate.index import LayerIndex


class AreaDistances:
    """The polygons of a layer in a plane of metres; made when the first question comes.

    Distances are true within 0.2 % in a district: the plane is in proportion to the degrees, so that straight borders
    stay straight.

    Parameters
    ----------
    index
        The layer; positions refer to its codes.

    Examples
    --------
    >>> from geogrid.locate.index import LayerIndex
    >>> around = AreaDistances(LayerIndex(["a"], [shapely.box(113, 40, 113.01, 40.01)]))
    >>> positions, metres = around.nearest(np.array([113.0101, 114.0]), np.array([40.005, 40.005]), within_m=30)
    >>> positions.tolist(), metres.round(1).tolist()
    ([0, -1], [8.5, inf])
    """

    def __init__(self, index: LayerIndex) -> None:
        self._index = index

    @cached_property
    def plane(self) -> Plane:
        """The plane."""
        return Plane.around(self._index.polygons)

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """The polygons in the plane, by position."""
        moved: NDArray[np.object_] = self.plane.to_metres(self._index.polygons)
        return moved

    @cached_property
    def tree(self) -> shapely.STRtree:
        """A tree over `shapes`."""
        return shapely.STRtree(self.shapes)

    def nearest(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], *, within_m: float
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return for each point the polygon that lies nearest, of several the one with the lowest code.

        Parameters
        ----------
        lon, lat
            Finite WGS 84 degrees, shape (n,).
        within_m
            Farther polygons are none.

        Returns
        -------
        positions : ndarray of int32, shape (n,)
            Positions in the layer's codes, or `NONE`.
        metres : ndarray of float, shape (n,)
            How far it is; infinite where there is none.
        """
        points = self.plane.to_metres(shapely.points(lon, lat))
        (asked, found), distances = self.tree.query_nearest(
            points, max_distance=within_m, return_distance=True, all_matches=True
        )
        none = len(self.shapes)
        positions = np.full(len(lon), none, dtype=np.int32)
        np.minimum.at(positions, asked, found.astype(np.int32))
        metres = np.full(len(lon), np.inf)
        metres[asked] = distances
        positions[positions == none] = NO_POLYGON
        return positions, metres
