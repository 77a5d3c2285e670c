"""Places that people name: what a gazetteer (标准地名地址) lists, and what a name is found to mean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from geogrid.model.areas import Layer, Place, Point


class PlaceKind(StrEnum):
    """What a place is: an area of the layers, a row of the gazetteer, or a point that was written out."""

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
    """A place or a standard address as a gazetteer lists it.

    Attributes
    ----------
    name, address
        What it is called, and where it stands in words; the second may be empty.
    kind
        The gazetteer's own word for what it is; may be empty.
    wgs84
        Where it lies, in WGS 84 degrees.
    point, datum
        The same as it was given.
    source
        The list that it comes from.
    synthetic
        True where it is made up.
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
    """A place with all that a search tells of it.

    Attributes
    ----------
    kind
        What it is.
    name, address
        What it is called, and where it stands in words.
    code
        That of an area; empty for others.
    point
        A point of it in WGS 84 degrees; of an area one inside it.
    street, community
        What it lies in; None where it lies in none, or is one itself.
    label
        The gazetteer's own word for what it is.
    source
        The list that it comes from; empty for areas.
    synthetic
        True where its name or its place is made up.
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
    """A place that was found, and how well it fits what was asked, from 0 to 1."""

    place: NamedPlace
    score: float
