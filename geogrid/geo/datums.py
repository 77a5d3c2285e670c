"""Convert coordinates between datums, and check them.

Official layers of Chinese cities are in CGCS2000 (EPSG:4490) or one of its Gauss-Krüger zones. Satellites deliver
WGS 84 (EPSG:4326), which differs by decimetres and is treated as equal. Phones and map applications in China deliver
GCJ-02 or BD-09, which are 500 to 1,300 m off: several grids. No function here guesses a datum.

Canonical names of datums are ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, ``epsg:NNNN``, and ``wkt:DEFINITION`` for a
projection that only a file defines, see `geogrid.geo.local_projections`. The order of coordinates is longitude,
latitude or easting, northing, whatever the order of the authority is.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geogrid.errors import DatumError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from numpy.typing import ArrayLike, NDArray
    from pyproj import CRS, Transformer

    FloatArray = NDArray[np.float64]
    Pair = tuple[FloatArray, FloatArray]

WGS84: Final = "wgs84"
CGCS2000: Final = "cgcs2000"
GCJ02: Final = "gcj02"
BD09: Final = "bd09"

#: The datums with a name; all others are ``epsg:NNNN``.
NAMED_DATUMS: Final = (WGS84, CGCS2000, GCJ02, BD09)
_EPSG_NAMES: Final = {4326: WGS84, 4490: CGCS2000}
#: Prefix of the datums that a file defines as well-known text.
WKT_PREFIX: Final = "wkt:"
#: Chinese datums of unknown shift to WGS 84; EPSG has the shift of Beijing 1954 for a few oil fields only.
_UNKNOWN_SHIFT: Final = {"Beijing 1954", "New Beijing", "Xian 1980"}
_EPSG_PATTERN: Final = re.compile(r"epsg:([1-9][0-9]{3,5})")

# The Krasovsky 1940 ellipsoid of GCJ-02.
_A: Final = 6378245.0
_E2: Final = 0.00669342162296594323
#: West, east, south and north in degrees. Outside this box GCJ-02 equals WGS 84.
GCJ02_BOX: Final = (72.004, 137.8347, 0.8293, 55.8271)
# Each iteration reduces the error by a factor of some 1,000; five leave less than a micrometre.
_ITERATIONS: Final = 5
_BD_FACTOR: Final = math.pi * 3000.0 / 180.0
#: Largest difference in degrees of a point converted alone and among others, 0.1 µm.
POINT_ERROR: Final = 1e-12


def parse_datum(text: str) -> str:
    """Return the canonical name of a datum.

    Parameters
    ----------
    text
        A name (``WGS84``, ``gcj-02``, ``CGCS2000``, ``bd09`` …) or an EPSG code (``EPSG:4547``).

    Raises
    ------
    DatumError
        If the datum is unknown, or not a horizontal datum.

    Examples
    --------
    >>> parse_datum("GCJ-02"), parse_datum("EPSG:4490"), parse_datum("epsg:4547")
    ('gcj02', 'cgcs2000', 'epsg:4547')
    """
    name = re.sub(r"[\s_-]", "", text).lower()
    if name in NAMED_DATUMS:
        return name
    match = _EPSG_PATTERN.fullmatch(name)
    if not match:
        raise DatumError(
            "The datum is unknown.",
            field="datum",
            remedy="Use wgs84, cgcs2000, gcj02, bd09 or an EPSG code such as EPSG:32650.",
        )
    number = int(match[1])
    if number in _EPSG_NAMES:
        return _EPSG_NAMES[number]
    _transformer(f"epsg:{number}")
    return f"epsg:{number}"


def to_wgs84(x: ArrayLike, y: ArrayLike, datum: str) -> Pair:
    """Return coordinates converted to WGS 84 degrees.

    Parameters
    ----------
    x, y
        Longitudes and latitudes in degrees, or eastings and northings in the unit of the CRS; shape (n,).
    datum
        Canonical name of the datum, see `parse_datum`.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        WGS 84 degrees; infinite for a pair outside the domain of the projection.

    Examples
    --------
    In Datong, GCJ-02 is 613 m off:

    >>> lon, lat = to_wgs84([113.3050], [40.0908], "gcj02")
    >>> round(float(lon[0]), 5), round(float(lat[0]), 5)
    (113.29799, 40.0896)
    """
    lon, lat = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if is_wgs84(datum):
        return lon, lat
    if datum == GCJ02:
        return _invert(wgs84_to_gcj02, lon, lat)
    if datum == BD09:
        return _invert(wgs84_to_gcj02, *_invert(_gcj02_to_bd09, lon, lat))
    return _transformer(datum).transform(lon, lat)


def point_to_wgs84(x: float, y: float, datum: str) -> tuple[float, float]:
    """Return one point converted to WGS 84 degrees: `to_wgs84` in microseconds.

    Parameters
    ----------
    x, y
        Finite coordinates of the point, as for `to_wgs84`.
    datum
        Canonical name of the datum.

    Returns
    -------
    lon, lat : float
        At most `POINT_ERROR` degrees from the result of `to_wgs84`, whose sines may be rounded differently.

    Examples
    --------
    >>> lon, lat = point_to_wgs84(113.3050, 40.0908, "gcj02")
    >>> round(lon, 5), round(lat, 5)
    (113.29799, 40.0896)
    """
    if is_wgs84(datum):
        return x, y
    if datum == GCJ02:
        return _invert(_wgs84_to_gcj02_point, x, y)
    if datum == BD09:
        return _invert(_wgs84_to_gcj02_point, *_invert(_gcj02_to_bd09_point, x, y))
    lon, lat = _transformer(datum).transform(x, y)
    return float(lon), float(lat)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> Pair:
    """Return WGS 84 degrees converted to another datum.

    Examples
    --------
    >>> x, y = from_wgs84([113.2988], [40.09], "epsg:4547")
    >>> round(float(x[0])), round(float(y[0]))
    (440200, 4439758)
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if is_wgs84(datum):
        return x, y
    if datum == GCJ02:
        return wgs84_to_gcj02(x, y)
    if datum == BD09:
        return _gcj02_to_bd09(*wgs84_to_gcj02(x, y))
    return _transformer(datum, inverse=True).transform(x, y)


