"""The Folium map that all map pages share: district, borders, names, and the three layers of grids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import folium
from branca.element import MacroElement
from folium.features import GeoJsonPopup
from folium.map import CustomPane
from folium.template import Template

from geogrid.model import GRID_LAYERS, Layer
from geogrid.stats.generation_areas import AreaLevel
from geogrid_maps.area_labels import page_text
from geogrid_maps.escaping import encode
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from branca.element import Element

    from geogrid.rules.district_words import DistrictWords
    from geogrid_maps.district_shapes import DistrictShapes

#: Style of the grids of each layer, on the map and in the legend.
LINES: Final = {
    Layer.URBAN: {"color": "#7a7a72", "weight": 0.6, "fillOpacity": 0},
    Layer.RURAL: {"color": "#8a7f66", "weight": 0.7, "dashArray": "4 3", "fillOpacity": 0},
    Layer.DEDICATED: {"color": "#0b6e69", "weight": 1.2, "fillColor": "#0b6e69", "fillOpacity": 0.12},
}
_LAND: Final = {"color": "#5d5a50", "weight": 2, "fillColor": "#f7f4ec", "fillOpacity": 1}
#: Over a base map the land is not filled.
_BORDER: Final = {**_LAND, "fill": False}
_WATER: Final = {"color": "#a9c8d6", "weight": 1.5, "fillColor": "#cfe2ea", "fillOpacity": 1}
_STREETS: Final = {"color": "#6b675c", "weight": 1.8, "fill": False}
_COMMUNITIES: Final = {"color": "#a9a494", "weight": 0.9, "fill": False}
_CHOSEN: Final = {"weight": 2.5, "color": "#0b6e69"}
_POPUP: Final = ("code", "name", "layer", "community", "street", "count", "density")
_PANES: Final = {"land": 350, "areas": 360, "borders": 410, "heat": 420, "names": 450}


class Start(MacroElement):
    """Call of a script that fills a map in the browser.

    Parameters
    ----------
    function
        Function of a script in ``static``, called with parts and figures.
    parts
        Folium elements by name.
    figures
        Data to show; text is encoded, see `geogrid_maps.escaping`.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}{{ this.function }}({{ this.parts|tojavascript }}, {{ this.figures|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, function: str, parts: dict[str, Any], figures: dict[str, Any]) -> None:
        super().__init__()
        self._name = "Start"
        self.function = function
        self.parts = parts
        self.figures = figures


@dataclass(frozen=True, slots=True)
class Canvas:
    """A map of the district.

    Attributes
    ----------
    map
        The Folium map.
    layers
        Layers of the map by their names in ``geogridAreas``: outline, communities, streets and the layers of grids.
    """

    map: folium.Map
    layers: dict[str, Element]

    def start(self, function: str, shapes: DistrictShapes, words: DistrictWords, /, **figures: Any) -> None:  # noqa: ANN401 - plain data
        """Add the layer control and the script call. Layers added later are not in the control."""
        west, south, east, north = shapes.bounds
        control = folium.LayerControl(collapsed=False, position="topright").add_to(self.map)
        parts = {"map": self.map, "control": control, "layers": dict(self.layers)}
        common = {
            "bounds": [[south, west], [north, east]],
            "home": text("home", words.language),
            "names": {layer.value: encode(words.layers[layer]) for layer in grid_layers(words, shapes)},
            "base": shapes.base.figures if shapes.base else None,
        }
        Start(function, parts, {**common, **figures}).add_to(self.map)


def grid_layers(words: DistrictWords, shapes: DistrictShapes) -> list[Layer]:
    """Return the layers of grids that a district has: those of its profile with areas in the generation."""
    return [layer for layer in GRID_LAYERS if layer in words.layers and layer in shapes.areas.present]


def district_canvas(shapes: DistrictShapes, words: DistrictWords) -> Canvas:
    """Return a map of the district. The browser fills it from `DistrictShapes.script`.

    Parameters
    ----------
    shapes
        The generation.
    words
        Names of the layers, in the language of the popups.
    """
    west, south, east, north = shapes.bounds
    canvas = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=12,
        control_scale=True,
        prefer_canvas=True,
        # Leaflet's attribution links to an external site; the legend names the sources.
        attribution_control=False,
        zoom_snap=0.25,
    )
    for pane, order in _PANES.items():
        CustomPane(pane, z_index=order).add_to(canvas)
    absent = {level.value for level in AreaLevel if level not in shapes.areas.levels}
    fields = [field for field in _POPUP if field not in absent]
    layers: dict[str, Element] = {
        "outline": _shapes(_BORDER if shapes.base else _LAND, control=False, pane="land", interactive=False),
        **({"water": _shapes(_WATER, control=False, pane="land", interactive=False)} if shapes.water else {}),
        "communities": _shapes(_COMMUNITIES, control=False, pane="borders", interactive=False),
        "streets": _shapes(_STREETS, control=False, pane="borders", interactive=False),
        **{layer.value: _grids(layer, fields, words) for layer in grid_layers(words, shapes)},
    }
    for layer in layers.values():
        layer.add_to(canvas)
    return Canvas(canvas, layers)


def _shapes(style: Mapping[str, object], **options: Any) -> folium.GeoJson:  # noqa: ANN401 - Folium's options
    """Return a layer that the browser fills.

    Folium reads style and properties from the features of a layer, so it gets one feature without a shape.
    """
    pattern = {"type": "Feature", "id": "", "properties": dict.fromkeys(_POPUP, ""), "geometry": None}
    data = {"type": "FeatureCollection", "features": [pattern]}
    return folium.GeoJson(data, style_function=lambda _: dict(style), **options)


def _grids(layer: Layer, fields: list[str], words: DistrictWords) -> folium.GeoJson:
    """Return a layer of grids with popups."""
    find = page_text(words)
    aliases = [encode(find(field)) for field in fields]
    return _shapes(
        LINES[layer],
        name=encode(words.layers[layer]),
        highlight_function=lambda _: dict(_CHOSEN),
        popup_keep_highlighted=True,
        popup=GeoJsonPopup(fields, aliases=aliases, class_name="grid-card"),
    )
