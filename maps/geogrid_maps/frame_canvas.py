"""The map that frames are drawn on: no store, no service, no base map; text from data is encoded."""

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
from geogrid.frames.layers import in_wgs84
from geogrid.layers.topology.areas import printable_code
from geogrid.locate.frame_codes import code_column
from geogrid_maps import assets
from geogrid_maps.escaping import Raw, encode
from geogrid_maps.page import ENVIRONMENT
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from branca.element import Figure
    from numpy.typing import NDArray

_NAME: Final = "name"
#: Decimals of degrees that shapes are drawn with: 0.1 m.
_DECIMALS: Final = 6
_CHOSEN: Final = {"weight": 2.5, "color": "#0b6e69"}
_BORDER: Final = {"weight": 0.6, "color": "#6b675c"}


@dataclass(frozen=True, slots=True, eq=False)
class DrawnAreas:
    """Areas as a map draws them.

    Attributes
    ----------
    shapes : ndarray of object, shape (n,)
        WGS 84 degrees, six decimals; None where there is nothing to draw.
    codes, names
        The text of each area, not encoded; no names where the frame has none.
    """

    shapes: NDArray[np.object_]
    codes: list[str]
    names: list[str] | None


def drawn_areas(
    areas: gpd.GeoDataFrame | gpd.GeoSeries, *, code: str | None, name: str | None, datum: str | None
) -> DrawnAreas:
    """Return the areas of a frame as a map draws them.

    Parameters
    ----------
    areas
        Polygons.
    code
        The column with the codes, by default ``code`` or the index.
    name
        The column with the names; by default ``name``, where there is one.
    datum
        The datum of the areas, where they name no CRS, or are in GCJ-02 or BD-09.

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
    """Return a map without a base map that shows west, south, east and north."""
    west, south, east, north = (float(bound) for bound in bounds)
    canvas = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        control_scale=True,
        prefer_canvas=True,
        # Leaflet's own attribution carries a link to the outside.
        attribution_control=False,
        max_zoom=19,
        zoom_snap=0.25,
    )
    canvas.fit_bounds([[south, west], [north, east]])
    return canvas


def add_areas(
    canvas: folium.Map,
    areas: DrawnAreas,
    fills: Sequence[str | None],
    facts: Mapping[str, Sequence[str]],
    language: Language,
) -> None:
    """Draw areas; a pointer on one shows its code, its name and the facts.

    Parameters
    ----------
    canvas
        The map.
    areas
        The areas.
    fills
        The colour of each area; None for none.
    facts
        Texts of each area by their labels, neither encoded.
    language
        That of the labels of code and name.
    """
    columns = {text("code", language): areas.codes}
    if areas.names is not None:
        columns[text("name", language)] = areas.names
    table = [*columns.items(), *facts.items()]
    # Keys and ids are ours alone: they become part of scripts.
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
    """Add the legend and our styles and scripts to a map, and return it.

    Parameters
    ----------
    canvas
        The map with all layers on it.
    legend
        What the template ``legend_frames.html`` asks for; the template escapes it.
    inline
        Whether Leaflet's scripts go into the page.
    scripts
        Our own scripts that it runs, files of ``static``, in their order.
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
    """Return a language by its name.

    Raises
    ------
    QueryError
        If the maps do not know it.

    Examples
    --------
    >>> language_of("en").value
    'en'
    """
    if language not in set(Language):
        raise QueryError("The maps do not know this language.", field="language", remedy='Use "zh" or "en".')
    return Language(language)
