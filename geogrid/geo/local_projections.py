"""Projections that only a file defines, such as a city's own Gauss-Krüger zone with a central meridian of 113°20'.

Their datum is CGCS2000, WGS 84 or another one with a known shift to WGS 84. Their canonical name is the definition
itself, see `geogrid.geo.datums`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pyproj import CRS
from pyproj.exceptions import CRSError

from geogrid.errors import DatumError
from geogrid.geo.datums import CGCS2000, WGS84, WKT_PREFIX, datum_crs, from_wgs84, parse_datum

if TYPE_CHECKING:
    from pathlib import Path

_MAX_BYTES: Final = 10_000
#: Names of the datum CGCS2000 in the files of GIS software, in lower case without blanks, hyphens and underscores.
_CGCS2000_NAMES: Final = {
    "china2000", "dchina2000", "cgcs2000", "dcgcs2000", "chinageodeticcoordinatesystem2000",
    "dchinageodeticcoordinatesystem2000", "gcschinageodeticcoordinatesystem2000",
}  # fmt: skip
_WGS84_NAMES: Final = {"worldgeodeticsystem1984", "worldgeodeticsystem1984ensemble", "wgs1984", "dwgs1984", "wgs84"}
#: Semi-major axis in metres and inverse flattening.
_ELLIPSOIDS: Final = {CGCS2000: (6378137.0, 298.257222101), WGS84: (6378137.0, 298.257223563)}
_CONFIDENCE: Final = 20


def name_local_projection(crs: CRS) -> str:
    """Return the canonical datum of a CRS without an EPSG code.

    Parameters
    ----------
    crs
        A geographic or projected CRS.

    Returns
    -------
    str
        A name of `geogrid.geo.datums`: an EPSG code or a named datum if the definition equals it, else
        ``wkt:DEFINITION``.

    Raises
    ------
    DatumError
        If the CRS is not horizontal, or if its shift to WGS 84 is unknown.

    Examples
    --------
    >>> name_local_projection(CRS.from_user_input("+proj=tmerc +lon_0=113 +x_0=500000 +datum=WGS84")).startswith("wkt:")
    True
    """
    base = _base_datum(crs)
    if crs.is_geographic and base and crs.axis_info[0].unit_name == "degree":
        return base
    geodetic = crs.geodetic_crs
    if not crs.is_projected or geodetic is None or geodetic.datum is None:
        raise _unknown(f"{crs.name} is neither a projection nor a known geographic CRS")
    if base:
        crs = _replace_base(crs, base)
    elif not _is_registered(geodetic):
        raise _unknown(f"the shift of its datum {geodetic.datum.name} to WGS 84 is unknown")
    number = crs.to_epsg(min_confidence=_CONFIDENCE)
    if number is not None and _parameters(crs) == _parameters(CRS.from_epsg(number)):
        return parse_datum(f"EPSG:{number}")
    datum = f"{WKT_PREFIX}{crs.to_wkt()}"
    try:
        from_wgs84([0.0], [0.0], datum)
    except DatumError as error:
        raise _unknown(f"the shift of its datum {geodetic.datum.name} to WGS 84 is unknown") from error
    return datum


def read_projection(path: Path) -> str:
    """Return the canonical datum of a file with well-known text, such as the .prj file of a Shapefile.

    Raises
    ------
    DatumError
        If the file is no definition of a CRS, or if its shift to WGS 84 is unknown.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "zone.prj")
    ...     _ = path.write_text(CRS.from_epsg(4547).to_wkt("WKT1_ESRI"))
    ...     read_projection(path)
    'epsg:4547'
    """
    try:
        with path.open("rb") as file:
            crs = CRS.from_wkt(file.read(_MAX_BYTES).decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, CRSError) as error:
        raise DatumError(
            f"{path.name}: The file is not the definition of a CRS.",
            code="crs_unknown",
            field="datum",
            remedy="Give the .prj file of a Shapefile.",
        ) from error
    return crs_datum(crs)


def parse_projection(text: str) -> str:
    """Return the canonical datum of a name, as `parse_datum`; the canonical name of a local projection is unchanged.

    Examples
    --------
    >>> parse_projection("CGCS2000")
    'cgcs2000'
    """
    return text if text.startswith(WKT_PREFIX) else parse_datum(text)


def crs_datum(crs: CRS) -> str:
    """Return the canonical datum of a CRS.

    Raises
    ------
    DatumError
        As `name_local_projection`.

    Examples
    --------
    >>> crs_datum(CRS.from_epsg(4547)), crs_datum(CRS.from_user_input("OGC:CRS84"))
    ('epsg:4547', 'wgs84')
    """
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    flat = flat.source_crs if flat.is_bound and flat.source_crs else flat
    if flat.to_authority() == ("OGC", "CRS84"):
        return WGS84
    number = flat.to_epsg() or flat.to_2d().to_epsg()
    return name_local_projection(flat.to_2d()) if number is None else parse_datum(f"EPSG:{number}")


def describe_local_projection(datum: str) -> str:
    """Return name, method, datum and central meridian of a local projection.

    Examples
    --------
    >>> crs = CRS.from_user_input("+proj=tmerc +lon_0=113.3333 +x_0=500000 +datum=WGS84 +title=x")
    >>> describe_local_projection(name_local_projection(crs))
    'x (Transverse Mercator on World Geodetic System 1984 ensemble, central meridian 113.3333°)'
    """
    crs = datum_crs(datum)
    operation = crs.coordinate_operation
    values = {parameter.name: parameter.value for parameter in operation.params} if operation else {}
    meridian = values.get("Longitude of natural origin")
    words = (
        f"{operation.method_name if operation else 'unknown method'} on {crs.datum.name if crs.datum else 'unknown'}"
    )
    return f"{crs.name} ({words}{'' if meridian is None else f', central meridian {meridian:.7g}°'})"


def _base_datum(crs: CRS) -> str | None:
    """Return CGCS2000 or WGS 84 if this is the datum of a CRS by its name and ellipsoid."""
    if crs.datum is None or crs.ellipsoid is None or (crs.prime_meridian and crs.prime_meridian.longitude):
        return None
    name = re.sub(r"[\s_-]", "", crs.datum.name).lower()
    axis, flattening = crs.ellipsoid.semi_major_metre, crs.ellipsoid.inverse_flattening
    for datum, names in ((CGCS2000, _CGCS2000_NAMES), (WGS84, _WGS84_NAMES)):
        if name in names and abs(axis - _ELLIPSOIDS[datum][0]) + abs(flattening - _ELLIPSOIDS[datum][1]) < 1e-6:  # noqa: PLR2004 - rounding of the file
            return datum
    return None


def _is_registered(geodetic: CRS) -> bool:
    """Return whether EPSG has the datum. PROJ regards a datum named unknown as the same as any other."""
    number = geodetic.to_epsg()
    registered = None if number is None else CRS.from_epsg(number).datum
    return registered is not None and geodetic.datum is not None and registered.name == geodetic.datum.name


def _replace_base(crs: CRS, base: str) -> CRS:
    """Return a projection on the registered CRS of its datum; files spell the datum in many ways."""
    content: dict[str, Any] = crs.to_json_dict()
    content["base_crs"] = CRS.from_epsg(4490 if base == CGCS2000 else 4326).to_json_dict()
    return CRS.from_json_dict(content)


def _parameters(crs: CRS) -> tuple[object, ...]:
    operation = crs.coordinate_operation
    datum = crs.datum.name if crs.datum else ""
    if operation is None:
        return (datum,)
    values = sorted((parameter.name, round(float(parameter.value), 9)) for parameter in operation.params)
    return datum, operation.method_name, crs.axis_info[0].unit_conversion_factor, *values


def _unknown(reason: str) -> DatumError:
    return DatumError(
        f"The CRS is not in the EPSG registry, and {reason}.",
        code="crs_unknown",
        field="datum",
        remedy="Transform the layer to CGCS2000 (EPSG:4490) with the parameters of your surveying office.",
    )