def is_wgs84(datum: str) -> bool:
    """Return whether coordinates of a datum are used as WGS 84 degrees without a conversion.

    Examples
    --------
    >>> is_wgs84("cgcs2000"), is_wgs84("gcj02")
    (True, False)
    """
    return datum in (WGS84, CGCS2000)


def is_geographic(datum: str) -> bool:
    """Return whether the coordinates of a datum are degrees.

    Examples
    --------
    >>> is_geographic("gcj02"), is_geographic("epsg:4547")
    (True, False)
    """
    return datum in NAMED_DATUMS or bool(datum_crs(datum).is_geographic)


def metres_per_unit(datum: str) -> float:
    """Return the unit of a projected datum in metres.

    Examples
    --------
    >>> metres_per_unit("epsg:4547"), round(metres_per_unit("epsg:2263"), 4)
    (1.0, 0.3048)
    """
    return float(datum_crs(datum).axis_info[0].unit_conversion_factor)


def uses_shift_grid(datum: str) -> bool:
    """Return whether a projected datum is converted by a grid of shifts, which is not smooth, instead of formulas.

    Examples
    --------
    >>> uses_shift_grid("gcj02"), uses_shift_grid("epsg:4547")
    (False, False)
    """
    return datum not in NAMED_DATUMS and "grids=" in _transformer(datum).definition


def convert(x: ArrayLike, y: ArrayLike, source: str, target: str) -> Pair:
    """Return coordinates converted from one datum to another; unchanged if both are the same.

    Parameters
    ----------
    x, y
        Coordinates in `source`, see `to_wgs84`.
    source, target
        Canonical names, see `parse_datum`.

    Examples
    --------
    >>> x, y = convert([440200.123], [4439758.456], "epsg:4547", "epsg:4547")
    >>> float(x[0]), float(y[0])
    (440200.123, 4439758.456)
    """
    if source == target:
        return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    return from_wgs84(*to_wgs84(x, y, source), target)


def wgs84_to_gcj02(lon: FloatArray, lat: FloatArray) -> Pair:
    """Return WGS 84 degrees converted to GCJ-02.

    Uses the formula that map makers in China publish; there is no official text. Outside a box around China the result
    equals the input.

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02(np.array([113.2988, 2.35]), np.array([40.09, 48.86]))
    >>> lon.round(5).tolist(), lat.round(5).tolist()
    ([113.30582, 2.35], [40.0912, 48.86])
    """
    west, east, south, north = GCJ02_BOX
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    east_deg, north_deg = _gcj02_shift(lon, lat, np)
    return np.where(inside, lon + east_deg, lon), np.where(inside, lat + north_deg, lat)


def _gcj02_shift(lon: Any, lat: Any, maths: ModuleType) -> tuple[Any, Any]:  # noqa: ANN401 - floats or arrays
    """Return the shift of GCJ-02 in degrees east and north; `maths` is `math` for floats or `numpy` for arrays."""
    east_m, north_m = _gcj02_shift_m(lon - 105.0, lat - 35.0, maths)
    phi = maths.radians(lat)
    w2 = 1.0 - _E2 * maths.sin(phi) ** 2
    meridian = _A * (1.0 - _E2) / (w2 * maths.sqrt(w2))
    parallel = _A / maths.sqrt(w2) * maths.cos(phi)
    return maths.degrees(east_m / parallel), maths.degrees(north_m / meridian)


