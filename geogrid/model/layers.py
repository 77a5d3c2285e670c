"""Dataclasses and enumerations of layers, grids, generations, thematic features, points and population."""

from __future__ import annotations

from dataclasses import dataclass, field
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


#: The layers of grids, in the order of figures and legends.
GRID_LAYERS = (Layer.URBAN, Layer.RURAL, Layer.DEDICATED)
#: The grid layers that tile the district.
BASE_LAYERS = (Layer.URBAN, Layer.RURAL)


class ShapeKind(StrEnum):
    """Geometry type of the features of a layer."""

    POLYGON = "Polygon"
    LINE = "LineString"


#: Default distance in metres within which a point outside the district is assigned to the nearest grid.
SNAP_M = 30.0


class DedicatedKind(StrEnum):
    """Kind of a dedicated grid."""

    SCHOOL = "school"
    HOSPITAL = "hospital"
    PARK = "park"
    MARKET = "market"
    BUSINESS_BLOCK = "business_block"
    INSTITUTION = "institution"


class DedicatedNesting(StrEnum):
    """The area in which a dedicated grid of a generation must lie.

    ``community``: in its parent, a community or village. ``street``: in the street of its parent. ``largest_share``:
    anywhere in the district, if no other community or village contains more of it than its parent. ``none``: anywhere
    in the district.
    """

    COMMUNITY = "community"
    STREET = "street"
    LARGEST_SHARE = "largest_share"
    NONE = "none"


class LocateStatus(StrEnum):
    """Position of a point relative to the base grids.

    ``border``: the point lies on the border between base grids, of which the lowest code is chosen, or on the outline
    of the district. ``snapped``: the point lies outside and is assigned to the nearest grid.
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
    """A grid: code, name and layer.

    Attributes
    ----------
    code
        Unique in all layers of a generation.
    layer
        ``urban``, ``rural`` or ``dedicated``.
    """

    code: str
    name: str
    layer: Layer


@dataclass(frozen=True, slots=True)
class Generation:
    """A dated set of layers.

    Attributes
    ----------
    id
        Increases with every generation.
    label
        Display name.
    synthetic
        True if the geometries are synthetic.
    base
        Id of the generation that supplied the layers missing from the import, or None.
    created_at
        Time of its import; None for layers that are not from a store.
    """

    id: int
    label: str
    synthetic: bool
    base: int | None = None
    created_at: datetime | None = field(default=None, compare=False)
    dedicated_in: DedicatedNesting = DedicatedNesting.COMMUNITY


@dataclass(frozen=True, slots=True)
class Theme:
    """A thematic layer (专题图层) beside the grids: idle land, old estates, lanes with wardens.

    Attributes
    ----------
    name
        Lower-case letters, digits and underscores; begins with a letter and differs from every `Layer`.
    title, title_en
        Display name in Chinese and in English.
    """

    name: str
    title: str
    title_en: str
    shape: ShapeKind


class GenerationState(StrEnum):
    """State of a generation. At most one generation is active at any time."""

    DRAFT = "draft"
    PLANNED = "planned"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Activation:
    """A decision that a generation becomes active.

    Attributes
    ----------
    generation
        Id of the generation.
    active_from
        Time from which it is active.
    decided_at
        Time of the decision.
    is_rollback
        Whether it returns to the generation that was active before.
    """

    generation: int
    active_from: datetime
    decided_at: datetime
    is_rollback: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """A pair of coordinates: longitude and latitude in degrees, or easting and northing in metres."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Membership:
    """The grids that contain a point, and the grid responsible for it.

    Attributes
    ----------
    point
        Input coordinates, in `datum`.
    datum
        Canonical name of the datum of `point`.
    wgs84
        The point in WGS 84 degrees, to a tenth of a millimetre.
    status
        Position relative to the base grids.
    generation
        Id of the generation used.
    synthetic
        True if the geometries of that generation are synthetic.
    base, dedicated
        The base grid and the dedicated grid, or None.
    community, street
        The community or village, and the street, of the responsible grid, or None.
    responsible
        The dedicated grid if there is one, otherwise the base grid.
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
    """Resident population of an area. An area without data has no `Population`, not one of 0.

    Attributes
    ----------
    people
        Number of residents.
    source
        Name and year of the census or list.
    synthetic
        True if the number is synthetic.
    """

    people: int
    source: str
    synthetic: bool
