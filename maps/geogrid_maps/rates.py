"""The map of rates: shares and rates by people, smoothed where areas are small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.stats.area_table import AreaQuery
from geogrid.stats.measures import Measure
from geogrid_maps.choropleth import draw_areas, options_of, paint_classes
from geogrid_maps.map_query import MapKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.model import Category
    from geogrid.services.figures import Kpi
    from geogrid.stats.area_table import AreaTable
    from geogrid_maps.district_shapes import Backdrop
    from geogrid_maps.map_query import View
    from geogrid_maps.page import Drawing

#: What it shows, the usual first.
MEASURES: Final = (Measure.HANDLED_RATE, Measure.OVERDUE_SHARE, Measure.PER_1000)


def rates_question(view: View) -> AreaQuery:
    """Return what a view asks of areas; another map's measure becomes this one's usual."""
    measure = view.measure if view.measure in MEASURES else MEASURES[0]
    return AreaQuery(view.by, measure, view.classes, smoothed=True)


def draw_rates(
    backdrop: Backdrop, kpi: Kpi, table: AreaTable, view: View, categories: Mapping[str, Category]
) -> Drawing:
    """Draw areas by their smoothed rates, see `geogrid_maps.choropleth.draw_areas`."""
    options = options_of(MEASURES, view.language)
    painting = paint_classes(table)
    return draw_areas(MapKind.RATES, backdrop, kpi, table, painting, view, categories, options)
