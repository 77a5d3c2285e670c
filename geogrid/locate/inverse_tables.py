"""The tables that convert points to WGS 84 in the area of some layers, built when they pay."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.geo import inverse_table
from geogrid.geo.datums import is_wgs84

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.geo.inverse_table import Bounds, InverseTable
    from geogrid.locate.tree_index import LayerIndex

#: Minimum number of points in a call for which a table pays.
_MIN_POINTS: Final = 1_000


class InverseTables:
    """Tables by datum, for one area.

    A table is built when as many points have been converted without it as its construction converts. So it never
    doubles the time of a program with few points. Threads may share the object; a copy in another process starts empty.

    Parameters
    ----------
    bounds
        West, south, east and north of the area, WGS 84 degrees.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._tables: dict[str, InverseTable | None] = {}
        self._missing: dict[str, float] = {}
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[InverseTables], tuple[Bounds]]:
        return InverseTables, (self._bounds,)

    @staticmethod
    def around(layers: Sequence[LayerIndex]) -> InverseTables:
        """Return the tables for the area of some layers."""
        boxes = np.concatenate([np.full((1, 4), np.nan), *(shapely.bounds(layer.polygons) for layer in layers)])
        (west, south), (east, north) = np.fmin.reduce(boxes[:, :2]), np.fmax.reduce(boxes[:, 2:])
        return InverseTables((float(west), float(south), float(east), float(north)))

    def find(self, datum: str, points: int) -> InverseTable | None:
        """Return the table for a number of points, or None if they are to be converted without one.

        Parameters
        ----------
        datum
            Canonical name of the datum of the points.
        points
            Number of points, which counts towards building the table.
        """
        if points < _MIN_POINTS or is_wgs84(datum):
            return None
        with self._lock:
            if datum not in self._tables:
                if datum not in self._missing:
                    self._missing[datum] = inverse_table.count_nodes(datum, self._bounds)
                self._missing[datum] -= points
                if self._missing[datum] > 0:
                    return None
                self._tables[datum] = inverse_table.build_inverse_table(datum, self._bounds)
            return self._tables[datum]
