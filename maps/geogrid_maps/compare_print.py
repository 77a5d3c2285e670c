"""Two periods as a printed sheet: side by side, or how they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from geogrid_maps.area_print import painted_areas, painted_legend
from geogrid_maps.compare import change_of, side_label
from geogrid_maps.difference import colour_difference
from geogrid_maps.filter_panel import filter_words, layers_words, period
from geogrid_maps.heat_classes import classify_heat, heat_notes
from geogrid_maps.map_query import MapKind, Show
from geogrid_maps.prints import Print, PrintDistrict, PrintMap
from geogrid_maps.ui_texts import SHOWN, TITLES, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.services.figures import Density
    from geogrid.stats.area_table import AreaTable
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View
    from geogrid_maps.prints import Printing


def print_sides(
    backdrops: tuple[DistrictShapes, DistrictShapes],
    found: tuple[Density, Density],
    views: tuple[View, View],
    categories: Mapping[str, Category],
    **how: Unpack[Printing],
) -> Print:
    """Return two periods, or two generations of layers, side by side as a sheet to be drawn.

    Parameters
    ----------
    backdrops
        The district by the layers of either side.
    found
        Where the incidents of either side lie.
    views
        What was asked for of either; the right one's filters stand on the sheet.
    categories
        The names of the categories.
    how
        Of the print.
    """
    language = views[1].language
    bands, legend = classify_heat([density.cells for density in found], language, apart=True)
    labels = [side_label(view, backdrop, backdrops) for view, backdrop in zip(views, backdrops, strict=True)]
    received = found[0].kpi.received, found[1].kpi.received
    left_out = sum(received) - sum(int(density.cells.count.sum()) for density in found)
    layers = [
        layers_words(backdrop, language, restated=density.kpi.generation is not None)
        for backdrop, density in zip(backdrops, found, strict=True)
    ]
    return Print(
        title=_title(language),
        lines=_lines(labels, received, filter_words(backdrops[1], views[1], categories), language),
        maps=[
            PrintMap(PrintDistrict.of(backdrop), bands=filled, caption=label, n=n)
            for backdrop, filled, label, n in zip(backdrops, bands, labels, received, strict=True)
        ],
        legend_title=text("heat_measure", language),
        legend=legend,
        notes=[text("sides_note", language), *heat_notes(left_out, language), *dict.fromkeys(layers)],
        source=text("outline", language),
        synthetic=any(
            density.kpi.synthetic or backdrop.generation.synthetic
            for density, backdrop in zip(found, backdrops, strict=True)
        ),
        language=language,
        **how,
    )


def print_difference(
    backdrop: DistrictShapes,
    tables: tuple[AreaTable, AreaTable],
    views: tuple[View, View],
    categories: Mapping[str, Category],
    **how: Unpack[Printing],
) -> Print:
    """Return how a later period differs from an earlier one as a sheet to be drawn.

    Parameters
    ----------
    backdrop
        The district by the layers of the later period.
    tables, views
        The figures of both periods and what was asked for, the earlier first.
    categories
        The names of the categories.
    how
        Of the print.
    """
    view = views[1]
    language = view.language
    table, painting = colour_difference(*tables, language)
    lines = _lines(
        [period(one) for one in views], (tables[0].n, tables[1].n), filter_words(backdrop, view, categories), language
    )
    return Print(
        title=f"{_title(language)} ({SHOWN[Show.DIFFERENCE][language]})",
        lines=lines,
        maps=[PrintMap(PrintDistrict.of(backdrop), areas=painted_areas(backdrop, table, painting))],
        legend_title=text("change", language),
        legend=painted_legend(painting, table, language),
        notes=[
            text("areas_note", language),
            layers_words(backdrop, language, restated=table.by_generation is not None),
        ],
        source=text("outline", language),
        synthetic=tables[0].synthetic or table.synthetic,
        language=language,
        **how,
    )


def _title(language: Language) -> str:
    return f"{text('district', language)} · {TITLES[MapKind.COMPARE][language]}"


def _lines(labels: list[str], received: tuple[int, int], words: list[str], language: Language) -> list[str]:
    """Return either side with how many it has, by how much that has changed, and the filters of both."""
    sides = [f"{label}: n = {n:,}" for label, n in zip(labels, received, strict=True)]
    change = change_of(*received)
    told = [] if change is None else [f"{text('changed', language)} {change:+.1%}".replace("-", "−")]
    # The first word is the period of one of them.
    return [*sides, *told, *words[1:]]
