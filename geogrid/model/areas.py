"""Where: layers, grids, generations, points and what holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the API builds its schemas from these classes
from enum import StrEnum


class Layer(StrEnum):
    """A polygon layer, from the widest to the narrowest."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    VILLAGE = "village"
    URBAN = "urban"
    RURAL = "rural"
    DEDICATED = "dedicated"


#: The layers that hold grids, in the order in which figures and legends name them.
GRID_LAYERS = (Layer.URBAN, Layer.RURAL, Layer.DEDICATED)
#: The grid layers that tile the district.
BASE_LAYERS = (Layer.URBAN, Layer.RURAL)


class ShapeKind(StrEnum):
    """What the features of a layer are."""

    POLYGON = "Polygon"
    LINE = "LineString"


#: A point this near to a grid, outside the district, is its people's: a telephone is as far off. In metres.
SNAP_M = 30.0


class DedicatedKind(StrEnum):
    """What a dedicated grid is."""

    SCHOOL = "school"
    HOSPITAL = "hospital"
    PARK = "park"
    MARKET = "market"
    BUSINESS_BLOCK = "business_block"
    INSTITUTION = "institution"


class LocateStatus(StrEnum):
    """How a point lies to the base grids.

    ``border`` means that the point lies on the border of its base grid: that of another grid, of which the lowest code
    has been chosen, or the district's own outline. ``snapped`` means that it lies outside, but near enough to a grid to
    be drawn to it.
    """

    INSIDE = "inside"
    BORDER = "border"
    SNAPPED = "snapped"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Place:
    """A division with a code: a street, a community or a village."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid as an answer names it.

    Attributes
    ----------
    code
        15 digits: the community's or village's 12, then a sequence of 3.
    name
        The grid's name.
    layer
        ``urban``, ``rural`` or ``dedicated``.
    """

    code: str
    name: str
    layer: Layer


@dataclass(frozen=True, slots=True)
class Generation:
    """A set of layers in force together.

    Attributes
    ----------
    id
        A number that only grows.
    label
        A name for people.
    synthetic
        True where the shapes are made up.
    base
        The generation from which it took the layers that were not brought, or None.
    """

    id: int
    label: str
    synthetic: bool
    base: int | None = None


@dataclass(frozen=True, slots=True)
class Theme:
    """A thematic layer (专题图层) that a planner keeps beside the grids: idle land, old estates, lanes with wardens.

    Attributes
    ----------
    name
        Lower-case letters, digits and underscores, from a letter on; no name of a `Layer`.
    title, title_en
        For people, in Chinese and in English.
    shape
        Polygons or lines.
    """

    name: str
    title: str
    title_en: str
    shape: ShapeKind


class GenerationState(StrEnum):
    """Where a generation stands: exactly one is active at any moment, once one has been activated."""

    DRAFT = "draft"
    PLANNED = "planned"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Activation:
    """A decision: from a moment on, a generation is in force.

    Attributes
    ----------
    generation
        Its number.
    active_from
        From when on.
    decided_at
        When that was decided.
    """

    generation: int
    active_from: datetime
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Point:
    """A point as somebody gave it: easting or longitude, northing or latitude, in ``datum``."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Membership:
    """Which grids hold a point, and whose incident it would be.

    Attributes
    ----------
    point
        The point as given, in `datum`.
    datum
        The canonical name of the datum of `point`.
    wgs84
        The same point in WGS 84 degrees, to a tenth of a millimetre.
    status
        Inside one base grid, on a border, drawn to the nearest from just outside, or outside the district.
    generation
        The number of the generation that answered.
    synthetic
        True where the shapes of that generation are made up.
    base, dedicated
        The grid of either kind, or None.
    community
        The community or village of the responsible grid, or None.
    street
        The street of the responsible grid, or None.
    responsible
        The grid whose people answer for the point: the dedicated grid where there is one, otherwise the base grid.
    """

    point: Point
    datum: str
    wgs84: Point
    status: LocateStatus
    generation: int
    synthetic: bool
    base: Grid | None
    dedicated: Grid | None
    community: Place | None
    street: Place | None
    responsible: Grid | None


@dataclass(frozen=True, slots=True)
class Population:
    """How many people live in an area.

    Attributes
    ----------
    people
        The number; of an area that nobody has told of there is none, which is not 0.
    source
        Who has counted, and when.
    synthetic
        Whether it is made up.
    """

    people: int
    source: str
    synthetic: bool
