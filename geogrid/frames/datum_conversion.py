"""Convert arrays of coordinates between datums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.geo.datums import WGS84, parse_datum
from geogrid.locate.frame_points import read_points

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


def to_wgs84(x: ArrayLike, y: ArrayLike, datum: str) -> Pair:
    """Return coordinates converted to WGS 84 degrees.

    Parameters
    ----------
    x, y
        Longitudes and latitudes in degrees, or eastings and northings in the unit of the CRS; shape (n,).
    datum
        ``"wgs84"``, ``"cgcs2000"``, ``"gcj02"``, ``"bd09"`` or an EPSG code such as ``"EPSG:4547"``.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        WGS 84 degrees, not rounded; NaN for NaN.

    Raises
    ------
    DatumError
        If the datum is unknown, or impossible for the coordinates.
    RowsError
        If a coordinate is out of range.

    Examples
    --------
    >>> import geogrid
    >>> lon, lat = geogrid.to_wgs84([113.3050], [40.0908], "GCJ-02")
    >>> lon.round(5).tolist(), lat.round(5).tolist()
    ([113.29799], [40.0896])
    """
    return read_points((x, y), datum).in_datum(WGS84)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> Pair:
    """Return WGS 84 degrees converted to another datum.

    Parameters
    ----------
    lon, lat
        WGS 84 degrees, shape (n,).
    datum
        Name or EPSG code of the datum, see `to_wgs84`.

    Returns
    -------
    x, y : ndarray of float64, shape (n,)
        Coordinates in the datum, not rounded; NaN for NaN.

    Raises
    ------
    DatumError
        If the datum is unknown.
    RowsError
        If a coordinate is out of range, or a point has no coordinates in the datum.

    Examples
    --------
    >>> import geogrid
    >>> x, y = geogrid.from_wgs84([113.2988], [40.09], "EPSG:4547")
    >>> x.round().tolist(), y.round().tolist()
    ([440200.0], [4439758.0])
    """
    return read_points((lon, lat), WGS84).in_datum(parse_datum(datum))
