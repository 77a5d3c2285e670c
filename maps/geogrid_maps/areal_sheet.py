"""Maps that colour areas, as printed sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid_maps.choropleth import BLANK, paint_classes
from geogrid_maps.hotspots import paint_hotspots
from geogrid_maps.rail import filter_words
from geogrid_maps.sheet import Area, Entry, Ground, Paper, Sheet
from geogrid_maps.texts import MEASURE_NAMES, TITLES, text
from geogrid_maps.view import MapKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from geogrid.model import Category
    from geogrid.services.figures import Kpi
    from geogrid.stats.areal import AreaTable
    from geogrid.stats.areas import AreaSet
    from geogrid_maps.backdrop import Backdrop
    from geogrid_maps.choropleth import Painting
    from geogrid_maps.view import Language, View

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
        ground=Ground.of(backdrop),
        legend_title=MEASURE_NAMES[table.asked.measure][language],
        legend=_legend(painting, table, language),
        notes=_notes(kind, table, language),
        source=text("outline", language),
        printed=printed,
        areas=_areas(backdrop.areas.level(table.asked.by), table, painting),
        synthetic=table.synthetic,
        paper=paper,
        language=language,
    )


def _areas(areas: AreaSet, table: AreaTable, painting: Painting) -> list[Area]:
    shapes = dict(zip(areas.codes, areas.shapes, strict=True))
    colours = [swatch.colour for swatch in painting.swatches]
    found = []
    for row in table.rows:
        place = painting.places.get(row.code)
        fill = BLANK if place is None else colours[place]
        found.append(Area(shapes[row.code], fill, hatched=row.code in painting.hatched))
    return found


def _legend(painting: Painting, table: AreaTable, language: Language) -> list[Entry]:
    entries = [Entry(swatch.label, swatch.colour, n=swatch.areas) for swatch in reversed(painting.swatches)]
    blank = sum(row.code not in painting.places for row in table.rows)
    if blank:
        entries.append(Entry(text("no_value", language), BLANK, n=blank))
    if painting.hatched:
        label = f"{text('small_areas', language)} {table.small_below}"
        entries.append(Entry(label, "#ffffff", hatched=True, n=len(painting.hatched)))
    return entries


def _notes(kind: MapKind, table: AreaTable, language: Language) -> list[str]:
    generation = table.generation
    layers = f"{text('generation', language)} {generation.id} · {generation.label}"
    return [
        text("areas_note", language),
        *([text("hot_note", language)] if kind is MapKind.HOTSPOTS else []),
        *([text("smoothed_note", language)] if kind is MapKind.RATES else []),
        layers if table.by_generation is None else f"{layers} · {text('restated', language)}",
    ]
