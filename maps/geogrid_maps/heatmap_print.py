"""The heat map as a print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.model.figures import format_share
from geogrid_maps.heat_print_classes import classify_heat, heat_notes
from geogrid_maps.prints import PrintMap
from geogrid_maps.prints.context import PrintContext
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from geogrid.constants import Language
    from geogrid.services.key_figures import Kpi
    from geogrid_maps.map_data import HeatmapData
    from geogrid_maps.prints import Print, Printing


def print_heatmap(data: HeatmapData, printing: Printing) -> Print:
    """Return the heat map as a print."""
    context, language, kpi = PrintContext(data, printing), data.language, data.density.kpi
    heat = classify_heat([data.density.cells], context.district, language)
    left_out = kpi.received - int(data.density.cells.count.sum())
    return context.fill(
        title=text("heat_sheet", language).format(district=data.words.name),
        lines=[*context.filters(), format_total(kpi, language)],
        maps=[PrintMap(context.district, bands=heat.bands[0])],
        legend_title=text("heat_measure", language),
        legend=heat.legend,
        notes=[*heat_notes(left_out, context), context.layers(restated=kpi.generation is not None)],
        synthetic=kpi.share(data.shapes.generation),
    )


def format_total(kpi: Kpi, language: Language) -> str:
    """Return the number of incidents and the share handled as text."""
    rate = kpi.handled_rate.value
    handled = format_share(rate, 0)
    return f"n = {kpi.received:,} {text('incidents', language)} · {text('handled', language)} {handled}"
