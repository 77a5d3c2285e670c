"""The datum of a file's coordinates: named by the file or by the caller, never guessed.

The datum given by the caller applies if the file names none. It overrides another CRS of the file in two cases only:
for GCJ-02 and BD-09, which have no EPSG code, so that such files claim WGS 84; and if the coordinates do not fit the
CRS of the file but fit the given datum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.errors import DatumError
from geogrid.geo.coordinate_checks import datum_label, datum_mismatch, suggest_datum
from geogrid.geo.datums import BD09, CGCS2000, GCJ02, WGS84, WKT_PREFIX
from geogrid.geo.local_projections import crs_datum, parse_projection

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pyproj import CRS

    FloatArray = NDArray[np.float64]

_SAME: Final = {WGS84, CGCS2000}
_UNNAMEABLE: Final = {GCJ02, BD09}
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
    requested = parse_projection(given) if given is not None else None
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
            f"{subject} names no CRS; {suggest_datum(coordinates)}.",
            code="datum_missing",
            field="datum",
            remedy=remedy,
        )
    if file is not None and file.startswith(WKT_PREFIX) and requested in {None, file}:
        label = datum_label(file)
        return FileDatum(file, f"{subject} defines its own projection and is read by that definition: {label}.")
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
    raise conflict_error(file, requested, subject)


def conflict_error(named: str, given: str, subject: str = "The file") -> DatumError:
    """Return the error for a file that names another datum than the caller gives."""
    return DatumError(
        f"{subject} names {datum_label(named)}, but the given datum is {datum_label(given)}.",
        code="datum_conflict",
        field="datum",
        remedy=f"Give the correct datum, or correct that of {_lower(subject)}.",
    )


def _is_undefined(crs: CRS) -> bool:
    # GDAL writes these names into a GeoPackage without a CRS.
    return crs.type_name == "Engineering CRS" or crs.name.lower().startswith(("undefined", "unknown"))


def _lower(subject: str) -> str:
    return subject[0].lower() + subject[1:]


def _datum_of_crs(crs: CRS, subject: str) -> str:
    try:
        return crs_datum(crs)
    except DatumError as error:
        message = error.message.replace("The CRS", f"The CRS of {_lower(subject)}", 1)
        raise DatumError(message, code=error.code, field=error.field, remedy=error.remedy) from error