def _gcj02_shift_m(x: Any, y: Any, maths: ModuleType) -> tuple[Any, Any]:  # noqa: ANN401 - floats or arrays
    """Return the shift in metres east and north, from degrees relative to 105°E 35°N."""
    sin, pi = maths.sin, math.pi
    root = maths.sqrt(maths.fabs(x))
    short = 20.0 * sin(6.0 * pi * x) + 20.0 * sin(2.0 * pi * x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (2.0 / 3.0) * (
        short + 20.0 * sin(pi * y) + 40.0 * sin(pi * y / 3.0) + 160.0 * sin(pi * y / 12.0) + 320.0 * sin(pi * y / 30.0)
    )
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (2.0 / 3.0) * (
        short + 20.0 * sin(pi * x) + 40.0 * sin(pi * x / 3.0) + 150.0 * sin(pi * x / 12.0) + 300.0 * sin(pi * x / 30.0)
    )
    return east, north


def _gcj02_to_bd09(lon: Any, lat: Any, maths: ModuleType = np) -> tuple[Any, Any]:  # noqa: ANN401 - floats or arrays
    radius = maths.hypot(lon, lat) + 2e-5 * maths.sin(lat * _BD_FACTOR)
    angle = maths.atan2(lat, lon) + 3e-6 * maths.cos(lon * _BD_FACTOR)
    return radius * maths.cos(angle) + 0.0065, radius * maths.sin(angle) + 0.006


def _wgs84_to_gcj02_point(lon: float, lat: float) -> tuple[float, float]:
    west, east, south, north = GCJ02_BOX
    if not (west <= lon <= east and south <= lat <= north):
        return lon, lat
    east_deg, north_deg = _gcj02_shift(lon, lat, math)
    return lon + east_deg, lat + north_deg


def _gcj02_to_bd09_point(lon: float, lat: float) -> tuple[float, float]:
    return _gcj02_to_bd09(lon, lat, math)


def _invert(forward: Callable[[Any, Any], tuple[Any, Any]], x: Any, y: Any) -> tuple[Any, Any]:  # noqa: ANN401
    """Return the solution of forward(lon, lat) = (x, y) by fixed-point iteration, for floats or arrays."""
    lon, lat = x, y
    for _ in range(_ITERATIONS):
        forward_lon, forward_lat = forward(lon, lat)
        lon, lat = lon + (x - forward_lon), lat + (y - forward_lat)
    return lon, lat


@lru_cache(maxsize=64)
def datum_crs(datum: str) -> CRS:
    """Return the CRS of a datum ``epsg:NNNN`` or ``wkt:DEFINITION``.

    Raises
    ------
    DatumError
        If the EPSG code does not exist, or is not a horizontal datum.
    """
    from pyproj import CRS  # noqa: PLC0415 - the named datums do without pyproj
    from pyproj.exceptions import CRSError  # noqa: PLC0415

    if datum.startswith(WKT_PREFIX):
        return CRS.from_wkt(datum.removeprefix(WKT_PREFIX))
    try:
        crs = CRS.from_epsg(int(datum.removeprefix("epsg:")))
    except CRSError as error:
        raise DatumError(
            "The EPSG code does not exist.", field="datum", remedy="Look the code up at epsg.org."
        ) from error
    if not (crs.is_geographic or crs.is_projected):
        raise DatumError(
            "This EPSG code is not a horizontal datum.",
            field="datum",
            remedy="Use the code of a geographic or projected CRS.",
        )
    return crs


@lru_cache(maxsize=64)
def _transformer(datum: str, *, inverse: bool = False) -> Transformer:
    from pyproj import Transformer  # noqa: PLC0415 - the named datums do without pyproj
    from pyproj.exceptions import ProjError  # noqa: PLC0415

    crs = datum_crs(datum)
    name = crs.datum.name if crs.datum else "unknown"
    # CGCS2000 is treated as WGS 84. Without allow_ballpark=False PROJ would return coordinates of unknown datums
    # unchanged; Beijing 1954 and Xi'an 1980 are tens of metres off.
    degrees = datum_crs("epsg:4490" if crs.datum == datum_crs("epsg:4490").datum else "epsg:4326")
    pair = (degrees, crs) if inverse else (crs, degrees)
    if name in _UNKNOWN_SHIFT:
        raise _unknown_shift(name)
    try:
        return Transformer.from_crs(*pair, always_xy=True, allow_ballpark=False)
    except ProjError as error:
        raise _unknown_shift(name) from error


def _unknown_shift(name: str) -> DatumError:
    return DatumError(
        f"PROJ has no transformation from {name} to WGS 84.",
        field="datum",
        remedy="Convert the points to CGCS2000 with the parameters of your surveying office.",
    )
