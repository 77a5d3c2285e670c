"""Maps of GeoDataFrames for notebooks: heat map, choropleth, hot spots. They need no store and no service.

Each function returns a `folium.Map`. There is no base map; `folium.TileLayer` adds one.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from folium.map import CustomPane

from geogrid.constants import Language
from geogrid.errors import QueryError
from geogrid.frames import hot_spots_and_smoothing
from geogrid.geo.datums import WGS84
from geogrid.locate.frame_points import read_points
from geogrid.stats.class_breaks import MIN_CLASSES, ClassMethod, classify
from geogrid.stats.point_binning import bin_points
from geogrid_maps.area_map import COLOURS as HOT_COLOURS
from geogrid_maps.choropleth import BLANK, COLOURS, Swatch
from geogrid_maps.district_map import Start
from geogrid_maps.escaping import encode
from geogrid_maps.geodataframe_map_parts import add_areas, drawn_areas, finish_map, frame_map, language_of
from geogrid_maps.heatmap import GRADIENT, heat_plugin, heat_radius_m
from geogrid_maps.ui_texts import STRENGTH_NAMES, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import folium
    import geopandas as gpd
    from numpy.typing import ArrayLike

    from geogrid.locate.frame_points import PointFrame
    from geogrid.stats.class_breaks import Floats

#: Values from here on are written without decimals.
_LARGE: Final = 100
_HEAT: Final = "heat"


def heatmap(
    points: PointFrame,
    polygons: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    *,
    datum: str | None = None,
    polygons_datum: str | None = None,
    title: str | None = None,
    code: str | None = None,
    name: str | None = None,
    language: Language | str = Language.ZH,
    inline: bool = True,
) -> folium.Map:
    """Return a heat map of points, over polygons.

    Parameters
    ----------
    points
        A GeoDataFrame or GeoSeries of points, or the arrays ``(x, y)``. They are counted by cells of 0.001°, so the
        map does not show a single point. Points that are not finite are left out.
    polygons
        Polygons to draw below the heat.
    datum, polygons_datum
        As of `geogrid.assign`.
    title
        The title of the legend.
    code, name
        The columns with the code and the name of the polygons; by default ``code`` or the index, and ``name``.
    language
        ``"zh"`` or ``"en"``.
    inline
        Whether Leaflet's scripts go into the page, which then needs no network. Otherwise the page loads all scripts of
        Folium from their public addresses, as markers with icons need them.

    Returns
    -------
    folium.Map
        A notebook shows it, and ``save`` writes it to a file.

    Raises
    ------
    QueryError
        If there is neither a point nor a polygon to show.
    DatumError
        If a datum is missing, or cannot be that of the coordinates.

    Examples
    --------
    >>> import geogrid_maps
    >>> page = geogrid_maps.heatmap(([113.2988, 113.3], [40.09, 40.1]), datum="wgs84")
    >>> "<iframe" in page._repr_html_()
    True
    """
    chosen = language_of(language)
    lon, lat = read_points(points, datum).in_datum(WGS84)
    finite = np.isfinite(lon) & np.isfinite(lat)
    cells = bin_points(lon[finite], lat[finite])
    areas = None if polygons is None else drawn_areas(polygons, code=code, name=name, datum=polygons_datum)
    if areas is None and not len(cells.count):
        raise QueryError(
            "There is no point with coordinates, and there are no polygons.",
            field="points",
            remedy="Pass points, or polygons to show the empty map.",
        )
    canvas = frame_map(shapely.total_bounds(shapely.points(cells.lon, cells.lat) if areas is None else areas.shapes))
    if areas is not None:
        add_areas(canvas, areas, [None] * len(areas.shapes), {}, chosen)
    rows = [list(row) for row in zip(cells.lat.tolist(), cells.lon.tolist(), cells.count.tolist(), strict=True)]
    heading = title or text("heat", chosen)
    # Pointer events reach the areas below the heat.
    CustomPane(_HEAT, z_index=420, pointer_events=False).add_to(canvas)
    heat = heat_plugin(rows, encode(heading), pane=_HEAT).add_to(canvas)
    Start("geogridFrameHeat", {"map": canvas, "heat": heat}, {"heatRadius": heat_radius_m()}).add_to(canvas)
    legend = {
        "title": heading,
        "gradient": ", ".join(GRADIENT.values()),
        "low": text("low", chosen),
        "high": text("high", chosen),
        "notes": [f"n = {int(finite.sum()):,}", text("cells_merged", chosen)],
    }
    return finish_map(canvas, legend, inline=inline, scripts=("heatmap.js", "frames.js"))


def choropleth(
    areas: gpd.GeoDataFrame | gpd.GeoSeries,
    values: str | ArrayLike,
    *,
    classes: ClassMethod | str | Sequence[float] = ClassMethod.QUANTILES,
    k: int = MIN_CLASSES,
    title: str | None = None,
    code: str | None = None,
    name: str | None = None,
    datum: str | None = None,
    language: Language | str = Language.ZH,
    inline: bool = True,
) -> folium.Map:
    """Return a map of areas in colours by classes of their values.

    Parameters
    ----------
    areas
        Polygons.
    values
        A number for each area: a column of `areas`, a series on their index, or an array in their order. An area
        without a value is grey.
    classes
        ``"quantiles"``, ``"natural"`` breaks, or the upper bounds of all classes but the last, ascending.
    k
        The number of classes, 1 to 7; not for given bounds.
    title
        The title of the legend; by default the name of the column.
    code, name, language, inline
        As of `heatmap`.
    datum
        The datum of the areas, where they name no CRS, or are in GCJ-02 or BD-09.

    Returns
    -------
    folium.Map
        A notebook shows it, and ``save`` writes it to a file.

    Raises
    ------
    QueryError
        If there is no such column, the values do not belong to the areas, or the classes make no sense.
    DatumError
        If the datum is missing, or cannot be that of the coordinates.

    Examples
    --------
    >>> import geogrid_maps, geopandas as gpd
    >>> from geogrid.reference_files import data_path
    >>> streets = gpd.read_file(data_path("boundaries", "streets.geojson"))
    >>> page = geogrid_maps.choropleth(streets, range(len(streets)), title="n", language="en")
    >>> "<iframe" in page._repr_html_()
    True
    """
    chosen = language_of(language)
    numbers = hot_spots_and_smoothing.read_values(areas, values)
    most = max(COLOURS)
    fixed = None if isinstance(classes, str) else [float(bound) for bound in classes]
    if (fixed is None and (classes not in set(ClassMethod) or not 1 <= k <= most)) or (fixed and len(fixed) >= most):
        remedy = f'Use "quantiles" or "natural" with 1 to {most} classes, or fewer than {most} bounds.'
        raise QueryError("The classification, or its number of classes, is not valid.", field="classes", remedy=remedy)
    found = (
        classify(numbers, ClassMethod(str(classes)), k)
        if fixed is None
        else classify(numbers, ClassMethod.FIXED, bounds=fixed)
    )
    colours = COLOURS[len(found.bounds)]
    lows = [found.lowest, *found.bounds]
    swatches = [
        Swatch(colour, f"{_format_number(low)} – {_format_number(high)}", count)
        for colour, low, high, count in zip(colours, lows, found.bounds, found.counts, strict=False)
    ]
    blank = int((found.of < 0).sum())
    if blank:
        swatches.insert(0, Swatch(BLANK, text("no_value", chosen), blank))
    heading = title or _name_of(values) or text("value", chosen)
    drawn = drawn_areas(areas, code=code, name=name, datum=datum)
    canvas = frame_map(shapely.total_bounds(drawn.shapes))
    fills = [colours[number] if number >= 0 else BLANK for number in found.of.tolist()]
    add_areas(canvas, drawn, fills, {heading: _texts(numbers, chosen)}, chosen)
    return finish_map(canvas, {"title": heading, "swatches": swatches}, inline=inline)


def hot_spot_map(
    areas: gpd.GeoDataFrame | gpd.GeoSeries,
    values: str | ArrayLike,
    *,
    title: str | None = None,
    code: str | None = None,
    name: str | None = None,
    datum: str | None = None,
    language: Language | str = Language.ZH,
    inline: bool = True,
) -> folium.Map:
    """Return a map of hot and cold spots, see `geogrid.hot_spots`.

    Parameters
    ----------
    areas, values
        As of `geogrid.hot_spots`.
    title, code, name, datum, language, inline
        As of `choropleth`.

    Returns
    -------
    folium.Map
        A notebook shows it, and ``save`` writes it to a file.

    Raises
    ------
    QueryError
        If there is no such column, or the values do not belong to the areas.
    DatumError
        If the datum is missing, or cannot be that of the coordinates.

    Examples
    --------
    >>> import geogrid_maps, geopandas as gpd
    >>> from geogrid.reference_files import data_path
    >>> grids = gpd.read_file(data_path("boundaries", "urban.geojson")).head(60)
    >>> page = geogrid_maps.hot_spot_map(grids, range(60), title="n", language="en")
    >>> "<iframe" in page._repr_html_()
    True
    """
    chosen = language_of(language)
    numbers = hot_spots_and_smoothing.read_values(areas, values)
    found = hot_spots_and_smoothing.hot_spots(areas, numbers, datum=datum)
    strengths = found["class"].tolist()
    counts = Counter(strengths)
    names = {strength: STRENGTH_NAMES[strength][chosen] for strength in HOT_COLOURS}
    swatches = [Swatch(colour, names[strength], counts[strength]) for strength, colour in HOT_COLOURS.items()]
    heading = title or _name_of(values) or text("value", chosen)
    drawn = drawn_areas(areas, code=code, name=name, datum=datum)
    canvas = frame_map(shapely.total_bounds(drawn.shapes))
    facts = {
        heading: _texts(numbers, chosen),
        text("score", chosen): ["–" if np.isnan(z) else f"{z:.2f}" for z in found["z"]],
        text("spot", chosen): [names[strength] for strength in strengths],
    }
    add_areas(canvas, drawn, [HOT_COLOURS[strength] for strength in strengths], facts, chosen)
    legend = {"title": heading, "swatches": swatches, "notes": [text("hot_note", chosen)]}
    return finish_map(canvas, legend, inline=inline)


def _name_of(values: str | ArrayLike) -> str | None:
    name = values if isinstance(values, str) else getattr(values, "name", None)
    return None if name is None else str(name)


def _texts(numbers: Floats, language: Language) -> list[str]:
    return [text("no_value", language) if np.isnan(number) else _format_number(number) for number in numbers.tolist()]


def _format_number(number: float) -> str:
    """Return a number as text: without decimals from 100 on, otherwise with four significant digits."""
    return f"{number:,.0f}" if abs(number) >= _LARGE or number == round(number) else f"{number:.4g}"
