"""The nouns of the field: frozen dataclasses and enums that every other module speaks in.

A *district* is cut into *streets* (街道), these into *communities* (社区) and *villages* (行政村), these into *grids*
(网格). Urban and rural grids tile the district and are called *base* grids; *dedicated* grids (专属网格: a school, a
hospital, a market) lie on top of them. A set of layers that is in force together is a *generation*.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime  # noqa: TC003 - the API builds its schemas from these classes
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


class IncidentStatus(StrEnum):
    """Where an incident stands in its loop."""

    REPORTED = "reported"
    HANDLED = "handled"


class Source(StrEnum):
    """Who found it."""

    PATROL = "patrol"
    RESIDENT = "resident"
    HOTLINE = "hotline"
    INSPECTION = "inspection"
    SYSTEM = "system"


class Duty(StrEnum):
    """What somebody is to a grid, in the order in which lists name them.

    ``party_branch`` (网格党支部) and ``department`` (责任部门, on call) are organisations; ``warden`` is the 路长,
    街长, 巷长 or 片长 of a line or an area.
    """

    LEADER = "leader"
    WORKER = "worker"
    BUILDING_LEADER = "building_leader"
    RESIDENT = "resident"
    DISPATCHED = "dispatched"
    PARTY_BRANCH = "party_branch"
    DEPARTMENT = "department"
    WARDEN = "warden"


#: Duties whose holder is an organisation, not a person.
ORGANISATION_DUTIES = frozenset({Duty.PARTY_BRANCH, Duty.DEPARTMENT})


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
class Category:
    """A kind of problem.

    Attributes
    ----------
    code
        The code that incidents carry.
    name, name_en
        The name in Chinese and in English.
    department
        The department on call for it.
    limit_hours
        Hours within which it ought to be handled.
    """

    code: str
    name: str
    name_en: str
    department: str
    limit_hours: int


@dataclass(frozen=True, slots=True)
class Report:
    """An incident as it comes in, before anything is known of it.

    Attributes
    ----------
    reported_at
        When it was reported, with its time zone.
    category
        A code of the category list.
    source
        Who found it.
    point, datum
        Where, as given.
    description
        What was said of it.
    handled_at
        When it was handled, in a history that is imported; None while it is open.
    external_id
        The reporter's own number; a source gives each only once.
    synthetic
        True for made-up incidents.
    claimed_grid
        The grid that the reporter says it is in; it decides nothing, but tells a wrong datum.
    """

    reported_at: datetime
    category: str
    source: Source
    point: Point
    datum: str
    description: str = ""
    handled_at: datetime | None = None
    external_id: str | None = None
    synthetic: bool = False
    claimed_grid: str | None = None

    @property
    def status(self) -> IncidentStatus:
        """Where it stands in its loop."""
        return IncidentStatus.REPORTED if self.handled_at is None else IncidentStatus.HANDLED


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an incident lies, by the layers of one generation.

    Attributes
    ----------
    wgs84
        The point in WGS 84 degrees.
    locate_status
        How it lies to the base grids.
    generation
        The generation that assigned it.
    base_code, base_layer
        The base grid and whether it is urban or rural; None outside the district.
    dedicated_code
        The dedicated grid, or None.
    community_code, street_code
        Those of the grid that answers for it.
    """

    wgs84: Point
    locate_status: LocateStatus
    generation: int
    base_code: str | None
    base_layer: Layer | None
    dedicated_code: str | None
    community_code: str | None
    street_code: str | None


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident in the store: what was reported, and where that lies."""

    id: int
    report: Report
    placement: Placement
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """A duty that somebody holds for a while.

    Attributes
    ----------
    layer, code
        The area or line: the name of its layer and its code.
    duty
        Which duty.
    name
        The person's, or the organisation's.
    title
        What the holder is called, such as 路长; empty if the duty says it.
    organisation
        Where a person comes from; empty if nobody said.
    phone
        Empty if nobody said.
    valid_from, valid_to
        The first and the last day, both count; None for no end. An end before the beginning: it was never taken up.
    """

    layer: str
    code: str
    duty: Duty
    name: str
    title: str
    organisation: str
    phone: str
    valid_from: date
    valid_to: date | None
