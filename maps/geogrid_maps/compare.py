"""Two periods side by side, on maps that move together and share one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from geogrid_maps.canvas import Start, district_canvas
from geogrid_maps.frame import Drawing, Scene
from geogrid_maps.heatmap import GRADIENT, heat_layer
from geogrid_maps.rail import period
from geogrid_maps.texts import SHOWN
from geogrid_maps.view import MapKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from branca.element import Figure

    from geogrid.model import Category
    from geogrid.services.figures import Density
    from geogrid_maps.backdrop import Backdrop
    from geogrid_maps.view import Language, View


def draw_compare(
    backdrop: Backdrop, found: tuple[Density, Density], views: tuple[View, View], categories: Mapping[str, Category]
) -> Drawing:
    """Draw two heat maps side by side; see `geogrid_maps.frame` for the two ways out.

    Parameters
    ----------
    backdrop
        The district.
    found
        Where the incidents of the earlier and of the later period lie.
    views
        What was asked for of either; the later fills the form and the strip.
    categories
        The names of the categories.
    """
    (earlier, later), (before, view) = found, views
    language = view.language
    left, right = (district_canvas(backdrop, language) for _ in range(2))
    for canvas, density in ((left, earlier), (right, later)):
        canvas.layers["heat"] = heat_layer(density.cells, backdrop, language).add_to(canvas.map)
    left.start("geogridKeep", backdrop, language, counts=earlier.by_grid)
    figure = cast("Figure", left.map.get_root())
    figure.add_child(right.map)
    right.start("geogridKeep", backdrop, language, counts=later.by_grid)
    Start("geogridCompare", {}, {}).add_to(right.map)
    periods = [(period(before), earlier.kpi), (period(view), later.kpi)]
    legend = {
        "gradient": ", ".join(GRADIENT.values()),
        "densest": max(earlier.cells.largest, later.cells.largest),
        "periods": periods,
        "change": _change(earlier.kpi.received, later.kpi.received),
    }
    scene = Scene(MapKind.COMPARE, backdrop, later.kpi, view, categories, legend, compare_options(language))
    return Drawing(right.map, scene, ("district.js", "heatmap.js", "compare.js"))


def compare_options(language: Language) -> dict[str, dict[str, str]]:
    """Return what the comparison lets one choose."""
    return {"show": {show.value: names[language] for show, names in SHOWN.items()}}


def _change(before: int, now: int) -> float | None:
    return (now - before) / before if before else None
