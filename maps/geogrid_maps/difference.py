"""Two periods on one map: how much more or less there is in each area."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geogrid.stats.area_table import AreaQuestion
from geogrid.stats.difference import MIDDLE, difference
from geogrid.stats.measures import Measure
from geogrid_maps.choropleth import AreaColours, Swatch, draw_areas
from geogrid_maps.compare import compare_options
from geogrid_maps.filter_panel import period
from geogrid_maps.map_query import MapKind
from geogrid_maps.ui_texts import LEVELS, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.services.figures import Kpi
    from geogrid.stats.area_table import AreaTable
    from geogrid.stats.difference import Difference
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View
    from geogrid_maps.page import Drawing

#: ColorBrewer's RdBu: blue for less, white for no change, red for more; the colour-blind tell the ends apart.
COLOURS: Final = ("#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fddbc7", "#ef8a62", "#b2182b")


def difference_question(view: View) -> AreaQuestion:
    """Return what a view asks of areas: how many there are in a square kilometre."""
    return AreaQuestion(view.by, Measure.PER_KM2)


def draw_difference(
    backdrop: DistrictShapes,
    kpi: Kpi,
    tables: tuple[AreaTable, AreaTable],
    views: tuple[View, View],
    categories: Mapping[str, Category],
) -> Drawing:
    """Draw areas by how a later period differs from an earlier one, see `geogrid_maps.choropleth.draw_areas`.

    Parameters
    ----------
    backdrop
        The district.
    kpi
        The key figures of the later period.
    tables, views
        The figures of both periods and what was asked for, the earlier first.
    categories
        The names of the categories.
    """
    view = views[1]
    table, painting = colour_difference(*tables, view.language)
    options = compare_options(view.language) | {
        "by": {level.value: names[view.language] for level, names in LEVELS.items()}
    }
    return draw_areas(
        MapKind.COMPARE,
        backdrop,
        kpi,
        table,
        painting,
        view,
        categories,
        options,
        label=f"{text('change', view.language)} · {period(views[0])} → {period(view)}",
    )


def colour_difference(earlier: AreaTable, later: AreaTable, language: Language) -> tuple[AreaTable, AreaColours]:
    """Return the later table with changes for values, and how they are coloured."""
    found = difference(earlier, later)
    rows = tuple(replace(row, value=found.values.get(row.code), smoothed=None) for row in later.rows)
    return replace(later, rows=rows), _paint(found, (earlier, later), language)


def _paint(found: Difference, tables: tuple[AreaTable, AreaTable], language: Language) -> AreaColours:
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
    swatches = tuple(Swatch(*parts) for parts in zip(COLOURS, labels, found.counts(), strict=True))
    places = {code: found.class_of(value) for code, value in found.values.items()}
    # From many to few is a change all the same.
    few = (frozenset(row.code for row in table.rows if row.small) for table in tables)
    changed = frozenset(code for code, place in places.items() if place != MIDDLE)
    return AreaColours(swatches, places, changed.intersection(*few))
