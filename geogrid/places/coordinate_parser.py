"""Coordinates that somebody pastes or reads out: decimal degrees in either order, degrees with minutes and seconds."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from geogrid.model import Point

#: Where points of China lie. Longitudes and latitudes do not overlap, so the order can be told.
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
#: What says the axis stands before both numbers, or behind both.
_ANGLES: Final = (re.compile(_AXIS + _DEGREES, re.IGNORECASE), re.compile(_DEGREES + _AXIS, re.IGNORECASE))
_SEXAGESIMAL: Final = 60.0
_MAX_TEXT: Final = 100


@dataclass(frozen=True, slots=True)
class ParsedCoordinates:
    """Coordinates out of a text.

    Attributes
    ----------
    point
        Longitude and latitude in degrees, in whatever datum they were meant.
    lat_first
        True where the latitude stood first.
    """

    point: Point
    lat_first: bool


def parse_coordinates(text: str) -> ParsedCoordinates | None:
    """Return the coordinates that a text is, or None where it is something else.

    Only points of China are taken, whose longitudes and latitudes cannot be taken for each other.

    Examples
    --------
    >>> parse_coordinates("113.30, 40.09")
    Pasted(point=Point(lon=113.3, lat=40.09), lat_first=False)
    >>> parse_coordinates("40.09，113.30")
    Pasted(point=Point(lon=113.3, lat=40.09), lat_first=True)
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
        return _ordered(float(pair[1]), float(pair[2]))
    return next(filter(None, (_from_angles(text, pattern) for pattern in _ANGLES)), None)


def _from_angles(text: str, pattern: re.Pattern[str]) -> ParsedCoordinates | None:
    found = list(pattern.finditer(text))
    if len(found) != 2 or pattern.sub("", text).strip(" ,;/()[]"):  # noqa: PLR2004 - a longitude and a latitude
        return None
    first, second = (_degrees(one) for one in found)
    pasted = None if first is None or second is None else _ordered(first, second)
    # Letters that say otherwise than the numbers mean a mistake.
    wanted = ("N", "E") if pasted and pasted.lat_first else ("E", "N")
    return pasted if all(_axis(one) in (None, want) for one, want in zip(found, wanted, strict=True)) else None


def _degrees(found: re.Match[str]) -> float | None:
    minutes, seconds = (float(found[part] or 0) for part in ("minutes", "seconds"))
    if minutes >= _SEXAGESIMAL or seconds >= _SEXAGESIMAL:
        return None
    return round(float(found["degrees"]) + minutes / _SEXAGESIMAL + seconds / _SEXAGESIMAL**2, 9)


def _axis(found: re.Match[str]) -> str | None:
    said = found["axis"]
    return None if said is None else "E" if any(mark in said.upper() for mark in "E东经") else "N"


def _ordered(first: float, second: float) -> ParsedCoordinates | None:
    if _LON[0] <= first <= _LON[1] and _LAT[0] <= second <= _LAT[1]:
        return ParsedCoordinates(Point(first, second), lat_first=False)
    if _LAT[0] <= first <= _LAT[1] and _LON[0] <= second <= _LON[1]:
        return ParsedCoordinates(Point(second, first), lat_first=True)
    return None
