"""The difference map: change of the incidents per km² between two periods, by area."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geogrid.stats.area_table_model import AreaQuery
from geogrid.stats.density_change import compare_periods
from geogrid.stats.measures import Measure
from geogrid_maps.choropleth import AreaColours, Swatch, draw_areas
from geogrid_maps.comparison_map import compare_options, days_of_views
from geogrid_maps.filter_panel import period
from geogrid_maps.map_data import ComparedSide, DifferenceData
from geogrid_maps.map_query import MapKind, compared
from geogrid_maps.ui_texts import LEVELS, text

if TYPE_CHECKING:
    from geogrid.stats.area_table_model import AreaTable
    from geogrid.stats.density_change import Difference
    from geogrid_maps.map_data import MapFigures
    from geogrid_maps.map_page import Drawing
    from geogrid_maps.map_query import View

#: Fill of areas whose change is within chance.
CHANCE_COLOUR: Final = "#d9d9d9"
#: ColorBrewer's RdBu, safe for colour-blind readers: blue for less, white for no change, red for more.
COLOURS: Final = ("#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fddbc7", "#ef8a62", "#b2182b")


def gather_difference(figures: MapFigures, view: View) -> DifferenceData:
    """Count the incidents per km² of both periods of a view by area."""
    newest = figures.newest_day()
    earlier, later = (figures.select(side) for side in compared(view, newest))
    question = AreaQuery(later.view.by, Measure.PER_KM2)
    kpi, _ = figures.count_by_grid(later)
    return DifferenceData(
        later.shapes,
        later.view,
        figures.rules,
        kpi,
        figures.area_table(later, question),
        earlier_view=earlier.view,
        earlier_table=figures.area_table(earlier, question),
        days=days_of_views(earlier.view, later.view, newest),
        query=later.query,
        compared=ComparedSide(earlier.view, earlier.shapes.generation),
    )


def draw_difference(data: DifferenceData) -> Drawing:
    """Colour areas by the change between two periods."""
    language = data.language
    table, colours = colour_difference(data)
    options = compare_options(language) | {"by": {level.value: names[language] for level, names in LEVELS.items()}}
    label = f"{text('change', language)} · {period(data.earlier_view)} → {period(data.view)}"
    return draw_areas(MapKind.COMPARE, replace(data, table=table), colours, options, label=label)


def colour_difference(data: DifferenceData) -> tuple[AreaTable, AreaColours]:
    """Return the later table with the changes as values, and their colours."""
    found = compare_periods(data.earlier_table, data.table, data.days)
    rows = tuple(
        replace(row, value=found.values.get(row.code), smoothed=None, smoothed_low=None, smoothed_high=None)
        for row in data.table.rows
    )
    return replace(data.table, rows=rows), _colour_changes(found, data)


def _colour_changes(found: Difference, data: DifferenceData) -> AreaColours:
    language = data.language
    bounds = [f"{limit:,g}" for limit in found.limits]
    small, more, large = bounds
    labels = (
        text("class_down", language).format(upper=f"−{large}"),
        f"−{large} – −{more}",
        f"−{more} – −{small}",
        f"± {small}",
        f"+{small} – +{more}",
        f"+{more} – +{large}",
        text("class_over", language).format(lower=f"+{large}"),
    )
    classes = tuple(Swatch(*parts) for parts in zip(COLOURS, labels, found.counts(), strict=True))
    chance = Swatch(CHANCE_COLOUR, text("class_chance", language), len(found.values) - len(found.beyond_chance))
    places = {
        code: 1 + found.class_of(value) if code in found.beyond_chance else 0 for code, value in found.values.items()
    }
    return AreaColours((chance, *classes), places, frozenset())
