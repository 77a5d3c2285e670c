"""The maps that colour areas: density, hot and cold spots, and rates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from geogrid.stats.area_table_model import AreaQuery
from geogrid.stats.generation_areas import AreaLevel
from geogrid.stats.measures import CLOSED_SHARES, GOOD_IF_HIGH, MEASURE_RULES, Measure
from geogrid_maps.choropleth import AreaColours, Swatch, area_options, colour_by_class, draw_areas
from geogrid_maps.map_data import AreaMapData
from geogrid_maps.map_query import MapKind
from geogrid_maps.ui_texts import STRENGTH_NAMES

if TYPE_CHECKING:
    from geogrid.constants import Language
    from geogrid.stats.area_table_model import AreaTable
    from geogrid_maps.map_data import MapFigures
    from geogrid_maps.map_page import Drawing
    from geogrid_maps.map_query import View

#: ColorBrewer's reds and blues by strength, safe for colour-blind readers.
COLOURS: Final = {
    -3: "#2171b5", -2: "#6baed6", -1: "#bdd7e7", 0: "#f4f1e8", 1: "#fcae91", 2: "#fb6a4a", 3: "#cb181d",
}  # fmt: skip
_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class AreaMap:
    """A map that colours areas.

    Attributes
    ----------
    kind
        Id of the map.
    measures
        Measures to choose from, the default first.
    smoothed
        Smooth rates of areas with few incidents.
    """

    kind: MapKind
    measures: tuple[Measure, ...]
    smoothed: bool = False

    @property
    def _is_hotspots(self) -> bool:
        return self.kind is MapKind.HOTSPOTS

    def question(self, view: View) -> AreaQuery:
        """Return the figures that a view needs. A measure that this map does not have becomes its default."""
        measure = view.measure if view.measure in self.measures else self.measures[0]
        if self._is_hotspots:
            return AreaQuery(AreaLevel.GRID, measure)
        return AreaQuery(view.by, measure, view.classes, smoothed=self.smoothed)

    def gather(self, figures: MapFigures, view: View) -> AreaMapData:
        """Measure the areas of a view; the form shows the level and the measure used."""
        selection = figures.select(view)
        question = self.question(view)
        kpi, _ = figures.count_by_grid(selection)
        used = replace(selection.view, by=question.by, measure=question.measure)
        table = figures.area_table(selection, question)
        return AreaMapData(selection.shapes, used, figures.rules, kpi, table, query=selection.query)

    def colour(self, table: AreaTable, language: Language) -> AreaColours:
        """Return the colours of the areas."""
        return colour_hotspots(table, language) if self._is_hotspots else colour_by_class(table)

    def draw(self, data: AreaMapData) -> Drawing:
        """Draw the areas; hot spots with a list of the hot areas."""
        rows = {row.code: row for row in data.table.rows}
        hot_areas = data.table.hot_areas[:_LISTED] if self._is_hotspots else ()
        ranked = [(rows[area.codes[0]], area) for area in hot_areas]
        counts = data.rules.formulas.counts.keys()
        measures = [measure for measure in self.measures if MEASURE_RULES[measure].counts <= counts]
        options = area_options(measures, data, by_level=not self._is_hotspots)
        return draw_areas(self.kind, data, self.colour(data.table, data.language), options, ranked)


def colour_hotspots(table: AreaTable, language: Language) -> AreaColours:
    """Return the colours of grids by significance, red for bad; significant grids are hatched for few incidents."""
    counts = Counter(row.hot_spot for row in table.rows)
    sign = -1 if table.query.measure in GOOD_IF_HIGH else 1
    swatches = tuple(
        Swatch(COLOURS[sign * strength], STRENGTH_NAMES[strength][language], counts[strength]) for strength in COLOURS
    )
    order = list(COLOURS)
    places = {row.code: order.index(row.hot_spot or 0) for row in table.rows}
    return AreaColours(swatches, places, frozenset(row.code for row in table.rows if row.small and row.hot_spot))


#: Shares of the sources: many calls of the hotline where patrols find little may mean that patrols miss problems.
_SOURCE_SHARES: Final = (Measure.PATROL_SHARE, Measure.HOTLINE_SHARE, Measure.RESIDENT_SHARE)
DENSITY: Final = AreaMap(
    MapKind.DENSITY, (Measure.PER_KM2, Measure.COUNT, Measure.PER_1000, *CLOSED_SHARES, *_SOURCE_SHARES)
)
HOTSPOTS: Final = AreaMap(
    MapKind.HOTSPOTS,
    (
        Measure.PER_KM2,
        Measure.PER_1000,
        Measure.COUNT,
        Measure.OVERDUE_SHARE,
        Measure.HANDLED_RATE,
        Measure.MEDIAN_HOURS,
    ),
)
RATES: Final = AreaMap(
    MapKind.RATES,
    (Measure.HANDLED_RATE, Measure.OVERDUE_SHARE, Measure.PER_1000, *_SOURCE_SHARES),
    smoothed=True,
)
AREA_MAPS: Final = {area_map.kind: area_map for area_map in (DENSITY, HOTSPOTS, RATES)}
