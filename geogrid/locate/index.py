"""Which polygon of a layer holds a point: one rule, closed, one answer.

The rule
    A polygon holds the points of its inside *and* of its border. Where several polygons of a layer hold a point, the
    one with the lowest code answers. So no point on a shared border is lost, and none is counted twice.

The method is an STR-tree over the bounding boxes, then GEOS's exact point-in-polygon test on the few candidates. It is
simple and settles every case; `geogrid.locate.raster_index` answers faster and asks it about points on borders only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: The position of no polygon.
NO_POLYGON: Final = -1


class LayerIndex:
    """The polygons of one layer, ready to be asked.

    Parameters
    ----------
    codes
        One code a polygon; n of them, all different.
    polygons
        Polygons or multipolygons in WGS 84 degrees, in the order of `codes`.

    Attributes
    ----------
    codes : ndarray of str, shape (n,)
        The codes in ascending order; positions that `assign` returns refer to it.
    polygons : ndarray of object, shape (n,)
        The polygons in that order.

    Examples
    --------
    >>> index = LayerIndex(["b", "a"], [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> index.codes.tolist()
    ['a', 'b']
    >>> index.assign(np.array([0.5, 1.0, 1.5, 9.0]), np.array([0.5, 0.5, 0.5, 0.5])).tolist()
    [1, 0, 0, -1]
    """

    def __init__(self, codes: Sequence[str], polygons: Sequence[shapely.Geometry]) -> None:
        order = np.argsort(np.asarray(codes, dtype=str), kind="stable")
        self.codes = np.asarray(codes, dtype=str)[order]
        self.polygons = np.asarray(polygons, dtype=object)[order]
        shapely.prepare(self.polygons)
        self._tree = shapely.STRtree(self.polygons)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # A copy that was sent to another process is not prepared, which would cost it speed.
        shapely.prepare(self.polygons)

    def assign(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return for each point the position of the polygon that holds it.

        Parameters
        ----------
        lon, lat
            Finite WGS 84 degrees, shape (n,).

        Returns
        -------
        ndarray of int32, shape (n,)
            Positions in `codes`, or `NO_POLYGON`.
        """
        points, polygons = self._candidates(lon, lat)
        answer = np.full(len(lon), len(self.codes), dtype=np.int32)
        np.minimum.at(answer, points, polygons)
        answer[answer == len(self.codes)] = NO_POLYGON
        return answer

    def on_border(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], positions: NDArray[np.int32]
    ) -> NDArray[np.bool_]:
        """Return for each point whether it lies exactly on the border of the polygon that holds it.

        Parameters
        ----------
        lon, lat
            The points, shape (n,).
        positions
            What `assign` answered for them.
        """
        border = np.zeros(len(lon), dtype=np.bool_)
        held = np.flatnonzero(positions != NO_POLYGON)
        holders = self.polygons[positions[held]]
        border[held] = ~shapely.contains_properly(holders, shapely.points(lon[held], lat[held]))
        return border

    def _candidates(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return the pairs (point, polygon) that intersect."""
        points, polygons = self._tree.query(shapely.points(lon, lat))
        held = shapely.intersects_xy(self.polygons[polygons], lon[points], lat[points])
        return points[held], polygons[held].astype(np.int32)
