"""Which datum the coordinates of a file are in: said by the file, by the caller, or asked for. Never guessed.

The caller's word stands where the file is silent. Against a file that names another CRS it stands in two cases only:
for GCJ-02 and BD-09, which have no EPSG code, so that a file in them can but call itself WGS 84; and where the file's
coordinates cannot be in the CRS that it names, but can be in the one given.
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
_REMEDY: Final = "Name it: wgs84, cgcs2000, gcj02, bd09 or an EPSG code."


@dataclass(frozen=True, slots=True)
class FileDatum:
    """A datum, and why it was taken."""

    datum: str
    note: str | None = None


def settle(
    named: CRS | None, given: str | None, coordinates: FloatArray, *, subject: str = "The file", remedy: str = _REMEDY
) -> FileDatum:
    """Settle the datum of a file or a frame.

    Parameters
    ----------
    named
        The CRS that the file names.
    given
        The datum that the caller names, see `geogrid.geo.datums.parse_datum`.
    coordinates
        All vertices, shape (n, 2); without one nothing contradicts a datum.
    subject
        What the coordinates come from, as messages name it.
    remedy
        What to do where neither names a CRS.

    Raises
    ------
    DatumError
        If there is none, if the two contradict each other, or if the coordinates cannot be in it.
    """
    asked = parse_datum(given) if given is not None else None
    file = _canonical(named, subject) if named is not None and not _is_undefined(named) else None
    settled = _choose(file, asked, coordinates, subject, remedy)
    wrong = misfit(settled.datum, coordinates) if len(coordinates) else None
    if wrong:
        raise DatumError(
            f"The coordinates are not in {label(settled.datum)}: {wrong}.",
            code="datum_misfit",
            field="datum",
            remedy="Give the datum that they are in.",
        )
    return settled


def _choose(file: str | None, asked: str | None, coordinates: FloatArray, subject: str, remedy: str) -> FileDatum:
    if file is None and asked is None:
        raise DatumError(
            f"{subject} names no CRS; {_hint(coordinates)}.", code="datum_missing", field="datum", remedy=remedy
        )
    if file is None or asked is None:
        return FileDatum(str(file or asked))
    if file == asked or {file, asked} <= _SAME:
        return FileDatum(asked)
    if asked in _UNNAMEABLE and file in _SAME:
        return FileDatum(asked, f"{subject} says {label(file)}; {label(asked)} was given and is used.")
    if misfit(file, coordinates) and not misfit(asked, coordinates):
        note = f"{subject} says {label(file)}, which its coordinates are not in; {label(asked)} is used."
        return FileDatum(asked, note)
    raise DatumError(
        f"{subject} says {label(file)}, but {label(asked)} was given.",
        code="datum_conflict",
        field="datum",
        remedy=f"Give the one that is right, or none; correct {_lower(subject)} if it is wrong.",
    )


def _is_undefined(crs: CRS) -> bool:
    # What GDAL writes into a GeoPackage where it knows nothing.
    return crs.type_name == "Engineering CRS" or crs.name.lower().startswith(("undefined", "unknown"))


def _lower(subject: str) -> str:
    return subject[0].lower() + subject[1:]


def _canonical(crs: CRS, subject: str) -> str:
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    flat = flat.source_crs if flat.is_bound and flat.source_crs else flat
    if flat.to_authority() == ("OGC", "CRS84"):
        return WGS84
    number = flat.to_epsg() or flat.to_2d().to_epsg()
    if number is None:
        raise DatumError(
            f"The CRS that {_lower(subject)} names is not in the EPSG register.",
            code="crs_unknown",
            field="datum",
            remedy="Transform the layer to EPSG:4490 first.",
        )
    return parse_datum(f"EPSG:{number}")


def label(datum: str) -> str:
    """Return a datum as people write it.

    Examples
    --------
    >>> label("epsg:4547"), label("gcj02"), label("cgcs2000")
    ('EPSG:4547', 'GCJ-02', 'CGCS2000 (EPSG:4490)')
    """
    names = {WGS84: "WGS 84 (EPSG:4326)", CGCS2000: "CGCS2000 (EPSG:4490)", GCJ02: "GCJ-02", BD09: "BD-09"}
    return names.get(datum) or datum.upper()


def misfit(datum: str, coordinates: FloatArray) -> str | None:
    """Say why coordinates cannot be in a datum, judged by their size; None if they can.

    Examples
    --------
    >>> misfit("epsg:4547", np.array([[38440200.0, 4439758.0]]))
    'the eastings begin with the zone 38, which fits EPSG:4526'
    >>> misfit("epsg:4526", np.array([[440200.0, 4439758.0]]))
    'the eastings lack the zone 38, which fits EPSG:4547'
    """
    degrees = _are_degrees(coordinates)
    if is_geographic(datum):
        swapped = _are_degrees(coordinates[:, ::-1])
        return None if degrees or swapped or not _are_metres(coordinates) else f"they are metres; {_hint(coordinates)}"
    if degrees:
        return "they are degrees"
    zone = _zone(datum)
    if zone is None:
        return None
    found = np.floor(coordinates / _MILLION)
    wrong = found[:, 0] != zone
    if not wrong.any():
        return None
    if (found[:, 1] == zone).all():
        return "easting and northing are the wrong way round"
    return _fitting(datum, zone, int(found[wrong, 0][0]))


def _fitting(datum: str, zone: int, found: int) -> str:
    fits = _prefixed(found)
    if fits:
        return f"the eastings begin with the zone {found}, which fits EPSG:{fits}"
    number = int(datum.removeprefix("epsg:"))
    for first, _, start in _PREFIXED:
        if found == 0 and start <= number < start + _BARE_AFTER[start]:
            return f"the eastings lack the zone {first + number - start}, which fits EPSG:{number + _BARE_AFTER[start]}"
    if found == 0:
        return f"the eastings lack the zone {zone}"
    return "the eastings are out of its range"


def _hint(coordinates: FloatArray) -> str:
    if _are_degrees(coordinates):
        return "its coordinates are degrees (wgs84, cgcs2000, gcj02 or bd09)"
    prefix = int(np.floor(coordinates[0, 0] / _MILLION))
    fits = _prefixed(prefix)
    if fits:
        return f"its eastings begin with the zone {prefix}, which fits EPSG:{fits}"
    if prefix == 0:
        return "its eastings have no zone, which fits EPSG:4534 to 4554 (4547 is 114°E, 4546 is 111°E)"
    return "its coordinates are metres"


def _prefixed(zone: int) -> int | None:
    """Return the EPSG code of CGCS2000 with this zone before the easting: 13–23 are 6° wide, 25–45 are 3°."""
    return next((start + zone - first for first, last, start in _PREFIXED if first <= zone <= last), None)


@lru_cache(maxsize=64)
def _zone(datum: str) -> int | None:
    """Return the millions of the eastings of a Gauss-Krüger or UTM zone; None for other projections."""
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
