"""Data of the maps as named fields, and the interface that counts it.

Commands count in a store, routes in the cache of the service; both implement `MapFigures`, so each map gathers its data
once for pages, prints, table files and commands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from geogrid.incidents.query import IncidentQuery

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from geogrid.constants import Language
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Generation
    from geogrid.services.incident_animation import IncidentAnimation
    from geogrid.services.key_figures import Density, Kpi
    from geogrid.stats.area_table_model import AreaQuery, AreaTable
    from geogrid.stats.rate_change import ComparedDays
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View


@dataclass(frozen=True, slots=True)
class MapSelection:
    """The incidents of a view, and the layers to draw them on.

    Attributes
    ----------
    shapes
        The generation to draw.
    view
        The requested filters.
    query
        The same filters within the bounds of the user.
    """

    shapes: DistrictShapes
    view: View
    query: IncidentQuery


class MapFigures(Protocol):
    """Counts of incidents for maps."""

    @property
    def rules(self) -> RuleSet:
        """The active rules."""

    def newest_day(self) -> date | None:
        """Return the day of the newest incident."""

    def select(self, view: View) -> MapSelection:
        """Return the incidents and the layers of a view."""

    def density(self, selection: MapSelection) -> Density:
        """Return the number of incidents by raster cell, for heat maps."""

    def animation(self, selection: MapSelection) -> IncidentAnimation:
        """Return the number of incidents by raster cell for each time step of the view."""

    def count_by_grid(self, selection: MapSelection) -> tuple[Kpi, Mapping[str, int]]:
        """Return the key figures, and the number of incidents by grid code."""

    def area_table(self, selection: MapSelection, question: AreaQuery) -> AreaTable:
        """Return the figures by area."""


@dataclass(frozen=True, slots=True)
class ComparedSide:
    """The filters and the generation that a map compares with."""

    view: View
    generation: Generation


@dataclass(frozen=True, slots=True)
class MapData:
    """Fields that every map needs.

    Attributes
    ----------
    shapes
        The generation to draw.
    view
        The filters and the language; pages show them in the form, prints in words.
    rules
        The active rules, with the names of codes.
    query
        The filters within the bounds of the user.
    compared
        The earlier side of a comparison.
    """

    shapes: DistrictShapes
    view: View
    rules: RuleSet
    query: IncidentQuery = field(default_factory=IncidentQuery, kw_only=True)
    compared: ComparedSide | None = field(default=None, kw_only=True)

    @property
    def language(self) -> Language:
        """Language of the page or print."""
        return self.view.language


@dataclass(frozen=True, slots=True)
class HeatmapData(MapData):
    """Data of the heat map."""

    density: Density


@dataclass(frozen=True, slots=True)
class TimelineData(MapData):
    """Data of the timeline."""

    animation: IncidentAnimation


@dataclass(frozen=True, slots=True)
class ExplorerData(MapData):
    """Data of the grid search; `by_grid` holds the number of incidents by grid code."""

    kpi: Kpi
    by_grid: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AreaMapData(MapData):
    """Data of a map that colours areas by `table`."""

    kpi: Kpi
    table: AreaTable


@dataclass(frozen=True, slots=True)
class SidesData:
    """Data of two heat maps side by side: of two periods, or by two generations."""

    earlier: HeatmapData
    later: HeatmapData
    days: ComparedDays


@dataclass(frozen=True, slots=True)
class DifferenceData(AreaMapData):
    """Data of the map of changes by area between two periods. The inherited fields belong to the later period."""

    earlier_view: View
    earlier_table: AreaTable
    days: ComparedDays
