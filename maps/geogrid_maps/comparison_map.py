"""Heat maps of two periods, or by two generations, side by side with one colour scale."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from geogrid.stats.rate_change import compare_rates, count_days
from geogrid_maps.district_map import Start, district_canvas
from geogrid_maps.filter_panel import period
from geogrid_maps.heatmap import GRADIENT, gather_heatmap, heat_layer, heat_radius_m
from geogrid_maps.map_data import ComparedSide, SidesData
from geogrid_maps.map_page import Drawing, PageContent
from geogrid_maps.map_query import MapKind, compared, days_of
from geogrid_maps.ui_texts import SHOWN, text

if TYPE_CHECKING:
    from datetime import date

    from branca.element import Figure

    from geogrid.constants import Language
    from geogrid.stats.rate_change import ComparedDays
    from geogrid_maps.district_map import Canvas
    from geogrid_maps.map_data import HeatmapData, MapFigures
    from geogrid_maps.map_query import View


def gather_sides(figures: MapFigures, view: View) -> SidesData:
    """Count the incidents of both periods of a view by heat cell."""
    newest = figures.newest_day()
    earlier, later = compared(view, newest)
    later_data, earlier_data = gather_heatmap(figures, later), gather_heatmap(figures, earlier)
    compared_side = ComparedSide(earlier, earlier_data.shapes.generation)
    later_data = replace(later_data, compared=compared_side)
    return SidesData(earlier_data, later_data, days_of_views(earlier, later, newest))


def draw_sides(data: SidesData) -> Drawing:
    """Draw two heat maps that move together; the filters of the later period fill the form."""
    earlier, later = data.earlier, data.later
    left, right = _draw_side(earlier), _draw_side(later)
    figure = cast("Figure", left.map.get_root())
    figure.add_child(right.map)
    _start_side(left, earlier)
    _start_side(right, later)
    Start("geogridCompare", {}, {}).add_to(right.map)
    legend = {
        "gradient": ", ".join(GRADIENT.values()),
        "densest": max(earlier.density.cells.largest, later.density.cells.largest),
        "periods": [(side_label(side, data), side.density.kpi) for side in (earlier, later)],
        "change": compare_rates(earlier.density.kpi.received, later.density.kpi.received, data.days),
    }
    content = PageContent(
        MapKind.COMPARE,
        later,
        later.density.kpi,
        legend,
        compare_options(later.language),
        earlier.density.kpi.share(earlier.shapes.generation),
    )
    other = earlier.shapes if earlier.shapes.generation.id != later.shapes.generation.id else None
    return Drawing(right.map, content, ("district.js", "heatmap.js", "compare.js"), other)


def _draw_side(side: HeatmapData) -> Canvas:
    canvas = district_canvas(side.shapes, side.words)
    canvas.layers["heat"] = heat_layer(side.density.cells, side.shapes, side.language).add_to(canvas.map)
    return canvas


def _start_side(canvas: Canvas, side: HeatmapData) -> None:
    counts = side.density.by_grid
    canvas.start("geogridKeep", side.shapes, side.words, counts=counts, heatRadius=heat_radius_m())


def side_label(side: HeatmapData, data: SidesData) -> str:
    """Return the period of a side, and its generation if the sides have different ones."""
    words = period(side.view)
    if data.earlier.shapes.generation.id == data.later.shapes.generation.id:
        return words
    return f"{words} · {text('generation', side.language)} {side.shapes.generation.id}"


def compare_options(language: Language) -> dict[str, dict[str, str]]:
    """Return the ways of comparing and their names."""
    return {"show": {show.value: names[language] for show, names in SHOWN.items()}}


def days_of_views(earlier: View, later: View, newest: date | None) -> ComparedDays:
    """Return the numbers of days that the incidents of two views with periods can be from."""
    (first, last), (other_first, other_last) = days_of(later, newest), days_of(earlier, newest)
    return count_days((other_first, other_last), (first, last), newest, later.weekday)
