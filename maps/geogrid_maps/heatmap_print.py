"""The heat map as a printed sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from geogrid_maps.filter_panel import filter_words, layers_words
from geogrid_maps.heat_classes import classify_heat, heat_notes
from geogrid_maps.prints import Print, PrintDistrict, PrintMap
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.services.figures import Density, Kpi
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View
    from geogrid_maps.prints import Printing


def print_heatmap(
    backdrop: DistrictShapes,
    density: Density,
    view: View,
    categories: Mapping[str, Category],
    **how: Unpack[Printing],
) -> Print:
    """Return the heat map of a choice as a sheet to be drawn.

    Parameters
    ----------
    backdrop
        The district.
    density
        Where the incidents lie.
    view
        What was asked for; the sheet says it in words.
    categories
        The names of the categories.
    how
        Of the print.
    """
    language, kpi = view.language, density.kpi
    (bands,), legend = classify_heat([density.cells], language)
    left_out = kpi.received - int(density.cells.count.sum())
    return Print(
        title=text("heat_sheet", language),
        lines=[*filter_words(backdrop, view, categories), format_total(kpi, language)],
        maps=[PrintMap(PrintDistrict.of(backdrop), bands=bands)],
        legend_title=text("heat_measure", language),
        legend=legend,
        notes=[*heat_notes(left_out, language), layers_words(backdrop, language, restated=kpi.generation is not None)],
        source=text("outline", language),
        synthetic=bool(kpi.synthetic) or backdrop.generation.synthetic,
        language=language,
        **how,
    )


def format_total(kpi: Kpi, language: Language) -> str:
    """Return how many incidents there are, and the share that has been handled."""
    rate = kpi.handled_rate.value
    handled = "–" if rate is None else f"{rate:.0%}"
    return f"n = {kpi.received:,} {text('incidents', language)} · {text('handled', language)} {handled}"
