"""What a sheet consists of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import shapely.geometry

from geogrid.constants import Language

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from shapely.geometry.base import BaseGeometry

    from geogrid_maps.district_shapes import DistrictShapes

#: CGCS2000 in the 3-degree Gauss-Krüger zone of 114°E, in which offices of Datong survey; northings and eastings in m.
PROJECTION: Final = "epsg:4547"
_MOST_FINE: Final = 2


class Paper(StrEnum):
    """A size of paper, landscape (ISO 216)."""

    A4 = "a4"
    A3 = "a3"

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height in millimetres."""
        return (297.0, 210.0) if self is Paper.A4 else (420.0, 297.0)


@dataclass(frozen=True, slots=True)
class PrintArea:
    """An area that is filled.

    Attributes
    ----------
    geometry
        A polygon or several, WGS 84 degrees.
    fill
        Its colour, ``#rrggbb``.
    hatched
        Whether lines go over it: its figure stands on few incidents.
    """

    geometry: BaseGeometry
    fill: str
    hatched: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A part of the map that is filled with no border, such as a step of a density surface.

    Attributes
    ----------
    geometry
        A polygon or several, in metres of `PROJECTION`.
    fill
        Its colour, ``#rrggbb``.
    """

    geometry: BaseGeometry
    fill: str


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A line of the legend.

    Attributes
    ----------
    label
        What the class is.
    fill, hatched
        As the areas of the class are drawn; None for a class that is not filled.
    n
        How many it holds, in all or in each map from the left; empty for what is not counted.
    """

    label: str
    fill: str | None = None
    hatched: bool = False
    n: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PrintDistrict:
    """The district that every sheet is drawn upon, in WGS 84 degrees.

    Attributes
    ----------
    outline
        Its land.
    streets
        The name and the shape of each street.
    communities
        The shapes of the communities and villages.
    water
        Rivers and lakes, as polygons or lines.
    """

    outline: BaseGeometry
    streets: Sequence[tuple[str, BaseGeometry]]
    communities: Sequence[BaseGeometry]
    water: Sequence[BaseGeometry] = ()

    @classmethod
    def of(cls, backdrop: DistrictShapes) -> PrintDistrict:
        """Return the ground of a generation."""
        shape = shapely.geometry.shape
        return cls(
            outline=shapely.union_all([shape(area.geometry) for area in backdrop.outline]),
            streets=[(area.name, shape(area.geometry)) for area in backdrop.streets],
            communities=[shape(area.geometry) for area in backdrop.communities],
            water=[shape(area.geometry) for area in backdrop.water],
        )


@dataclass(frozen=True, slots=True)
class PrintMap:
    """A map of a sheet.

    Attributes
    ----------
    ground
        The district.
    areas, bands
        What is filled: areas have thin borders, bands none.
    extent
        What the map shows as large as it can, WGS 84 degrees; None for the district.
    labels
        Small names, and the shape that each stands in; those that find no room are left out.
    caption, n
        What stands above it where a sheet has several: what it is of, and how many it holds.
    """

    ground: PrintDistrict
    areas: Sequence[PrintArea] = ()
    bands: Sequence[Band] = ()
    extent: BaseGeometry | None = None
    labels: Sequence[tuple[str, BaseGeometry]] = ()
    caption: str = ""
    n: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart.

    Attributes
    ----------
    label
        What stands below it, where there is room.
    n
        How high it is.
    place
        The place of the map that shows the same incidents.
    """

    label: str
    n: int
    place: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars below the maps; those of one map share a shade.

    Attributes
    ----------
    title
        What is counted.
    bars
        From the left.
    """

    title: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Printing:
    """Paper of a print, and the time when it is made."""

    paper: Paper
    printed: datetime


@dataclass(frozen=True, slots=True)
class Print:
    """All that a sheet says.

    Text may hold anything: it is set as it is on one line, without what cannot be printed.

    Attributes
    ----------
    title
        What the maps show, of what.
    lines
        The period, the filters in words, totals; each goes over several lines where it has to.
    maps
        One or several, all at one scale, in rows from the upper left.
    legend_title, legend
        The measure with its unit, and its classes.
    notes
        What a reader has to know of the figures: method, what is left out, the generation of layers.
    source
        Where the data come from.
    printed
        When the sheet was made, with its offset; on the sheet it stands on the clock of the district.
    chart
        What stands below the maps.
    synthetic
        Whether some of it is made up; the sheet then says so.
    paper, language
        Its size; the language of its own words.
    """

    title: str
    lines: Sequence[str]
    maps: Sequence[PrintMap]
    legend_title: str
    legend: Sequence[LegendEntry]
    notes: Sequence[str]
    source: str
    printed: datetime
    chart: Chart | None = None
    synthetic: bool = False
    paper: Paper = Paper.A4
    language: Language = Language.ZH

    @property
    def fine(self) -> bool:
        """Whether the maps are large enough for the borders of communities and for names."""
        return len(self.maps) <= _MOST_FINE
