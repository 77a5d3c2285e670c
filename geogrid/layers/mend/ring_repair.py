"""Rings that cross or touch themselves, as far as nobody can doubt what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely.errors import GEOSException

from geogrid.layers.topology.overlay import WORK_EACH, count_meetings
from geogrid.layers.topology.shape_checks import SLIVER_M2
from geogrid.layers.topology.slivers import polygons_of

if TYPE_CHECKING:
    from geogrid.layers.topology.areas import Plane

#: A mended ring may gain or lose so much of its area, and no more: past it nobody knows what was meant.
SHARE: Final = 0.01
# Each edge meets itself and its neighbours.
_MEETINGS_AN_EDGE: Final = 10


def mend_rings(shape: shapely.Geometry, plane: Plane) -> shapely.Geometry | None:
    """Mend a shape that is not valid, or return None where that would be a guess.

    Parameters
    ----------
    shape
        Polygon or multipolygon in degrees, of finite coordinates.
    plane
        Where its area is measured.

    Returns
    -------
    Geometry or None
        Valid, without doubled points, and without the crumbs under 100 m² that fall off it. None where more than 1 %
        of the area would come or go, where it falls into several parts, or where mending it would take too long.

    Examples
    --------
    >>> from geogrid.layers.topology.areas import Plane
    >>> spike = shapely.Polygon([(113, 40), (113.01, 40), (113.02, 40), (113.01, 40), (113.01, 40.01), (113, 40.01)])
    >>> spike.is_valid, mend_rings(spike, Plane.around(np.array([spike]))).equals(shapely.box(113, 40, 113.01, 40.01))
    (False, True)
    >>> bow = shapely.Polygon([(113, 40), (113.01, 40.01), (113.01, 40), (113, 40.01)])
    >>> mend_rings(bow, Plane.around(np.array([bow]))) is None
    True
    """
    edges = int(shapely.get_num_coordinates(shape))
    limit = WORK_EACH + _MEETINGS_AN_EDGE * edges
    if count_meetings(shape, shape, limit) > limit:
        return None
    try:
        whole = polygons_of(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    except GEOSException:
        return None
    parts = shapely.get_parts(whole)
    areas = shapely.area(np.array([plane.to_metres(part) for part in parts], dtype=object))
    kept = parts[areas >= SLIVER_M2]
    before, after = plane.to_metres(shape).area, areas[areas >= SLIVER_M2].sum()
    if not 0 < len(kept) <= shapely.get_num_geometries(shape) or abs(after - before) > SHARE * before:
        return None
    mended = shapely.remove_repeated_points(kept[0] if len(kept) == 1 else shapely.multipolygons(kept))
    return mended if mended.is_valid else None
