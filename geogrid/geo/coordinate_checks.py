"""Checks of coordinates against their datum, in the same words for layers, points of files and single points.

Coordinates show some faults of their datum by their magnitude: exchanged axes, degrees in a projected CRS, metres in a
geographic one, and a zone number before the easting or a missing one. They do not show GCJ-02 or BD-09; see
`geogrid.locate.datum_check`.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.errors import CoordinateError
from geogrid.geo.datums import BD09, CGCS2000, GCJ02, WGS84, WKT_PREFIX, datum_crs, is_geographic, point_to_wgs84

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

_MILLION: Final = 1_000_000
_FALSE_EASTING: Final = 500_000
#: First and last zone number, and the EPSG code of the first: CGCS2000 with the zone before the easting.
_PREFIXED: Final = ((13, 23, 4491), (25, 45, 4513))
#: The same projections without the zone follow after as many codes.
_BARE_AFTER: Final = {4491: 11, 4513: 21}
#: Both coordinates of a pair of metres are larger. A mistyped degree is rarely large in both.
_SMALLEST_METRES: Final = 10_000.0
_MAX_LON, _MAX_LAT = 180.0, 90.0


class CoordinateFault(IntEnum):
    """The reason why a pair of coordinates is invalid; 0 for a valid pair."""

    NONE = 0
    NOT_FINITE = 1
    OUT_OF_RANGE = 2
    SWAPPED = 3
    AXES_SWAPPED = 4
    DEGREES = 5
    METRES = 6
    ZONE_GIVEN = 7
    ZONE_MISSING = 8


#: Words for coordinates that do not fit the datum, after "The coordinates do not fit …: ".
_MISFITS: Final = {
    CoordinateFault.DEGREES: "they are degrees",
    CoordinateFault.METRES: "they are metres",
    CoordinateFault.ZONE_GIVEN: "the easting begins with a zone number",
    CoordinateFault.ZONE_MISSING: "the easting lacks the zone number",
}
_MISFIT_REMEDIES: Final = {
    CoordinateFault.DEGREES: "Give the datum of the degrees: wgs84, cgcs2000, gcj02 or bd09.",
    CoordinateFault.METRES: "Give the EPSG code of the projection, such as EPSG:4549.",
    CoordinateFault.ZONE_GIVEN: "Give the EPSG code with that zone, such as EPSG:4528 for zone 40.",
    CoordinateFault.ZONE_MISSING: "Give the EPSG code without zone number, such as EPSG:4549 for zone 40.",
}
_AXES_SWAPPED: Final = "easting and northing are the wrong way round"
_FAULT_TEXT: Final = {
    CoordinateFault.NOT_FINITE: ("not_finite", "A coordinate is not a finite number.", "Send plain decimal numbers."),
    CoordinateFault.OUT_OF_RANGE: (
        "out_of_range",
        "The coordinates are out of range in this datum.",
        "Longitude lies in -180..180 and latitude in -90..90 degrees; a projected datum takes metres.",
    ),
    CoordinateFault.SWAPPED: (
        "coordinates_swapped",
        "Longitude and latitude are the wrong way round.",
        "Send longitude first, then latitude.",
    ),
    CoordinateFault.AXES_SWAPPED: (
        "coordinates_swapped",
        "The easting and northing are the wrong way round.",
        "Give the easting as lon and the northing as lat; in Chinese surveys X is the northing (--lon Y --lat X).",
    ),
    **{
        fault: ("datum_misfit", f"The coordinates do not fit this datum: {words}.", _MISFIT_REMEDIES[fault])
        for fault, words in _MISFITS.items()
    },
}


def find_faults(x: ArrayLike, y: ArrayLike, datum: str) -> NDArray[np.uint8]:
    """Return the `CoordinateFault` of each pair of coordinates.

    A pair is swapped if the exchanged pair is valid and the pair itself is not. `geogrid.geo.datums.to_wgs84` returns
    infinity for a projected pair out of range, which is not found here.

    Examples
    --------
    >>> find_faults([113.3, 40.09, float("nan"), 500.0, 440200.0], [40.09, 113.3, 40.0, 40.0, 4439758.0], "wgs84").tolist()
    [0, 3, 1, 2, 6]
    >>> find_faults([440200.0, 4439758.0, 113.3, 38440200.0], [4439758.0, 440200.0, 40.09, 4439758.0], "epsg:4547").tolist()
    [0, 4, 5, 7]
    """  # noqa: E501 - an example
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    find = _find_geographic_faults if is_geographic(datum) else _find_projected_faults
    faults = find(first, second, datum)
    faults[~(np.isfinite(first) & np.isfinite(second))] = CoordinateFault.NOT_FINITE
    return faults


def check_coordinates(x: float, y: float, datum: str) -> None:
    """Raise if a pair of coordinates is invalid in a datum.

    Raises
    ------
    CoordinateError
        If the axes are swapped, or the coordinates are not finite, out of range or those of another datum.

    Examples
    --------
    >>> check_coordinates(113.3, 40.09, "wgs84")
    >>> check_coordinates(40.09, 113.3, "wgs84")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    geogrid.errors.CoordinateError: lat: Longitude and latitude are the wrong way round. Send longitude first, ...
    """
    if is_geographic(datum) and abs(x) <= _MAX_LON and abs(y) <= _MAX_LAT:
        return
    fault = CoordinateFault(find_faults([x], [y], datum)[0])
    if not (fault or is_geographic(datum) or np.isfinite(point_to_wgs84(x, y, datum)).all()):
        fault = CoordinateFault.OUT_OF_RANGE
    if fault in _MISFITS:
        raise CoordinateError(
            f"The coordinates do not fit {datum_label(datum)}: {datum_mismatch(datum, np.array([[x, y]]))}.",
            code="datum_misfit",
            remedy=_MISFIT_REMEDIES[fault],
        )
    if fault is not CoordinateFault.NONE:
        raise coordinate_error(fault)


def coordinate_error(fault: CoordinateFault) -> CoordinateError:
    """Return the error for a `CoordinateFault`."""
    code, message, remedy = _FAULT_TEXT[fault]
    field = "lat" if fault in (CoordinateFault.SWAPPED, CoordinateFault.AXES_SWAPPED) else None
    return CoordinateError(message, code=code, field=field, remedy=remedy)


def datum_label(datum: str) -> str:
    """Return the display name of a datum.

    Examples
    --------
    >>> datum_label("epsg:4547"), datum_label("gcj02"), datum_label("cgcs2000")
    ('EPSG:4547', 'GCJ-02', 'CGCS2000 (EPSG:4490)')
    """
    if datum.startswith(WKT_PREFIX):
        from geogrid.geo.local_projections import describe_local_projection  # noqa: PLC0415 - pyproj is slow to import

        return describe_local_projection(datum)
    names = {WGS84: "WGS 84 (EPSG:4326)", CGCS2000: "CGCS2000 (EPSG:4490)", GCJ02: "GCJ-02", BD09: "BD-09"}
    return names.get(datum) or datum.upper()


def datum_mismatch(datum: str, coordinates: FloatArray) -> str | None:
    """Return why all coordinates of a file do not fit a datum, judged by their magnitude; None if they fit.

    Parameters
    ----------
    datum
        Canonical name of the datum.
    coordinates
        Coordinates, shape (n, 2).

    Examples
    --------
    >>> datum_mismatch("epsg:4547", np.array([[38440200.0, 4439758.0]]))
    'the eastings begin with the zone 38, which fits EPSG:4526'
    >>> datum_mismatch("epsg:4526", np.array([[440200.0, 4439758.0]]))
    'the eastings lack the zone 38, which fits EPSG:4547'
    >>> datum_mismatch("epsg:4547", np.array([[4439758.0, 440200.0]]))
    'easting and northing are the wrong way round'
    """
    degrees = are_degrees(coordinates)
    if is_geographic(datum):
        fits = degrees or are_degrees(coordinates[:, ::-1]) or not _are_metres(coordinates)
        return None if fits else f"{_MISFITS[CoordinateFault.METRES]}; {suggest_datum(coordinates)}"
    if degrees:
        return _MISFITS[CoordinateFault.DEGREES]
    zone = _zone_prefix(datum)
    if zone is None:
        return None
    prefixes = np.floor(coordinates / _MILLION)
    mismatch = prefixes[:, 0] != zone
    if not mismatch.any():
        return None
    if (prefixes[:, 1] == zone).all():
        return _AXES_SWAPPED
    return _describe_zone(datum, zone, int(prefixes[mismatch, 0][0]))


def suggest_datum(coordinates: FloatArray) -> str:
    """Return a clause that names the datums that fit the magnitude of coordinates.

    Examples
    --------
    >>> suggest_datum(np.array([[38440200.0, 4439758.0]]))
    'its eastings begin with the zone 38, which fits EPSG:4526'
    """
    if are_degrees(coordinates):
        return "its coordinates are degrees (wgs84, cgcs2000, gcj02 or bd09)"
    prefix = int(np.floor(coordinates[0, 0] / _MILLION))
    fits = _epsg_of_zone(prefix)
    if fits:
        return f"its eastings begin with the zone {prefix}, which fits EPSG:{fits}"
    if prefix == 0:
        return "the eastings have no zone number, which fits EPSG:4534 (75°E) to 4554 (135°E), 3° each"
    return "its coordinates are metres"


def are_degrees(coordinates: FloatArray) -> bool:
    """Return whether all coordinates, shape (n, 2), are within the ranges of longitude and latitude."""
    return bool((np.abs(coordinates) <= (_MAX_LON, _MAX_LAT)).all())


def _find_geographic_faults(lon: FloatArray, lat: FloatArray, _datum: str) -> NDArray[np.uint8]:
    faults = np.full(lon.shape, CoordinateFault.NONE, dtype=np.uint8)
    wrong = ~_on_earth(lon, lat)
    if wrong.any():
        faults[wrong] = CoordinateFault.OUT_OF_RANGE
        faults[wrong & _on_earth(lat, lon)] = CoordinateFault.SWAPPED
        faults[wrong & (np.minimum(np.abs(lon), np.abs(lat)) > _SMALLEST_METRES)] = CoordinateFault.METRES
    return faults


def _find_projected_faults(x: FloatArray, y: FloatArray, datum: str) -> NDArray[np.uint8]:
    faults = np.full(x.shape, CoordinateFault.NONE, dtype=np.uint8)
    zone = _zone_prefix(datum)
    if zone is not None:
        wrong = (x < zone * _MILLION) | (x >= (zone + 1) * _MILLION)
        if wrong.any():
            prefixes = np.floor(x / _MILLION)
            faults[wrong & (prefixes == 0)] = CoordinateFault.ZONE_MISSING
            faults[wrong & np.isin(prefixes, _ZONES)] = CoordinateFault.ZONE_GIVEN
            faults[wrong & (np.floor(y / _MILLION) == zone)] = CoordinateFault.AXES_SWAPPED
    faults[_on_earth(x, y)] = CoordinateFault.DEGREES
    return faults


def _on_earth(lon: FloatArray, lat: FloatArray) -> NDArray[np.bool_]:
    return (np.abs(lon) <= _MAX_LON) & (np.abs(lat) <= _MAX_LAT)


def _are_metres(coordinates: FloatArray) -> bool:
    return bool((np.abs(coordinates) > _MAX_LON).any(axis=1).all())


def _describe_zone(datum: str, zone: int, prefixes: int) -> str:
    fits = _epsg_of_zone(prefixes)
    if fits:
        return f"the eastings begin with the zone {prefixes}, which fits EPSG:{fits}"
    number = 0 if datum.startswith(WKT_PREFIX) else int(datum.removeprefix("epsg:"))
    for first, _, start in _PREFIXED:
        if prefixes == 0 and start <= number < start + _BARE_AFTER[start]:
            return f"the eastings lack the zone {first + number - start}, which fits EPSG:{number + _BARE_AFTER[start]}"
    if prefixes == 0:
        return f"the eastings lack the zone {zone}"
    return "the eastings are out of its range"


def _epsg_of_zone(zone: int) -> int | None:
    """Return the EPSG code of CGCS2000 with this zone prefix: zones 13–23 are 6° wide, 25–45 are 3° wide."""
    return next((start + zone - first for first, last, start in _PREFIXED if first <= zone <= last), None)


_ZONES: Final = [zone for first, last, _ in _PREFIXED for zone in range(first, last + 1)]


@lru_cache(maxsize=64)
def _zone_prefix(datum: str) -> int | None:
    """Return the zone prefix (millions of the easting) of a Gauss-Krüger or UTM zone; None for other projections."""
    operation = datum_crs(datum).coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    false_easting = next((parameter.value for parameter in operation.params if parameter.name == "False easting"), 0)
    zone, rest = divmod(float(false_easting), _MILLION)
    return int(zone) if rest == _FALSE_EASTING else None
