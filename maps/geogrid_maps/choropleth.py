"""Maps that colour areas by a figure, with areas of few incidents hatched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.model.figures import format_share
from geogrid.model.synthetic_share import SyntheticShare
from geogrid.stats.generation_areas import AreaLevel
from geogrid.stats.measures import GOOD_IF_HIGH, SHARE_MEASURES, Measure
from geogrid_maps.area_labels import level_names, page_text
from geogrid_maps.district_map import district_canvas, grid_layers
from geogrid_maps.filter_panel import period
from geogrid_maps.map_data import DifferenceData
from geogrid_maps.map_page import Drawing, PageContent
from geogrid_maps.ui_texts import MEASURE_NAMES, METHODS, STRENGTH_NAMES, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.rules.district_words import DistrictWords
    from geogrid.stats.area_table_model import AreaRow, AreaTable
    from geogrid.stats.hot_areas import HotArea
    from geogrid_maps.map_data import AreaMapData, MapData
    from geogrid_maps.map_query import MapKind

#: ColorBrewer's YlOrRd by number of classes: even steps, safe for colour-blind readers.
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
#: Colour of an area without a value.
BLANK: Final = "#e3e0d8"
#: Parts of ``geogridAreas`` that hold the areas of a level.
_DRAWN: Final = {
    AreaLevel.GRID: ("urban", "rural"),
    AreaLevel.DEDICATED: ("dedicated",),
    AreaLevel.COMMUNITY: ("communities",),
    AreaLevel.STREET: ("streets",),
}
_GRIDS: Final = (AreaLevel.GRID, AreaLevel.DEDICATED)
#: Values from here on are written without decimals.
_LARGE: Final = 100
#: Decimals beyond which limits of classes may look equal.
_MOST_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True)
class Swatch:
    """An entry of a legend: a colour, its meaning, and the number of areas that have it."""

    colour: str
    label: str
    areas: int


@dataclass(frozen=True, slots=True)
class AreaColours:
    """The colours of the areas of a table.

    Attributes
    ----------
    swatches
        The legend, from the lowest class.
    places
        Index of the swatch of each area, by code; areas without a value are missing.
    hatched
        Codes of the coloured areas with few incidents.
    """

    swatches: tuple[Swatch, ...]
    places: Mapping[str, int]
    hatched: frozenset[str]


def colour_by_class(table: AreaTable) -> AreaColours:
    """Return the colours of areas by class, the darkest for the worst."""
    classes, measure = table.classes, table.query.measure
    limits = format_limits([classes.lowest, *classes.bounds], measure)
    colours = COLOURS[len(classes.bounds)]
    if measure in GOOD_IF_HIGH:
        colours = colours[::-1]
    swatches = tuple(
        Swatch(colour, f"{low} – {high}", areas)
        for colour, low, high, areas in zip(colours, limits, limits[1:], classes.counts, strict=False)
    )
    places = {row.code: row.in_class for row in table.rows if row.in_class is not None}
    return AreaColours(swatches, places, frozenset(row.code for row in table.rows if row.small and row.code in places))


def draw_areas(
    kind: MapKind,
    data: AreaMapData,
    colours: AreaColours,
    options: Mapping[str, Mapping[str, str]],
    ranked: Sequence[tuple[AreaRow, HotArea]] = (),
    label: str | None = None,
) -> Drawing:
    """Draw areas in colours.

    Parameters
    ----------
    kind
        Id of the map.
    data
        The figures of the areas.
    colours
        The colours of the areas.
    options
        Fields of the form, as of `PageContent`.
    ranked
        Hot areas of the list beside the map, in order, each with its most significant grid.
    label
        Name of the values; by default that of the measure.
    """
    language, table = data.language, data.table
    level = table.query.by
    canvas = district_canvas(data.shapes, data.words)
    canvas.start(
        "geogridAreal",
        data.shapes,
        data.words,
        rows={row.code: _area_values(row, colours) for row in table.rows},
        colours=[swatch.colour for swatch in colours.swatches],
        drawn=_DRAWN[level],
        # Borders of another level would cross the areas.
        off=[layer for layer in grid_layers(data.words, data.shapes) if layer not in _DRAWN[level]],
        grids=level in _GRIDS,
        share=table.query.measure in SHARE_MEASURES,
        words=_words(table, label, data.words),
    )
    legend = {
        "measure": label or MEASURE_NAMES[table.query.measure][language],
        "swatches": colours.swatches,
        "table": table,
        "blank": sum(row.code not in colours.places for row in table.rows),
        "small": len(colours.hatched),
        "period": period(data.view),
        "ranked": [(row, area, format_value(row.value, table.query.measure)) for row, area in ranked],
        "strengths": {strength: names[language] for strength, names in STRENGTH_NAMES.items()},
    }
    content = PageContent(kind, data, data.kpi, legend, options, _share_beside(data))
    return Drawing(canvas.map, content, ("district.js", "choropleth.js"))


def _share_beside(data: AreaMapData) -> SyntheticShare:
    """Return the synthetic part of the population, and of the earlier period of a comparison."""
    population = SyntheticShare(population=data.table.synthetic.population)
    return data.earlier_table.synthetic | population if isinstance(data, DifferenceData) else population


def level_options(data: MapData) -> dict[str, str]:
    """Return the names of the levels of areas that the district has."""
    return {level.value: name for level, name in level_names(data.words, data.shapes.areas.present).items()}


def area_options(measures: Sequence[Measure], data: MapData, *, by_level: bool = True) -> dict[str, dict[str, str]]:
    """Return the choices of the form: measures, and with `by_level` also area levels and classifications."""
    language = data.language
    found = {"measure": {measure.value: MEASURE_NAMES[measure][language] for measure in measures}}
    if by_level:
        found["by"] = level_options(data)
        found["classes"] = {method.value: names[language] for method, names in METHODS.items()}
    return found


def format_limits(values: Sequence[float], measure: Measure) -> list[str]:
    """Return the limits of classes as text, with as many decimals as different limits need to differ.

    Examples
    --------
    >>> format_limits([0.981, 0.9871, 0.9874], Measure.HANDLED_RATE), format_limits([3.0, 7.25], Measure.PER_KM2)
    (['98.10%', '98.71%', '98.74%'], ['3.0', '7.2'])
    """
    texts = [format_value(value, measure) for value in values]
    for decimals in range(2, _MOST_DECIMALS + 1):
        if len(set(texts)) == len(set(values)):
            break
        texts = [
            format_share(value, decimals) if measure in SHARE_MEASURES else f"{value:,.{decimals}f}" for value in values
        ]
    return texts


def format_value(value: float | None, measure: Measure) -> str:
    """Return a value as text.

    Examples
    --------
    >>> format_value(0.98744, Measure.HANDLED_RATE), format_value(1234.5, Measure.PER_KM2)
    ('98.7%', '1,234')
    """
    if value is None:
        return "–"
    if measure in SHARE_MEASURES:
        return format_share(value, 1)
    return f"{value:,.0f}" if measure is Measure.COUNT or value >= _LARGE else f"{value:,.1f}"


def _area_values(row: AreaRow, colours: AreaColours) -> list[float | None]:
    """Return the values of an area in the page: swatch, hatched, n, value, smoothed value, residents, z."""
    place, hatched = colours.places.get(row.code), int(row.code in colours.hatched)
    return [
        place,
        hatched,
        row.n,
        *(row.value, row.low, row.high),
        *(row.smoothed, row.smoothed_low, row.smoothed_high),
        row.people,
        row.z,
    ]


def _words(table: AreaTable, label: str | None, district: DistrictWords) -> dict[str, str]:
    """Return the labels of an area's popup; the script sets them as text."""
    language, find = district.language, page_text(district)
    words = {key: find(key) for key in ("code", "street", "community", "residents", "score", "interval", "no_value")}
    words["small"] = f"{text('small_areas', language)} {table.small_below}"
    smoothed = any(row.smoothed is not None for row in table.rows)
    measure = label or MEASURE_NAMES[table.query.measure][language]
    return {
        **words,
        "n": "n",
        "value": f"{measure} · {text('as_counted', language)}" if smoothed else measure,
        "smoothed": f"{measure} · {text('smoothed', language)}",
    }
