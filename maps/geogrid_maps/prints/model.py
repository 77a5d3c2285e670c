"""Dataclasses of a print: paper, maps, legend, chart and texts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import shapely.geometry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from shapely.geometry.base import BaseGeometry

    from geogrid.constants import Language
    from geogrid.model.provenance import Provenance
    from geogrid.rules.district_words import DistrictWords
    from geogrid_maps.district_shapes import DistrictShapes

_MAX_DETAILED_MAPS: Final = 2


class Paper(StrEnum):
    """A paper size, landscape (ISO 216)."""

    A4 = "a4"
    A3 = "a3"

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height in millimetres."""
        return (297.0, 210.0) if self is Paper.A4 else (420.0, 297.0)


@dataclass(frozen=True, slots=True)
class PrintArea:
    """A filled area.

    Attributes
    ----------
    geometry
        Polygon or multipolygon, WGS 84 degrees.
    fill
        Colour, ``#rrggbb``.
    hatched
        Hatch the area: it has few incidents.
    """

    geometry: BaseGeometry
    fill: str
    hatched: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A class of a density surface, filled without a border.

    Attributes
    ----------
    geometry
        Polygon or multipolygon, metres of the projection of the print.
    fill
        Colour, ``#rrggbb``.
    """

    geometry: BaseGeometry
    fill: str


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """An entry of the legend.

    Attributes
    ----------
    label
        Name of the class.
    fill, hatched
        Style of the areas of the class; None for no fill.
    n
        Number of incidents or areas, in all or by map from the left; empty for none.
    """

    label: str
    fill: str | None = None
    hatched: bool = False
    n: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PrintDistrict:
    """Borders and water of the district, drawn on every print; WGS 84 degrees.

    Attributes
    ----------
    projection
        Canonical name of the projection to draw in, see `geogrid.geo.projections`.
    outline
        The district.
    streets
        Name and shape of each street.
    communities
        Communities and villages.
    water
        Rivers and lakes, polygons or lines.
    """

    projection: str
    outline: BaseGeometry
    streets: Sequence[tuple[str, BaseGeometry]]
    communities: Sequence[BaseGeometry]
    water: Sequence[BaseGeometry] = ()

    @classmethod
    def of(cls, shapes: DistrictShapes, projection: str) -> PrintDistrict:
        """Return the borders and water of a generation."""
        shape = shapely.geometry.shape
        return cls(
            projection=projection,
            outline=join_outline(shapes),
            streets=[(area.name, shape(area.geometry)) for area in shapes.streets],
            communities=[shape(area.geometry) for area in shapes.communities],
            water=[shape(area.geometry) for area in shapes.water],
        )


def join_outline(shapes: DistrictShapes) -> BaseGeometry:
    """Return the district of a generation as one shape, WGS 84 degrees."""
    return shapely.union_all([shapely.geometry.shape(area.geometry) for area in shapes.outline])


@dataclass(frozen=True, slots=True)
class PrintMap:
    """A map of a print.

    Attributes
    ----------
    district
        Borders and water.
    areas, bands
        Fills: areas have thin borders, bands none.
    extent
        Shape that fills the map, WGS 84 degrees; None for the district.
    labels
        Small names, each with the shape it stands in; names that do not fit are left out.
    caption, n
        Caption of one of several maps, and the number of its incidents.
    """

    district: PrintDistrict
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
        Label below the bar, if it fits.
    n
        Number of incidents, the height of the bar.
    place
        Index of the map with the same incidents.
    """

    label: str
    n: int
    place: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart below the maps; bars of one map share a shade.

    Attributes
    ----------
    title
        Name of the figure.
    bars
        Bars from the left.
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
    """Content of a print.

    Text may come from data: control characters are removed.

    Attributes
    ----------
    title
        District and subject.
    lines
        Period, filters and totals, wrapped where needed.
    maps
        Maps at one scale, in rows from the upper left.
    legend_title, legend
        Measure with its unit, and its classes.
    notes
        Notes on the figures: method, incidents left out, generation.
    words
        Language of the labels, names of the borders, and source of the outline.
    printed
        Time of printing, with offset; printed in local time.
    chart
        Chart below the maps.
    provenance
        Provenance, written to the properties of the file; None for none.
    synthetic
        Text of the badge that marks synthetic data; empty for no badge.
    paper
        Size of the paper.
    """

    title: str
    lines: Sequence[str]
    maps: Sequence[PrintMap]
    legend_title: str
    legend: Sequence[LegendEntry]
    notes: Sequence[str]
    words: DistrictWords
    printed: datetime
    chart: Chart | None = None
    provenance: Provenance | None = None
    synthetic: str = ""
    paper: Paper = Paper.A4

    @property
    def language(self) -> Language:
        """Language of the labels."""
        return self.words.language

    @property
    def detailed(self) -> bool:
        """Whether the maps are large enough for names and the borders of communities."""
        return len(self.maps) <= _MAX_DETAILED_MAPS
