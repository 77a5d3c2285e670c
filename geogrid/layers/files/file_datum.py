"""The datum of a file's coordinates: named by the file or by the caller, never guessed.

The datum given by the caller applies if the file names none. It overrides another CRS of the file in two cases only:
for GCJ-02 and BD-09, which have no EPSG code, so that such files claim WGS 84; and if the coordinates do not fit the
CRS of the file but fit the given datum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from pyproj import CRS

from geogrid.errors import DatumError
from geogrid.geo.datums import BD09, CGCS2000, GCJ02, WGS84, is_geographic, parse_datum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_SAME: Final = {WGS84, CGCS2000}
_UNNAMEABLE: Final = {GCJ02, BD09}
_MILLION: Final = 1_000_000
_FALSE_EASTING: Final = 500_000
#: First and last zone number, and the EPSG code of the first: CGCS2000 with the zone before the easting.
_PREFIXED: Final = ((13, 23, 4491), (25, 45, 4513))
#: The same projections without the zone follow after as many codes.
_BARE_AFTER: Final = {4491: 11, 4513: 21}
_REMEDY: Final = "Give the datum: wgs84, cgcs2000, gcj02, bd09 or an EPSG code."


@dataclass(frozen=True, slots=True)
class FileDatum:
    """The datum of a file, with a note if it differs from the one that the file names."""

    datum: str
    note: str | None = None


def resolve_datum(
    named: CRS | None, given: str | None, coordinates: FloatArray, *, subject: str = "The file", remedy: str = _REMEDY
) -> FileDatum:
    """Return the datum of a file or a frame.

    Parameters
    ----------
    named
        The CRS named by the file, or None.
    given
        The datum given by the caller, see `geogrid.geo.datums.parse_datum`.
    coordinates
        All vertices in the coordinates of the file, shape (n, 2). Without vertices nothing contradicts a datum.
    subject
        The source of the coordinates, as messages name it.
    remedy
        The remedy if neither the file nor the caller names a CRS.

    Raises
    ------
    DatumError
        If the datum is missing, contradicts the file, or does not fit the coordinates.
    """
    requested = parse_datum(given) if given is not None else None
    file = _datum_of_crs(named, subject) if named is not None and not _is_undefined(named) else None
    resolved = _choose_datum(file, requested, coordinates, subject, remedy)
    mismatch = datum_mismatch(resolved.datum, coordinates) if len(coordinates) else None
    if mismatch:
        raise DatumError(
            f"The coordinates do not fit {datum_label(resolved.datum)}: {mismatch}.",
            code="datum_misfit",
            field="datum",
            remedy="Give the datum of the coordinates.",
        )
    return resolved


def _choose_datum(
    file: str | None, requested: str | None, coordinates: FloatArray, subject: str, remedy: str
) -> FileDatum:
    if file is None and requested is None:
        raise DatumError(
            f"{subject} names no CRS; {_suggest_datum(coordinates)}.",
            code="datum_missing",
            field="datum",
            remedy=remedy,
        )
    if file is None or requested is None:
        return FileDatum(str(file or requested))
    if file == requested or {file, requested} <= _SAME:
        return FileDatum(requested)
    if requested in _UNNAMEABLE and file in _SAME:
        return FileDatum(
            requested, f"{subject} names {datum_label(file)}; the given datum {datum_label(requested)} is used."
        )
    if datum_mismatch(file, coordinates) and not datum_mismatch(requested, coordinates):
        return FileDatum(
            requested,
            f"{subject} names {datum_label(file)}, which does not fit the coordinates; "
            f"{datum_label(requested)} is used.",
        )
    raise DatumError(
        f"{subject} names {datum_label(file)}, but the given datum is {datum_label(requested)}.",
        code="datum_conflict",
        field="datum",
        remedy=f"Give the correct datum, or none to use that of {_lower(subject)}.",
    )


def _is_undefined(crs: CRS) -> bool:
    # GDAL writes these names into a GeoPackage without a CRS.
    return crs.type_name == "Engineering CRS" or crs.name.lower().startswith(("undefined", "unknown"))


def _lower(subject: str) -> str:
    return subject[0].lower() + subject[1:]


def _datum_of_crs(crs: CRS, subject: str) -> str:
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    flat = flat.source_crs if flat.is_bound and flat.source_crs else flat
    if flat.to_authority() == ("OGC", "CRS84"):
        return WGS84
    number = flat.to_epsg() or flat.to_2d().to_epsg()
    if number is None:
        raise DatumError(
            f"The CRS of {_lower(subject)} is not in the EPSG registry.",
            code="crs_unknown",
            field="datum",
            remedy="Transform the layer to EPSG:4490.",
        )
    return parse_datum(f"EPSG:{number}")


def datum_label(datum: str) -> str:
    """Return the display name of a datum.

    Examples
    --------
    >>> datum_label("epsg:4547"), datum_label("gcj02"), datum_label("cgcs2000")
    ('EPSG:4547', 'GCJ-02', 'CGCS2000 (EPSG:4490)')
    """
    names = {WGS84: "WGS 84 (EPSG:4326)", CGCS2000: "CGCS2000 (EPSG:4490)", GCJ02: "GCJ-02", BD09: "BD-09"}
    return names.get(datum) or datum.upper()


def datum_mismatch(datum: str, coordinates: FloatArray) -> str | None:
    """Return why coordinates do not fit a datum, judged by their magnitude; None if they fit.

    Examples
    --------
    >>> datum_mismatch("epsg:4547", np.array([[38440200.0, 4439758.0]]))
    'the eastings begin with the zone 38, which fits EPSG:4526'
    >>> datum_mismatch("epsg:4526", np.array([[440200.0, 4439758.0]]))
    'the eastings lack the zone 38, which fits EPSG:4547'
    """
    degrees = _are_degrees(coordinates)
    if is_geographic(datum):
        fits = degrees or _are_degrees(coordinates[:, ::-1]) or not _are_metres(coordinates)
        return None if fits else f"they are metres; {_suggest_datum(coordinates)}"
    if degrees:
        return "they are degrees"
    zone = _zone_prefix(datum)
    if zone is None:
        return None
    prefixes = np.floor(coordinates / _MILLION)
    mismatch = prefixes[:, 0] != zone
    if not mismatch.any():
        return None
    if (prefixes[:, 1] == zone).all():
        return "easting and northing are swapped"
    return _describe_zone(datum, zone, int(prefixes[mismatch, 0][0]))


def _describe_zone(datum: str, zone: int, prefixes: int) -> str:
    fits = _epsg_of_zone(prefixes)
    if fits:
        return f"the eastings begin with the zone {prefixes}, which fits EPSG:{fits}"
    number = int(datum.removeprefix("epsg:"))
    for first, _, start in _PREFIXED:
        if prefixes == 0 and start <= number < start + _BARE_AFTER[start]:
            return f"the eastings lack the zone {first + number - start}, which fits EPSG:{number + _BARE_AFTER[start]}"
    if prefixes == 0:
        return f"the eastings lack the zone {zone}"
    return "the eastings are out of its range"


def _suggest_datum(coordinates: FloatArray) -> str:
    if _are_degrees(coordinates):
        return "its coordinates are degrees (wgs84, cgcs2000, gcj02 or bd09)"
    prefix = int(np.floor(coordinates[0, 0] / _MILLION))
    fits = _epsg_of_zone(prefix)
    if fits:
        return f"its eastings begin with the zone {prefix}, which fits EPSG:{fits}"
    if prefix == 0:
        return "the eastings have no zone number, which fits EPSG:4534 (75°E) to 4554 (135°E), 3° each"
    return "its coordinates are metres"


def _epsg_of_zone(zone: int) -> int | None:
    """Return the EPSG code of CGCS2000 with this zone prefix: zones 13–23 are 6° wide, 25–45 are 3° wide."""
    return next((start + zone - first for first, last, start in _PREFIXED if first <= zone <= last), None)


@lru_cache(maxsize=64)
def _zone_prefix(datum: str) -> int | None:
    """Return the zone prefix (millions of the easting) of a Gauss-Krüger or UTM zone; None for other projections."""
    operation = CRS.from_epsg(int(datum.removeprefix("epsg:"))).coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    false_easting = next((parameter.value for parameter in operation.params if parameter.name == "False easting"), 0)
    zone, rest = divmod(float(false_easting), _MILLION)
    return int(zone) if rest == _FALSE_EASTING else None


def _are_degrees(coordinates: FloatArray) -> bool:
    return bool((np.abs(coordinates) <= (180.0, 90.0)).all())


def _are_metres(coordinates: FloatArray) -> bool:
    return bool((np.abs(coordinates) > 180.0).any(axis=1).all())  # noqa: PLR2004 - degrees
