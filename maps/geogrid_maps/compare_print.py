"""Prints that compare two periods: two heat maps side by side, or the change by area."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from geogrid.stats.rate_change import compare_rates
from geogrid_maps.area_print import area_legend, print_shapes
from geogrid_maps.comparison_map import side_label
from geogrid_maps.difference_map import colour_difference
from geogrid_maps.filter_panel import period
from geogrid_maps.formatting import format_change
from geogrid_maps.heat_print_classes import classify_heat, heat_notes
from geogrid_maps.map_query import MapKind, Show
from geogrid_maps.prints import PrintDistrict, PrintMap
from geogrid_maps.prints.context import PrintContext
from geogrid_maps.ui_texts import SHOWN, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.stats.rate_change import ComparedDays
    from geogrid_maps.map_data import DifferenceData, SidesData
    from geogrid_maps.prints import Print, Printing


def print_sides(data: SidesData, printing: Printing) -> Print:
    """Return the heat maps of two periods side by side as a print; it names the filters of the later one."""
    sides = (data.earlier, data.later)
    context, language = PrintContext(data.later, printing), data.later.language
    heat = classify_heat([side.density.cells for side in sides], context.district, language, apart=True)
    labels = [side_label(side, data) for side in sides]
    received = [side.density.kpi.received for side in sides]
    left_out = sum(received) - sum(int(side.density.cells.count.sum()) for side in sides)
    layers = [PrintContext(side, printing).layers(restated=side.density.kpi.generation is not None) for side in sides]
    return context.fill(
        title=context.title(MapKind.COMPARE),
        lines=_lines(labels, received, data.days, context),
        maps=[
            PrintMap(PrintDistrict.of(side.shapes, context.projection), bands=bands, caption=label, n=n)
            for side, bands, label, n in zip(sides, heat.bands, labels, received, strict=True)
        ],
        legend_title=text("heat_measure", language),
        legend=heat.legend,
        notes=[text("sides_note", language), *heat_notes(left_out, context), *dict.fromkeys(layers)],
        synthetic=reduce(or_, (side.density.kpi.share(side.shapes.generation) for side in sides)),
    )


def print_difference(data: DifferenceData, printing: Printing) -> Print:
    """Return a print of the change of incidents per km² by area, from the earlier to the later period."""
    context, language = PrintContext(data, printing), data.language
    table, colours = colour_difference(data)
    changes = replace(data, table=table)
    periods = [period(data.earlier_view), period(data.view)]
    return context.fill(
        title=f"{context.title(MapKind.COMPARE)} ({SHOWN[Show.DIFFERENCE][language]})",
        lines=_lines(periods, [data.earlier_table.n, table.n], data.days, context),
        maps=[PrintMap(context.district, areas=print_shapes(changes, colours))],
        legend_title=text("change", language),
        legend=area_legend(changes, colours),
        notes=[text("areas_note", language), context.layers(restated=table.by_generation is not None)],
        synthetic=data.earlier_table.synthetic | table.synthetic,
    )


def _lines(labels: Sequence[str], received: Sequence[int], days: ComparedDays, context: PrintContext) -> list[str]:
    """Return the number of incidents of each side, the change, and the filters of both without their period."""
    sides = [f"{label}: n = {n:,}" for label, n in zip(labels, received, strict=True)]
    change = compare_rates(received[0], received[1], days)
    changes = [f"{text('per_day', context.data.language)} {format_change(change)}"] if change else []
    return [*sides, *changes, *context.filters()[1:]]
