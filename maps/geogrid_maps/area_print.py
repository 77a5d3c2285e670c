"""Maps that colour areas, as printed sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from geogrid_maps.area_map import AREA_MAPS
from geogrid_maps.choropleth import BLANK
from geogrid_maps.filter_panel import filter_words, layers_words
from geogrid_maps.map_query import MapKind
from geogrid_maps.prints import LegendEntry, Print, PrintArea, PrintDistrict, PrintMap
from geogrid_maps.ui_texts import MEASURE_NAMES, TITLES, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.services.figures import Kpi
    from geogrid.stats.area_table import AreaTable
    from geogrid_maps.choropleth import AreaColours
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View
    from geogrid_maps.prints import Printing


def print_areas(
    kind: MapKind,
    backdrop: DistrictShapes,
    kpi: Kpi,
    table: AreaTable,
    view: View,
    categories: Mapping[str, Category],
    **how: Unpack[Printing],
) -> Print:
    """Return a map of areas as a sheet to be drawn.

    Parameters
    ----------
    kind
        Which map, one of `AREAL_MAPS`.
    backdrop
        The district.
    kpi, table
        The key figures of the incidents, and the figures of the areas.
    view
        What was asked for; the sheet says it in words.
    categories
        The names of the categories.
    how
        Of the print.
    """
    language = view.language
    painting = AREA_MAPS[kind].paint(table, language)
    return Print(
        title=f"{text('district', language)} · {TITLES[kind][language]}",
        lines=[*filter_words(backdrop, view, categories), f"n = {kpi.received:,} {text('incidents', language)}"],
        maps=[PrintMap(PrintDistrict.of(backdrop), areas=painted_areas(backdrop, table, painting))],
        legend_title=MEASURE_NAMES[table.asked.measure][language],
        legend=painted_legend(painting, table, language),
        notes=_notes(kind, backdrop, table, language),
        source=text("outline", language),
        synthetic=table.synthetic,
        language=language,
        **how,
    )


def painted_areas(backdrop: DistrictShapes, table: AreaTable, painting: AreaColours) -> list[PrintArea]:
    """Return the areas of a table as they are drawn; those of few incidents are hatched."""
    level = backdrop.areas.level(table.asked.by)
    shapes = dict(zip(level.codes, level.shapes, strict=True))
    colours = [swatch.colour for swatch in painting.swatches]
    found = []
    for row in table.rows:
        place = painting.places.get(row.code)
        fill = BLANK if place is None else colours[place]
        found.append(PrintArea(shapes[row.code], fill, hatched=row.code in painting.hatched))
    return found


def painted_legend(painting: AreaColours, table: AreaTable, language: Language) -> list[LegendEntry]:
    """Return the classes, how many areas have no value, and how many have few incidents."""
    entries = [LegendEntry(swatch.label, swatch.colour, n=(swatch.areas,)) for swatch in reversed(painting.swatches)]
    blank = sum(row.code not in painting.places for row in table.rows)
    if blank:
        entries.append(LegendEntry(text("no_value", language), BLANK, n=(blank,)))
    if painting.hatched:
        label = f"{text('small_areas', language)} {table.small_below}"
        entries.append(LegendEntry(label, "#ffffff", hatched=True, n=(len(painting.hatched),)))
    return entries


def _notes(kind: MapKind, backdrop: DistrictShapes, table: AreaTable, language: Language) -> list[str]:
    return [
        text("areas_note", language),
        *([text("hot_note", language)] if kind is MapKind.HOTSPOTS else []),
        *([text("smoothed_note", language)] if kind is MapKind.RATES else []),
        layers_words(backdrop, language, restated=table.by_generation is not None),
    ]
