"""Maps that colour areas: classes from light to dark, small numbers hatched, a click tells an area's figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.model import Layer
from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.measures import Measure
from geogrid_maps.district_map import district_canvas
from geogrid_maps.filter_panel import period
from geogrid_maps.page import Drawing, PageContent
from geogrid_maps.ui_texts import LEVELS, MEASURE_NAMES, METHODS, STRENGTH_NAMES, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.services.figures import Kpi
    from geogrid.stats.area_table import AreaRow, AreaTable
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import MapKind, View

#: ColorBrewer's YlOrRd for so many classes: even steps, safe for the colour-blind.
COLOURS: Final[Mapping[int, Sequence[str]]] = {
    0: (),
    1: ("#fd8d3c",),
    2: ("#fecc5c", "#f03b20"),
    3: ("#ffeda0", "#feb24c", "#f03b20"),
    4: ("#ffffb2", "#fecc5c", "#fd8d3c", "#e31a1c"),
    5: ("#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026"),
    6: ("#ffffb2", "#fed976", "#feb24c", "#fd8d3c", "#f03b20", "#bd0026"),
    7: ("#ffffb2", "#fed976", "#feb24c", "#fd8d3c", "#fc4e2a", "#e31a1c", "#b10026"),
}
#: An area with no value.
BLANK: Final = "#e3e0d8"
_SHARES: Final = (Measure.HANDLED_RATE, Measure.OVERDUE_SHARE)
#: The parts of ``geogridAreas`` that hold the areas of a level.
_DRAWN: Final = {
    AreaLevel.GRID: ("urban", "rural"),
    AreaLevel.DEDICATED: ("dedicated",),
    AreaLevel.COMMUNITY: ("communities",),
    AreaLevel.STREET: ("streets",),
}
_GRIDS: Final = (AreaLevel.GRID, AreaLevel.DEDICATED)
#: Numbers from here on are told without decimals.
_LARGE: Final = 100


@dataclass(frozen=True, slots=True)
class Swatch:
    """A line of a legend: what a colour means, and how many areas have it."""

    colour: str
    label: str
    areas: int


@dataclass(frozen=True, slots=True)
class AreaColours:
    """How the areas of a table are coloured.

    Attributes
    ----------
    swatches
        The colours, from the lowest.
    places
        The place of each area's colour among them, by code; an area with none is left grey.
    hatched
        The areas of few cases, by code, where the colour says something that few cases may not bear out.
    """

    swatches: tuple[Swatch, ...]
    places: Mapping[str, int]
    hatched: frozenset[str]


def colour_by_class(table: AreaTable) -> AreaColours:
    """Colour areas by their class."""
    classes, measure = table.classes, table.asked.measure
    lows = [classes.lowest, *classes.bounds]
    swatches = tuple(
        Swatch(colour, f"{format_value(low, measure)} – {format_value(high, measure)}", areas)
        for colour, low, high, areas in zip(
            COLOURS[len(classes.bounds)], lows, classes.bounds, classes.counts, strict=False
        )
    )
    places = {row.code: row.in_class for row in table.rows if row.in_class is not None}
    return AreaColours(swatches, places, frozenset(row.code for row in table.rows if row.small and row.code in places))


def draw_areas(
    kind: MapKind,
    backdrop: DistrictShapes,
    kpi: Kpi,
    table: AreaTable,
    painting: AreaColours,
    view: View,
    categories: Mapping[str, Category],
    options: Mapping[str, Mapping[str, str]],
    ranked: Sequence[AreaRow] = (),
    label: str | None = None,
) -> Drawing:
    """Draw areas in colours; see `geogrid_maps.page` for its two ways out.

    Parameters
    ----------
    kind
        Which map.
    backdrop
        The district.
    kpi
        The key figures of the incidents.
    table
        The figures of the areas.
    painting
        Their colours.
    view
        What was asked for; it fills the form and the strip.
    categories
        The names of the categories.
    options
        As of `Scene`.
    ranked
        The areas that a list beside the map names, in its order.
    label
        What the values are, where it is not the measure itself.
    """
    language, level = view.language, table.asked.by
    canvas = district_canvas(backdrop, language)
    canvas.start(
        "geogridAreal",
        backdrop,
        language,
        rows={row.code: _figures(row, painting) for row in table.rows},
        colours=[swatch.colour for swatch in painting.swatches],
        drawn=_DRAWN[level],
        # Lines of another level would cut the areas.
        off=[layer for layer in (Layer.URBAN, Layer.RURAL, Layer.DEDICATED) if layer not in _DRAWN[level]],
        grids=level in _GRIDS,
        share=table.asked.measure in _SHARES,
        words=_words(table, label, language),
    )
    legend = {
        "measure": label or MEASURE_NAMES[table.asked.measure][language],
        "swatches": painting.swatches,
        "table": table,
        "blank": sum(row.code not in painting.places for row in table.rows),
        "small": len(painting.hatched),
        "period": period(view),
        "ranked": [(row, format_value(row.value, table.asked.measure)) for row in ranked],
        "strengths": {strength: names[language] for strength, names in STRENGTH_NAMES.items()},
    }
    scene = PageContent(kind, backdrop, kpi, view, categories, legend, options)
    return Drawing(canvas.map, scene, ("district.js", "choropleth.js"))


def area_options(
    measures: Sequence[Measure], language: Language, *, by_level: bool = True
) -> dict[str, dict[str, str]]:
    """Return what a map lets one choose: the measure, and unless it knows grids alone the areas and classes."""
    found = {"measure": {measure.value: MEASURE_NAMES[measure][language] for measure in measures}}
    if by_level:
        found["by"] = {level.value: names[language] for level, names in LEVELS.items()}
        found["classes"] = {method.value: names[language] for method, names in METHODS.items()}
    return found


def format_value(value: float | None, measure: Measure) -> str:
    """Return a value for people.

    Examples
    --------
    >>> format_value(0.98744, Measure.HANDLED_RATE), written(1234.5, Measure.PER_KM2), written(7.25, Measure.MEDIAN_HOURS)
    ('98.7%', '1,234', '7.2')
    """
    if value is None:
        return "–"
    if measure in _SHARES:
        return f"{value:.1%}"
    return f"{value:,.0f}" if measure is Measure.COUNT or value >= _LARGE else f"{value:,.1f}"


def _figures(row: AreaRow, painting: AreaColours) -> list[float | None]:
    """Return what the page keeps of an area: its colour, whether it is hatched, n, value, smoothed value, people, z."""
    place, hatched = painting.places.get(row.code), int(row.code in painting.hatched)
    return [place, hatched, row.n, row.value, row.smoothed, row.people, row.z]


def _words(table: AreaTable, label: str | None, language: Language) -> dict[str, str]:
    """Return the labels of an area's card; the script sets them as text."""
    words = {key: text(key, language) for key in ("code", "street", "community", "residents", "score", "no_value")}
    words["small"] = f"{text('small_areas', language)} {table.small_below}"
    smoothed = any(row.smoothed is not None for row in table.rows)
    measure = label or MEASURE_NAMES[table.asked.measure][language]
    return {
        **words,
        "n": "n",
        "value": f"{measure} · {text('as_counted', language)}" if smoothed else measure,
        "smoothed": f"{measure} · {text('smoothed', language)}",
    }
