"""Projections for prints: the choice for a place, and their properties there."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, hypot
from typing import TYPE_CHECKING, Final

from pyproj import Geod

from geogrid.geo.datums import datum_crs, from_wgs84, metres_per_unit

if TYPE_CHECKING:
    from pyproj import CRS

_GEOD: Final = Geod(ellps="WGS84")
#: CGCS2000 / 3-degree Gauss-Krüger without zone prefix: code of the zone of 75°E, and number of zones.
_CGCS2000_EPSG: Final = 4534
_CGCS2000_FIRST_MERIDIAN: Final = 75
_CGCS2000_ZONES: Final = 21
_UTM_NORTH, _UTM_SOUTH, _UTM_ZONES = 32600, 32700, 60
#: UTM ends at these latitudes; WGS 84 / UPS North and South (E,N) follow.
_UTM_NORTHERNMOST, _UTM_SOUTHERNMOST = 84.0, -80.0
_UPS_NORTH, _UPS_SOUTH = 5041, 5042
_MERIDIANS: Final = ("Longitude of natural origin", "Longitude of false origin", "Longitude of projection centre")
#: Length of the line on which direction and scale are measured, in degrees of latitude.
_STEP_DEG: Final = 1e-4


@dataclass(frozen=True, slots=True)
class ProjectionAtPlace:
    """Properties of a projection at a place.

    Attributes
    ----------
    name
        Name in the EPSG registry.
    epsg
        Its code.
    meridian
        Central meridian, degrees east; None for a projection without one.
    scale
        Length on the map, by its scale, of one metre along the meridian.
    north_deg
        Direction of true north on the map, in degrees clockwise from up.
    """

    name: str
    epsg: str
    meridian: float | None
    scale: float
    north_deg: float


def choose_projection(lon: float, lat: float) -> str:
    """Return the projection for a map of a district by its centre, in WGS 84 degrees.

    In China the 3-degree Gauss-Krüger zone of CGCS2000 without zone prefix, elsewhere UTM, at the poles UPS.

    Examples
    --------
    >>> choose_projection(113.3, 40.1), choose_projection(-87.7, 41.9), choose_projection(151.2, -33.9)
    ('epsg:4547', 'epsg:32616', 'epsg:32756')
    """
    if (china := _find_cgcs2000_zone(lon, lat)) is not None:
        return f"epsg:{china}"
    if not _UTM_SOUTHERNMOST <= lat <= _UTM_NORTHERNMOST:
        return f"epsg:{_UPS_NORTH if lat > 0 else _UPS_SOUTH}"
    zone = min(int((lon + 180) // 6) + 1, _UTM_ZONES)
    return f"epsg:{(_UTM_NORTH if lat >= 0 else _UTM_SOUTH) + zone}"


def describe_projection(projection: str, lon: float, lat: float) -> ProjectionAtPlace:
    """Return the properties of a projection at a place in WGS 84 degrees.

    Parameters
    ----------
    projection
        Canonical name, see `geogrid.geo.datums.parse_datum`.

    Examples
    --------
    >>> chicago = describe_projection("epsg:32616", -87.7, 41.9)
    >>> chicago.name, chicago.meridian, round(chicago.scale, 4), round(chicago.north_deg, 2)
    ('WGS 84 / UTM zone 16N', -87.0, 0.9996, 0.47)
    """
    crs = datum_crs(projection)
    # Half a step each way; the poles have no farther latitude.
    south, north = max(lat - _STEP_DEG / 2, -90.0), min(lat + _STEP_DEG / 2, 90.0)
    x, y = from_wgs84([lon, lon], [south, north], projection)
    east, up = (float(axis[1] - axis[0]) * metres_per_unit(projection) for axis in (x, y))
    return ProjectionAtPlace(
        name=crs.name,
        epsg=projection.removeprefix("epsg:"),
        meridian=_central_meridian(crs),
        scale=hypot(east, up) / _GEOD.inv(lon, south, lon, north)[2],
        north_deg=degrees(atan2(east, up)),
    )


def points_up(projection: str) -> bool:
    """Return whether the coordinates of a projection grow to the east and to the north.

    Examples
    --------
    In EPSG:2054 they grow to the west and to the south.

    >>> points_up("epsg:4547"), points_up("epsg:2054")
    (True, False)
    """
    return {axis.direction for axis in datum_crs(projection).axis_info} == {"east", "north"}


def _find_cgcs2000_zone(lon: float, lat: float) -> int | None:
    zone = round((lon - _CGCS2000_FIRST_MERIDIAN) / 3)
    if not 0 <= zone < _CGCS2000_ZONES:
        return None
    area = datum_crs(f"epsg:{_CGCS2000_EPSG + zone}").area_of_use
    inside = area is not None and area.west <= lon <= area.east and area.south <= lat <= area.north
    return _CGCS2000_EPSG + zone if inside else None


def _central_meridian(crs: CRS) -> float | None:
    found = crs.coordinate_operation.params if crs.coordinate_operation else []
    return next((float(one.value) for one in found if one.name in _MERIDIANS), None)
