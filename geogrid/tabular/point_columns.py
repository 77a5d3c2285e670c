"""The coordinates of a row: in two columns, or in one such as "113.2988,40.09"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from geogrid.errors import InputError
from geogrid.model import Point
from geogrid.tabular.cell_parsing import parse_number

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Known names, normalized, of the columns of the longitude, the latitude, both, and the datum.
LON_NAMES: Final = ("经度", "lon", "lng", "long", "longitude", "x", "经度坐标")
LAT_NAMES: Final = ("纬度", "lat", "latitude", "y", "纬度坐标")
POINT_NAMES: Final = ("坐标", "经纬度", "经纬度坐标", "location", "lnglat", "lonlat", "coordinates", "point")
DATUM_NAMES: Final = ("坐标系", "坐标系统", "datum")

#: The fields that one column of both coordinates replaces, see `KnownColumns`.
INSTEAD_OF: Final = {"point": ("lon", "lat")}

_NUMBER: Final = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
#: Two numbers, in brackets or not, with a sign between them; for the engines of Python and of Arrow.
PAIR_PATTERN: Final = (
    rf"(?i)^\s*(?:POINT\s*)?[(\[（]?\s*(?P<lon>{_NUMBER})\s*[,，;；|/\s]\s*(?P<lat>{_NUMBER})\s*[)\]）]?\s*$"
)
_PAIR: Final = re.compile(PAIR_PATTERN)
_MAX_TEXT: Final = 100
_REMEDY: Final = "Write a decimal number such as 113.2988."


def read_point(values: Mapping[str, Any]) -> Point:
    """Return the point of a row from its fields lon and lat, or else from its field point.

    Raises
    ------
    InputError
        If a coordinate is missing or not a number.

    Examples
    --------
    >>> read_point({"lon": "113.2988", "lat": 40.09}), read_point({"point": "113.2988，40.09"})
    (Point(lon=113.2988, lat=40.09), Point(lon=113.2988, lat=40.09))
    """
    if "point" in values:
        return parse_point(values["point"])
    return Point(parse_number(values.get("lon"), "lon", _REMEDY), parse_number(values.get("lat"), "lat", _REMEDY))


def parse_point(cell: object) -> Point:
    """Return the point in a cell: longitude or easting first, as AMap and Baidu write it.

    Raises
    ------
    InputError
        If the cell is empty, or does not hold two numbers.

    Examples
    --------
    >>> parse_point("113.2988,40.09"), parse_point("POINT (113.2988 40.09)")
    (Point(lon=113.2988, lat=40.09), Point(lon=113.2988, lat=40.09))
    """
    if cell is None or cell == "":
        raise InputError("The value is missing.", code="missing", field="point")
    match = _PAIR.match(cell) if isinstance(cell, str) and len(cell) <= _MAX_TEXT else None
    if match is None:
        raise InputError(
            "The value is not a pair of coordinates.",
            code="type",
            field="point",
            remedy="Write longitude and latitude with a comma between them, such as 113.2988,40.09.",
        )
    return Point(float(match["lon"]), float(match["lat"]))
