"""Assign points to the polygons of one layer, exactly, with an STR-tree.

The rule
    A polygon contains the points of its interior *and* of its border. If several polygons of a layer contain a point,
    the one with the lowest code is chosen. So a point on a shared border is assigned, and to one polygon only.

The STR-tree finds candidates by bounding box, and GEOS tests them exactly. `geogrid.locate.raster_index` is faster and
uses this module for points on borders only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: The position of a point that no polygon contains.
NO_POLYGON: Final = -1


class LayerIndex:
    """Spatial index of the polygons of one layer.

    Parameters
    ----------
    codes
        Unique codes, one for each polygon.
    polygons
        Polygons or multipolygons in WGS 84 degrees, in the order of `codes`.

    Attributes
    ----------
    codes : ndarray of str, shape (n,)
        The codes in ascending order; `assign` returns indexes into this array.
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
        # Pickling drops the prepared geometries, which speed up the exact test.
        shapely.prepare(self.polygons)

    def assign(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return the position of the polygon that contains each point.

        Parameters
        ----------
        lon, lat
            Finite WGS 84 degrees, shape (n,).

        Returns
        -------
        ndarray of int32, shape (n,)
            Indexes into `codes`, or `NO_POLYGON`.
        """
        points, polygons = self._candidates(lon, lat)
        positions = np.full(len(lon), len(self.codes), dtype=np.int32)
        np.minimum.at(positions, points, polygons)
        positions[positions == len(self.codes)] = NO_POLYGON
        return positions

    def on_border(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], positions: NDArray[np.int32]
    ) -> NDArray[np.bool_]:
        """Return whether each point lies exactly on the border of the polygon that contains it.

        Parameters
        ----------
        lon, lat
            The points, shape (n,).
        positions
            The result of `assign` for these points.
        """
        border = np.zeros(len(lon), dtype=np.bool_)
        inside = np.flatnonzero(positions != NO_POLYGON)
        polygons = self.polygons[positions[inside]]
        border[inside] = ~shapely.contains_properly(polygons, shapely.points(lon[inside], lat[inside]))
        return border

    def _candidates(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return the pairs of a point and a polygon that contains it, as two arrays of indexes."""
        points, polygons = self._tree.query(shapely.points(lon, lat))
        intersects = shapely.intersects_xy(self.polygons[polygons], lon[points], lat[points])
        return points[intersects], polygons[intersects].astype(np.int32)
