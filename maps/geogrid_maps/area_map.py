"""The maps that colour areas: density, hot and cold spots, and rates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.area_table import AreaQuestion
from geogrid.stats.measures import Measure
from geogrid_maps.choropleth import AreaColours, Swatch, area_options, colour_by_class, draw_areas
from geogrid_maps.map_query import MapKind
from geogrid_maps.ui_texts import STRENGTH_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.services.figures import Kpi
    from geogrid.stats.area_table import AreaTable
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View
    from geogrid_maps.page import Drawing

#: ColorBrewer's reds and blues, which the colour-blind tell apart.
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
        Which map.
    measures
        The measures that it can show, the default first.
    smoothed
        Whether rates of small areas are smoothed.
    """

    kind: MapKind
    measures: tuple[Measure, ...]
    smoothed: bool = False

    @property
    def _is_hotspots(self) -> bool:
        return self.kind is MapKind.HOTSPOTS

    def question(self, view: View) -> AreaQuestion:
        """Return the figures that a view needs; a measure of another map becomes the default of this one."""
        measure = view.measure if view.measure in self.measures else self.measures[0]
        if self._is_hotspots:
            return AreaQuestion(AreaLevel.GRID, measure)
        return AreaQuestion(view.by, measure, view.classes, smoothed=self.smoothed)

    def paint(self, table: AreaTable, language: Language) -> AreaColours:
        """Return the colours of the areas."""
        return colour_hotspots(table, language) if self._is_hotspots else colour_by_class(table)

    def draw(
        self, backdrop: DistrictShapes, kpi: Kpi, table: AreaTable, view: View, categories: Mapping[str, Category]
    ) -> Drawing:
        """Draw the areas, see `geogrid_maps.choropleth.draw_areas`; hot spots with a list of the foremost."""
        rows = {row.code: row for row in table.rows}
        ranked = [rows[code] for code in table.ranking[:_LISTED]] if self._is_hotspots else []
        options = area_options(self.measures, view.language, by_level=not self._is_hotspots)
        painting = self.paint(table, view.language)
        return draw_areas(self.kind, backdrop, kpi, table, painting, view, categories, options, ranked)


def colour_hotspots(table: AreaTable, language: Language) -> AreaColours:
    """Colour grids by how far they are beyond chance; of few cases where they are not, nothing is claimed to hatch."""
    counts = Counter(row.hot_spot for row in table.rows)
    swatches = tuple(
        Swatch(colour, STRENGTH_NAMES[strength][language], counts[strength]) for strength, colour in COLOURS.items()
    )
    order = list(COLOURS)
    places = {row.code: order.index(row.hot_spot or 0) for row in table.rows}
    return AreaColours(swatches, places, frozenset(row.code for row in table.rows if row.small and row.hot_spot))


DENSITY: Final = AreaMap(MapKind.DENSITY, (Measure.PER_KM2, Measure.COUNT, Measure.PER_1000, Measure.MEDIAN_HOURS))
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
RATES: Final = AreaMap(MapKind.RATES, (Measure.HANDLED_RATE, Measure.OVERDUE_SHARE, Measure.PER_1000), smoothed=True)
AREA_MAPS: Final = {one.kind: one for one in (DENSITY, HOTSPOTS, RATES)}
