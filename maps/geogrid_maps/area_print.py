"""Maps that colour areas, as printed sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid_maps.choropleth import BLANK, paint_classes
from geogrid_maps.filter_panel import filter_words, layers_words
from geogrid_maps.hotspots import paint_hotspots
from geogrid_maps.map_query import MapKind
from geogrid_maps.prints import LegendEntry, Paper, PrintArea, PrintGround, PrintMap, Sheet
from geogrid_maps.ui_texts import MEASURE_NAMES, TITLES, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.services.figures import Kpi
    from geogrid.stats.area_table import AreaTable
    from geogrid_maps.choropleth import Painting
    from geogrid_maps.district_shapes import Backdrop
    from geogrid_maps.map_query import View

#: How the areas of each map are coloured.
PAINT: Final = {
    MapKind.DENSITY: lambda table, _: paint_classes(table),
    MapKind.HOTSPOTS: paint_hotspots,
    MapKind.RATES: lambda table, _: paint_classes(table),
}


def areal_sheet(
    kind: MapKind,
    backdrop: Backdrop,
    kpi: Kpi,
    table: AreaTable,
    view: View,
    categories: Mapping[str, Category],
    *,
    paper: Paper,
    printed: datetime,
) -> Sheet:
    """Return a map of areas as a sheet to be drawn.

    Parameters
    ----------
    kind
        Which map, one of `PAINT`.
    backdrop
        The district.
    kpi, table
        The key figures of the incidents, and the figures of the areas.
    view
        What was asked for; the sheet says it in words.
    categories
        The names of the categories.
    paper
        Its size.
    printed
        The moment that stands on it.
    """
    language = view.language
    painting = PAINT[kind](table, language)
    return Sheet(
        title=f"{text('district', language)} · {TITLES[kind][language]}",
        lines=[*filter_words(backdrop, view, categories), f"n = {kpi.received:,} {text('incidents', language)}"],
        maps=[PrintMap(PrintGround.of(backdrop), areas=painted_areas(backdrop, table, painting))],
        legend_title=MEASURE_NAMES[table.query.measure][language],
        legend=painted_legend(painting, table, language),
        notes=_notes(kind, backdrop, table, language),
        source=text("outline", language),
        printed=printed,
        synthetic=table.synthetic,
        paper=paper,
        language=language,
    )


def painted_areas(backdrop: Backdrop, table: AreaTable, painting: Painting) -> list[PrintArea]:
    """Return the areas of a table as they are drawn; those of few incidents are hatched."""
    level = backdrop.areas.level(table.query.by)
    shapes = dict(zip(level.codes, level.shapes, strict=True))
    colours = [swatch.colour for swatch in painting.swatches]
    found = []
    for row in table.rows:
        place = painting.places.get(row.code)
        fill = BLANK if place is None else colours[place]
        found.append(PrintArea(shapes[row.code], fill, hatched=row.code in painting.hatched))
    return found


def painted_legend(painting: Painting, table: AreaTable, language: Language) -> list[LegendEntry]:
    """Return the classes, how many areas have no value, and how many have few incidents."""
    entries = [LegendEntry(swatch.label, swatch.colour, n=(swatch.areas,)) for swatch in reversed(painting.swatches)]
    blank = sum(row.code not in painting.places for row in table.rows)
    if blank:
        entries.append(LegendEntry(text("no_value", language), BLANK, n=(blank,)))
    if painting.hatched:
        label = f"{text('small_areas', language)} {table.small_below}"
        entries.append(LegendEntry(label, "#ffffff", hatched=True, n=(len(painting.hatched),)))
    return entries


def _notes(kind: MapKind, backdrop: Backdrop, table: AreaTable, language: Language) -> list[str]:
    return [
        text("areas_note", language),
        *([text("hot_note", language)] if kind is MapKind.HOTSPOTS else []),
        *([text("smoothed_note", language)] if kind is MapKind.RATES else []),
        layers_words(backdrop, language, restated=table.by_generation is not None),
    ]
