"""The map of hot and cold spots: grids that have more or less than chance would give them, the foremost in a list."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.area_table import AreaQuery
from geogrid.stats.measures import Measure
from geogrid_maps.choropleth import Painting, Swatch, draw_areas, options_of
from geogrid_maps.map_query import MapKind
from geogrid_maps.ui_texts import STRENGTH_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.services.figures import Kpi
    from geogrid.stats.area_table import AreaTable
    from geogrid_maps.district_shapes import Backdrop
    from geogrid_maps.map_query import View
    from geogrid_maps.page import Drawing

#: What it shows, the usual first.
MEASURES: Final = (
    Measure.PER_KM2, Measure.PER_1000, Measure.COUNT, Measure.OVERDUE_SHARE, Measure.HANDLED_RATE, Measure.MEDIAN_HOURS,
)  # fmt: skip
#: ColorBrewer's reds and blues, which the colour-blind tell apart.
COLOURS: Final = {
    -3: "#2171b5", -2: "#6baed6", -1: "#bdd7e7", 0: "#f4f1e8", 1: "#fcae91", 2: "#fb6a4a", 3: "#cb181d",
}  # fmt: skip
_LISTED: Final = 20


def hotspots_question(view: View) -> AreaQuery:
    """Return what a view asks of areas; another map's measure becomes this one's usual."""
    return AreaQuery(AreaLevel.GRID, view.measure if view.measure in MEASURES else MEASURES[0])


def draw_hotspots(
    backdrop: Backdrop, kpi: Kpi, table: AreaTable, view: View, categories: Mapping[str, Category]
) -> Drawing:
    """Draw grids by how far they are beyond chance, see `geogrid_maps.choropleth.draw_areas`."""
    rows = {row.code: row for row in table.rows}
    return draw_areas(
        MapKind.HOTSPOTS,
        backdrop,
        kpi,
        table,
        paint_hotspots(table, view.language),
        view,
        categories,
        options_of(MEASURES, view.language, by_level=False),
        [rows[code] for code in table.ranking[:_LISTED]],
    )


def paint_hotspots(table: AreaTable, language: Language) -> Painting:
    """Colour grids by how far they are beyond chance; of few cases where they are not, nothing is claimed to hatch."""
    counts = Counter(row.hot_spot for row in table.rows)
    swatches = tuple(
        Swatch(colour, STRENGTH_NAMES[strength][language], counts[strength]) for strength, colour in COLOURS.items()
    )
    order = list(COLOURS)
    places = {row.code: order.index(row.hot_spot or 0) for row in table.rows}
    return Painting(swatches, places, frozenset(row.code for row in table.rows if row.small and row.hot_spot))
