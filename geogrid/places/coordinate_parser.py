"""Parsing of coordinates in text: decimal degrees in either order, or degrees, minutes and seconds."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from geogrid.model import Point

#: Ranges of coordinates in China. They do not overlap, so the order of a pair is unambiguous.
_LON: Final = (73.0, 136.0)
_LAT: Final = (3.0, 54.0)
_NUMBER: Final = r"(\d{1,3}(?:\.\d+)?)\s*[°度]?"
_PAIR: Final = re.compile(rf"[(\[]?\s*{_NUMBER}\s*[,;\s/]\s*{_NUMBER}\s*[)\]]?")
_AXIS: Final = r"(?P<axis>[EN]|[东北][经纬]|[经纬]度?)?\s*:?\s*"
_DEGREES: Final = (
    r"(?P<degrees>\d{1,3}(?:\.\d+)?)\s*[°度]\s*"
    r"(?:(?P<minutes>\d{1,2}(?:\.\d+)?)\s*['′‘’分]\s*"
    "(?:(?P<seconds>\\d{1,2}(?:\\.\\d+)?)\\s*(?:[\"″“”秒]|''|′′)?\\s*)?)?"
)
#: The axis letters precede or follow both numbers.
_ANGLES: Final = (re.compile(_AXIS + _DEGREES, re.IGNORECASE), re.compile(_DEGREES + _AXIS, re.IGNORECASE))
_SEXAGESIMAL: Final = 60.0
_MAX_TEXT: Final = 100


@dataclass(frozen=True, slots=True)
class ParsedCoordinates:
    """Coordinates parsed from a text.

    Attributes
    ----------
    point
        Longitude and latitude in degrees; the datum is not known.
    lat_first
        True if the latitude came first.
    """

    point: Point
    lat_first: bool


def parse_coordinates(text: str) -> ParsedCoordinates | None:
    """Return the coordinates in a text, or None if it is anything else. Only points in China are accepted.

    Examples
    --------
    >>> parse_coordinates("113.30, 40.09")
    ParsedCoordinates(point=Point(lon=113.3, lat=40.09), lat_first=False)
    >>> parse_coordinates("40.09，113.30")
    ParsedCoordinates(point=Point(lon=113.3, lat=40.09), lat_first=True)
    >>> parse_coordinates("北纬40°5′24″ 东经113°18′00″").point
    Point(lon=113.3, lat=40.09)
    >>> parse_coordinates("113度18分0秒E, 40度5分24秒N").lat_first
    False
    >>> parse_coordinates("平城街113号") is None
    True
    """
    if len(text) > _MAX_TEXT:
        return None
    text = unicodedata.normalize("NFKC", text).strip()
    pair = _PAIR.fullmatch(text)
    if pair:
        return _order_pair(float(pair[1]), float(pair[2]))
    return next(filter(None, (_parse_angles(text, pattern) for pattern in _ANGLES)), None)


def _parse_angles(text: str, pattern: re.Pattern[str]) -> ParsedCoordinates | None:
    matches = list(pattern.finditer(text))
    if len(matches) != 2 or pattern.sub("", text).strip(" ,;/()[]"):  # noqa: PLR2004 - a longitude and a latitude
        return None
    first, second = (_to_degrees(match) for match in matches)
    coordinates = None if first is None or second is None else _order_pair(first, second)
    # Axis letters that contradict the numbers indicate a mistake.
    expected = ("N", "E") if coordinates and coordinates.lat_first else ("E", "N")
    is_consistent = all(_parse_axis(match) in (None, axis) for match, axis in zip(matches, expected, strict=True))
    return coordinates if is_consistent else None


def _to_degrees(match: re.Match[str]) -> float | None:
    minutes, seconds = (float(match[part] or 0) for part in ("minutes", "seconds"))
    if minutes >= _SEXAGESIMAL or seconds >= _SEXAGESIMAL:
        return None
    return round(float(match["degrees"]) + minutes / _SEXAGESIMAL + seconds / _SEXAGESIMAL**2, 9)


def _parse_axis(match: re.Match[str]) -> str | None:
    letters = match["axis"]
    return None if letters is None else "E" if any(mark in letters.upper() for mark in "E东经") else "N"


def _order_pair(first: float, second: float) -> ParsedCoordinates | None:
    if _LON[0] <= first <= _LON[1] and _LAT[0] <= second <= _LAT[1]:
        return ParsedCoordinates(Point(first, second), lat_first=False)
    if _LAT[0] <= first <= _LAT[1] and _LON[0] <= second <= _LON[1]:
        return ParsedCoordinates(Point(second, first), lat_first=True)
    return None
