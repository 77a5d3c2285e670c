"""Maps that colour areas, as prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid_maps.choropleth import BLANK
from geogrid_maps.map_query import MapKind
from geogrid_maps.prints import LegendEntry, PrintArea, PrintMap
from geogrid_maps.prints.context import PrintContext
from geogrid_maps.ui_texts import MEASURE_NAMES, text

if TYPE_CHECKING:
    from geogrid.constants import Language
    from geogrid_maps.area_map import AreaMap
    from geogrid_maps.choropleth import AreaColours
    from geogrid_maps.map_data import AreaMapData
    from geogrid_maps.prints import Print, Printing


def print_areas(area_map: AreaMap, data: AreaMapData, printing: Printing) -> Print:
    """Return a map of areas as a print."""
    context, language, table = PrintContext(data, printing), data.language, data.table
    colours = area_map.colour(table, language)
    return context.fill(
        title=context.title(area_map.kind),
        lines=[*context.filters(), f"n = {data.kpi.received:,} {text('incidents', language)}"],
        maps=[PrintMap(context.district, areas=print_shapes(data, colours))],
        legend_title=MEASURE_NAMES[table.query.measure][language],
        legend=area_legend(data, colours),
        notes=[*_notes(area_map.kind, language), context.layers(restated=table.by_generation is not None)],
        synthetic=table.synthetic,
    )


def print_shapes(data: AreaMapData, colours: AreaColours) -> list[PrintArea]:
    """Return the areas with their fills; areas with few incidents are hatched."""
    level = data.shapes.areas.level(data.table.query.by)
    shapes = dict(zip(level.codes, level.shapes, strict=True))
    fills = {code: colours.swatches[place].colour for code, place in colours.places.items()}
    return [
        PrintArea(shapes[row.code], fills.get(row.code, BLANK), hatched=row.code in colours.hatched)
        for row in data.table.rows
    ]


def area_legend(data: AreaMapData, colours: AreaColours) -> list[LegendEntry]:
    """Return the classes, then the number of areas without a value and of areas with few incidents."""
    table, language = data.table, data.language
    entries = [LegendEntry(swatch.label, swatch.colour, n=(swatch.areas,)) for swatch in reversed(colours.swatches)]
    blank = sum(row.code not in colours.places for row in table.rows)
    if blank:
        entries.append(LegendEntry(text("no_value", language), BLANK, n=(blank,)))
    if colours.hatched:
        label = f"{text('small_areas', language)} {table.small_below}"
        entries.append(LegendEntry(label, "#ffffff", hatched=True, n=(len(colours.hatched),)))
    return entries


def _notes(kind: MapKind, language: Language) -> list[str]:
    return [
        text("areas_note", language),
        *([text("hot_note", language)] if kind is MapKind.HOTSPOTS else []),
        *([text("smoothed_note", language)] if kind is MapKind.RATES else []),
    ]
