"""Two periods, or two generations of layers, side by side on maps that move together and share one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from geogrid_maps.district_map import Start, district_canvas
from geogrid_maps.filter_panel import period
from geogrid_maps.heatmap import GRADIENT, heat_layer, heat_radius_m
from geogrid_maps.map_query import MapKind
from geogrid_maps.page import Drawing, PageContent
from geogrid_maps.ui_texts import SHOWN, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from branca.element import Figure

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.services.figures import Density
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View


def draw_compare(
    backdrops: tuple[DistrictShapes, DistrictShapes],
    found: tuple[Density, Density],
    views: tuple[View, View],
    categories: Mapping[str, Category],
) -> Drawing:
    """Draw two heat maps side by side, of two periods or by two generations; see `geogrid_maps.page` for its ways out.

    Parameters
    ----------
    backdrops
        The district by the layers of either side.
    found
        Where the incidents of either side lie.
    views
        What was asked for of either; the right one fills the form and the strip.
    categories
        The names of the categories.
    """
    (earlier, later), (before, view) = found, views
    language = view.language
    left, right = (district_canvas(backdrop, language) for backdrop in backdrops)
    for canvas, backdrop, density in zip((left, right), backdrops, found, strict=True):
        canvas.layers["heat"] = heat_layer(density.cells, backdrop, language).add_to(canvas.map)
    left.start("geogridKeep", backdrops[0], language, counts=earlier.by_grid, heatRadius=heat_radius_m())
    figure = cast("Figure", left.map.get_root())
    figure.add_child(right.map)
    right.start("geogridKeep", backdrops[1], language, counts=later.by_grid, heatRadius=heat_radius_m())
    Start("geogridCompare", {}, {}).add_to(right.map)
    sides = zip((before, view), backdrops, found, strict=True)
    periods = [(side_label(of, backdrop, backdrops), density.kpi) for of, backdrop, density in sides]
    legend = {
        "gradient": ", ".join(GRADIENT.values()),
        "densest": max(earlier.cells.largest, later.cells.largest),
        "periods": periods,
        "change": change_of(earlier.kpi.received, later.kpi.received),
    }
    scene = PageContent(MapKind.COMPARE, backdrops[1], later.kpi, view, categories, legend, compare_options(language))
    other = backdrops[0] if backdrops[0] is not backdrops[1] else None
    return Drawing(right.map, scene, ("district.js", "heatmap.js", "compare.js"), other)


def side_label(view: View, backdrop: DistrictShapes, backdrops: tuple[DistrictShapes, DistrictShapes]) -> str:
    """Return what stands below a side: its period, and its layers where they are not the same."""
    words = period(view)
    if backdrops[0] is backdrops[1]:
        return words
    return f"{words} · {text('generation', view.language)} {backdrop.generation.id}"


def compare_options(language: Language) -> dict[str, dict[str, str]]:
    """Return what the comparison lets one choose."""
    return {"show": {show.value: names[language] for show, names in SHOWN.items()}}


def change_of(before: int, now: int) -> float | None:
    """Return by which share a number has changed, or None where there was nothing."""
    return (now - before) / before if before else None
