"""Dataclasses of named places (标准地名地址): rows of a gazetteer and results of a place search."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from geogrid.model.layers import Layer, Place, Point


class PlaceKind(StrEnum):
    """Kind of a place: an area of a layer, a row of a gazetteer, or a pair of coordinates."""

    STREET = Layer.STREET
    COMMUNITY = Layer.COMMUNITY
    VILLAGE = Layer.VILLAGE
    URBAN = Layer.URBAN
    RURAL = Layer.RURAL
    DEDICATED = Layer.DEDICATED
    ADDRESS = "address"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Address:
    """A row of a gazetteer: a place or a standard address.

    Attributes
    ----------
    address
        May be empty.
    kind
        The category in the gazetteer; may be empty.
    wgs84
        Coordinates in WGS 84 degrees.
    point, datum
        Coordinates as imported.
    source
        Name of the gazetteer.
    synthetic
        True if the row is synthetic.
    """

    name: str
    address: str
    kind: str
    wgs84: Point
    point: Point
    datum: str
    source: str
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place with the attributes that a search returns.

    Attributes
    ----------
    code
        Code of an area; empty for other kinds.
    point
        A point of the place in WGS 84 degrees; inside it if it is an area.
    street, community
        The divisions that contain it; None outside all of them, or if it is such a division.
    label
        The category in the gazetteer.
    source
        Name of the gazetteer; empty for areas.
    synthetic
        True if its name or position is synthetic.
    """

    kind: PlaceKind
    name: str
    point: Point
    code: str = ""
    address: str = ""
    street: Place | None = None
    community: Place | None = None
    label: str = ""
    source: str = ""
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """A result of a place search. The score is the similarity to the query, from 0 to 1."""

    place: NamedPlace
    score: float
