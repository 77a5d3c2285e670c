"""Folium maps of GeoDataFrames: areas and legend. They need no store, service or base map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import folium
import numpy as np
import shapely
import shapely.geometry
from folium.features import GeoJsonTooltip

from geogrid.constants import Language
from geogrid.errors import QueryError
from geogrid.frames.topology_mending import in_wgs84
from geogrid.layers.topology.checked_features import printable_code
from geogrid.locate.code_column import code_column
from geogrid_maps import assets
from geogrid_maps.escaping import Raw, encode
from geogrid_maps.map_page import ENVIRONMENT
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from branca.element import Figure
    from numpy.typing import NDArray

_NAME: Final = "name"
#: Decimals of degrees in the page: 0.1 m.
_DECIMALS: Final = 6
_CHOSEN: Final = {"weight": 2.5, "color": "#0b6e69"}
_BORDER: Final = {"weight": 0.6, "color": "#6b675c"}


@dataclass(frozen=True, slots=True, eq=False)
class DrawnAreas:
    """Areas to draw.

    Attributes
    ----------
    shapes : ndarray of object, shape (n,)
        WGS 84 degrees, six decimals; None without a shape.
    codes, names
        Code and name of each area, not encoded; `names` is None without a column.
    """

    shapes: NDArray[np.object_]
    codes: list[str]
    names: list[str] | None


def drawn_areas(
    areas: gpd.GeoDataFrame | gpd.GeoSeries, *, code: str | None, name: str | None, datum: str | None
) -> DrawnAreas:
    """Return the areas of a frame in WGS 84, with codes and names.

    Parameters
    ----------
    areas
        Polygons.
    code
        Column with the codes, by default ``code`` or the index.
    name
        Column with the names; by default ``name`` if it exists.
    datum
        Datum of the areas if they have no CRS, or are in GCJ-02 or BD-09.

    Raises
    ------
    QueryError
        If there is no such column, or no area has a shape.
    DatumError
        If the datum is missing, or cannot be that of the coordinates.
    """
    frame = areas.to_frame("geometry") if not hasattr(areas, "columns") else areas
    _, codes = code_column(frame, code)
    if name is not None and name not in frame.columns:
        raise QueryError(f"The areas have no column {printable_code(str(name))}.", field="name")
    column = name or (_NAME if _NAME in frame.columns else None)
    shapes = np.array(in_wgs84(areas, datum).array, dtype=object)
    shapes[shapely.is_empty(shapes)] = None
    if shapely.is_missing(shapes).all():
        raise QueryError("No area has a shape.", field="areas")
    return DrawnAreas(
        shapely.transform(shapes, lambda xy: xy.round(_DECIMALS)),
        [str(value) for value in codes],
        None if column is None else [str(value) for value in frame[column]],
    )


def frame_map(bounds: Sequence[float]) -> folium.Map:
    """Return a map without a base map that shows the bounds west, south, east, north."""
    west, south, east, north = (float(bound) for bound in bounds)
    canvas = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        control_scale=True,
        prefer_canvas=True,
        # Leaflet's attribution links to an external site.
        attribution_control=False,
        max_zoom=19,
        zoom_snap=0.25,
    )
    fit = folium.FitBounds([[south, west], [north, east]])
    # While Leaflet animates a zoom it ignores every other; the class has no parameter for it.
    fit.options["animate"] = False
    fit.add_to(canvas)
    return canvas


def add_areas(
    canvas: folium.Map,
    areas: DrawnAreas,
    fills: Sequence[str | None],
    facts: Mapping[str, Sequence[str]],
    language: Language,
) -> None:
    """Draw areas with a tooltip of code, name and facts.

    Parameters
    ----------
    canvas
        The map.
    areas
        The areas.
    fills
        Colour of each area, or None.
    facts
        Texts of all areas by label, not encoded.
    language
        Language of the labels of code and name.
    """
    columns = {text("code", language): areas.codes}
    if areas.names is not None:
        columns[text("name", language)] = areas.names
    table = [*columns.items(), *facts.items()]
    # Generated keys and ids: they become part of scripts.
    keys = [f"f{number}" for number in range(len(table))]
    features = [
        {
            "type": "Feature",
            "id": str(row),
            "properties": {key: encode(values[row]) for key, (_, values) in zip(keys, table, strict=True)},
            "geometry": shapely.geometry.mapping(shape),
        }
        for row, shape in enumerate(areas.shapes)
        if shape is not None
    ]

    def style(feature: Mapping[str, Any]) -> dict[str, Any]:
        fill = fills[int(feature["id"])]
        return {**_BORDER, "fillColor": fill or "#ffffff", "fillOpacity": 0.85 if fill else 0.01}

    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=style,
        highlight_function=lambda _: dict(_CHOSEN),
        tooltip=GeoJsonTooltip(keys, aliases=[encode(label) for label, _ in table], sticky=True),
        control=False,
    ).add_to(canvas)


def finish_map(
    canvas: folium.Map, legend: Mapping[str, Any], *, inline: bool, scripts: Sequence[str] = ()
) -> folium.Map:
    """Add the legend, styles and scripts to a map, and return it.

    Parameters
    ----------
    canvas
        The map with all layers on it.
    legend
        Values of the template ``legend_frames.html``, which escapes them.
    inline
        Embed Leaflet's scripts in the page.
    scripts
        Scripts of the map, files of ``static``, in order.
    """
    figure = cast("Figure", canvas.get_root())
    if inline:
        assets.link_inline(figure)
    own = "".join(f"<script>{assets.own_file(name)}</script>" for name in scripts)
    figure.header.add_child(Raw(f"<style>{assets.own_file('frames.css')}</style>{own}"))
    values = {"gradient": "", "low": "", "high": "", "swatches": (), "notes": (), **legend}
    figure.html.add_child(Raw(ENVIRONMENT.get_template("legend_frames.html").render(values)))
    return canvas


def language_of(language: Language | str) -> Language:
    """Return a language by its code.

    Raises
    ------
    QueryError
        If the maps have no texts in it.

    Examples
    --------
    >>> language_of("en").value
    'en'
    """
    if language not in set(Language):
        raise QueryError("The maps have no texts in this language.", field="language", remedy='Use "zh" or "en".')
    return Language(language)
