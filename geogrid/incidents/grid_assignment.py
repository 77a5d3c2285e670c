"""Assignment of reports and points to the grids of a generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.geo import datums
from geogrid.model import Placement, Point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geogrid.locate.locator import Locator
    from geogrid.model import Report


def assign_reports(reports: Sequence[Report], locator: Locator) -> list[Placement]:
    """Return the placement of each report.

    Parameters
    ----------
    reports
        Reports with valid coordinates (see `geogrid.geo.datums.find_faults`) in any datums.
    locator
        Locator of the generation.
    """
    return assign_points(*to_wgs84([report.point for report in reports], [report.datum for report in reports]), locator)


def assign_points(lon: NDArray[np.float64], lat: NDArray[np.float64], locator: Locator) -> list[Placement]:
    """Return the placement of each point.

    Parameters
    ----------
    lon, lat
        Finite WGS 84 degrees, shape (n,).
    locator
        Locator of the generation.
    """
    assignment = locator.assign(lon, lat)
    placements = []
    for row, point in enumerate(zip(lon.tolist(), lat.tolist(), strict=True)):
        base, dedicated, owner = assignment.base[row], assignment.dedicated[row], assignment.responsible(row)
        placements.append(
            Placement(
                wgs84=Point(*point),
                locate_status=assignment.status[row],
                generation=locator.generation.id,
                base_code=base.grid.code if base else None,
                base_layer=base.grid.layer if base else None,
                dedicated_code=dedicated.grid.code if dedicated else None,
                community_code=owner.community.code if owner and owner.community else None,
                street_code=owner.street.code if owner and owner.street else None,
            )
        )
    return placements


def to_wgs84(points: Sequence[Point], datum_names: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the longitudes and latitudes of points of mixed datums in WGS 84 degrees, with one call per datum.

    Examples
    --------
    >>> lon, lat = to_wgs84([Point(113.3, 40.09), Point(113.3058, 40.0912)], ["wgs84", "gcj02"])
    >>> lon.round(4).tolist(), lat.round(4).tolist()
    ([113.3, 113.2988], [40.09, 40.09])
    """
    lon = np.array([point.lon for point in points], dtype=np.float64)
    lat = np.array([point.lat for point in points], dtype=np.float64)
    names = np.array(datum_names, dtype=str)
    for datum in np.unique(names).tolist():
        rows = names == datum
        lon[rows], lat[rows] = datums.to_wgs84(lon[rows], lat[rows], datum)
    return lon, lat
