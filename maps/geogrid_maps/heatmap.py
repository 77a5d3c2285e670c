"""The heat map: where problems are dense, over the three layers of grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import folium
from branca.element import MacroElement
from folium.features import GeoJsonPopup
from folium.map import CustomPane
from folium.plugins import HeatMap
from folium.template import Template

from geogrid.model import GRID_LAYERS, Layer
from geogrid_maps import assets
from geogrid_maps.frame import GRADIENT, LINES, finish, render
from geogrid_maps.safe import encode
from geogrid_maps.texts import LAYERS, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from branca.element import Figure

    from geogrid.model import Category
    from geogrid.services.figures import Density
    from geogrid_maps.backdrop import Backdrop
    from geogrid_maps.view import Language, View

_LAND: Final = {"color": "#5d5a50", "weight": 2, "fillColor": "#f7f4ec", "fillOpacity": 1}
_STREETS: Final = {"color": "#6b675c", "weight": 1.8, "fill": False}
_COMMUNITIES: Final = {"color": "#a9a494", "weight": 0.9, "fill": False}
_CHOSEN: Final = {"weight": 2.5, "color": "#0b6e69"}
_POPUP: Final = ("code", "name", "layer", "community", "street", "count", "density")


class _Start(MacroElement):
    """The call that fills the map in the browser, see ``static/heatmap.js``."""

    _template = Template(
        "{% macro script(this, kwargs) %}geogridStart({{ this.parts|tojavascript }}, {{ this.figures|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, parts: dict[str, Any], figures: dict[str, Any]) -> None:
        super().__init__()
        self._name = "Start"
        self.parts = parts
        self.figures = figures


def heatmap_page(
    backdrop: Backdrop,
    density: Density,
    view: View,
    categories: Mapping[str, Category],
    *,
    newest: date | None,
    static: str,
    areas: str,
) -> str:
    """Return the heat map as a page of the service.

    Parameters
    ----------
    backdrop
        The district.
    density
        Where the incidents lie.
    view
        What was asked for; it fills the form and the strip.
    categories
        The names of the categories.
    newest
        The day of the newest incident, which the periods on offer end with.
    static
        The address below which scripts and styles are served.
    areas
        The address that `Backdrop.script` is served at.
    """
    figure = _figure(backdrop, density, view.language)
    assets.link_served(figure, static)
    links = (
        f'<link rel="stylesheet" href="{static}/own/heatmap.css">'
        f'<script src="{areas}"></script><script src="{static}/own/heatmap.js"></script>'
        f'<script src="{static}/own/rail.js" defer></script>'
    )
    body = render("rail.html", backdrop, density, view, categories, newest)
    return finish(figure, text("title", view.language), links, body, view.language)


def heatmap_file(
    backdrop: Backdrop, density: Density, view: View, categories: Mapping[str, Category]
) -> tuple[str, list[str]]:
    """Return the heat map as one file that opens from disk with no network.

    Returns
    -------
    html : str
        The page.
    outside : list of str
        The addresses that it still loads, because their files have not been fetched; none, usually.
    """
    figure = _figure(backdrop, density, view.language)
    outside = assets.link_inline(figure)
    own = (
        f"<style>{assets.own_file('heatmap.css')}</style>"
        f"<script>{backdrop.script}</script><script>{assets.own_file('heatmap.js')}</script>"
    )
    return finish(
        figure,
        text("title", view.language),
        own,
        render("frame.html", backdrop, density, view, categories),
        view.language,
    ), outside


def _figure(backdrop: Backdrop, density: Density, language: Language) -> Figure:
    west, south, east, north = backdrop.bounds
    canvas = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=12,
        control_scale=True,
        prefer_canvas=True,
        # Leaflet's own attribution carries a link to the outside; the legend names our sources.
        attribution_control=False,
        max_zoom=19,
        min_zoom=10,
        zoom_snap=0.25,
    )
    for pane, order in {"land": 350, "borders": 410, "heat": 420, "names": 450}.items():
        CustomPane(pane, z_index=order).add_to(canvas)
    layers = {
        "outline": _shapes(_LAND, control=False, pane="land", interactive=False),
        "communities": _shapes(_COMMUNITIES, control=False, pane="borders", interactive=False),
        "streets": _shapes(_STREETS, control=False, pane="borders", interactive=False),
        **{layer.value: _grids(layer, language) for layer in GRID_LAYERS},
    }
    for shapes in layers.values():
        shapes.add_to(canvas)
    heat = _heat(density, language).add_to(canvas)
    control = folium.LayerControl(collapsed=False, position="topright").add_to(canvas)
    figures = {
        "bounds": [[south, west], [north, east]],
        "counts": density.by_grid,
        "names": {layer.value: encode(LAYERS[layer][language]) for layer in GRID_LAYERS},
    }
    _Start({"map": canvas, "heat": heat, "control": control, "layers": layers}, figures).add_to(canvas)
    return cast("Figure", canvas.get_root())


def _shapes(style: Mapping[str, object], **options: Any) -> folium.GeoJson:  # noqa: ANN401 - Folium's options
    """Return a layer that the browser fills from the backdrop's script.

    Folium asks a layer's features for their style and their properties, so it is shown one with no shape.
    """
    pattern = {"type": "Feature", "id": "", "properties": dict.fromkeys(_POPUP, ""), "geometry": None}
    data = {"type": "FeatureCollection", "features": [pattern]}
    return folium.GeoJson(data, style_function=lambda _: dict(style), **options)


def _grids(layer: Layer, language: Language) -> folium.GeoJson:
    """Return a layer of grids; a click on one says what it is and how much was reported there."""
    aliases = [encode(text(field, language)) for field in _POPUP]
    return _shapes(
        LINES[layer],
        name=encode(LAYERS[layer][language]),
        highlight_function=lambda _: dict(_CHOSEN),
        popup_keep_highlighted=True,
        popup=GeoJsonPopup(list(_POPUP), aliases=aliases, class_name="grid-card"),
    )


def _heat(density: Density, language: Language) -> HeatMap:
    cells = density.cells
    rows = zip(cells.lat.tolist(), cells.lon.tolist(), cells.count.tolist(), strict=True)
    return HeatMap(
        [list(row) for row in rows],
        name=encode(text("heat", language)),
        radius=13,
        blur=16,
        min_opacity=0.04,
        gradient={str(stop): colour for stop, colour in GRADIENT.items()},
        pane="heat",
    )
