"""Repair of rings that cross or touch themselves, if only one repair is plausible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely.errors import GEOSException

from geogrid.layers.topology.bounded_overlay import crosses_itself_often
from geogrid.layers.topology.shape_checks import SLIVER_M2
from geogrid.layers.topology.slivers import keep_polygons

if TYPE_CHECKING:
    from geogrid.geo.plane import Plane

#: Maximum relative change of the area by a repair.
MAX_AREA_CHANGE: Final = 0.01


def repair_rings(shape: shapely.Geometry, plane: Plane) -> shapely.Geometry | None:
    """Return the repaired shape of an invalid polygon, or None if the repair is ambiguous.

    Parameters
    ----------
    shape
        Polygon or multipolygon in WGS 84 degrees, with finite coordinates; or the only ring of one as a line.
    plane
        The plane for measuring its area.

    Returns
    -------
    Geometry or None
        A valid shape without repeated points and without detached parts below 100 m². None if the area would change by
        more than 1 %, if the shape would fall apart, or if the repair would cost too much.

    Examples
    --------
    >>> from geogrid.geo.plane import Plane
    >>> spike = shapely.Polygon([(113, 40), (113.01, 40), (113.02, 40), (113.01, 40), (113.01, 40.01), (113, 40.01)])
    >>> spike.is_valid, repair_rings(spike, Plane.around(np.array([spike]))).equals(shapely.box(113, 40, 113.01, 40.01))
    (False, True)
    >>> bow = shapely.Polygon([(113, 40), (113.01, 40.01), (113.01, 40), (113, 40.01)])
    >>> repair_rings(bow, Plane.around(np.array([bow]))) is None
    True
    """
    if shape.geom_type == "LineString":
        # The only ring of a polygon, which does not end where it begins.
        shape = shapely.Polygon(shape)
    if crosses_itself_often(shape):
        return None
    try:
        whole = keep_polygons(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    except GEOSException:
        return None
    parts = shapely.get_parts(whole)
    areas = shapely.area(np.array([plane.to_metres(part) for part in parts], dtype=object))
    kept = parts[areas >= SLIVER_M2]
    before, after = plane.to_metres(shape).area, areas[areas >= SLIVER_M2].sum()
    if not 0 < len(kept) <= shapely.get_num_geometries(shape) or abs(after - before) > MAX_AREA_CHANGE * before:
        return None
    mended = shapely.remove_repeated_points(kept[0] if len(kept) == 1 else shapely.multipolygons(kept))
    return mended if mended.is_valid else None
