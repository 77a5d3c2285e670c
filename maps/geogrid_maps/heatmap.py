"""The heat map: where problems are dense, over the three layers of grids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import folium
from folium.features import GeoJsonPopup
from folium.map import CustomPane
from folium.plugins import HeatMap
from jinja2 import Environment, PackageLoader, StrictUndefined

from geogrid.model import GRID_LAYERS, IncidentStatus, Layer, Source
from geogrid_maps import assets
from geogrid_maps.backdrop import collection
from geogrid_maps.safe import Raw, encode
from geogrid_maps.texts import LAYERS, SOURCES, STATUSES, text
from geogrid_maps.view import Language, View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from branca.element import Figure

    from geogrid.model import Category
    from geogrid.services.figures import Density
    from geogrid_maps.backdrop import Area, Backdrop

#: Yellow to dark red (ColorBrewer's YlOrRd): even steps, safe for the colour-blind; the legend shows the same.
GRADIENT: Final = {0.05: "#ffeda0", 0.15: "#fed976", 0.28: "#feb24c", 0.45: "#fd8d3c", 0.65: "#f03b20", 0.9: "#bd0026"}
_LINES: Final = {
    Layer.URBAN: {"color": "#7a7a72", "weight": 0.6, "fillOpacity": 0},
    Layer.RURAL: {"color": "#8a7f66", "weight": 0.7, "dashArray": "4 3", "fillOpacity": 0},
    Layer.DEDICATED: {"color": "#0b6e69", "weight": 1.2, "fillColor": "#0b6e69", "fillOpacity": 0.12},
}
_LAND: Final = {"color": "#5d5a50", "weight": 2, "fillColor": "#f7f4ec", "fillOpacity": 1}
_STREETS: Final = {"color": "#6b675c", "weight": 1.8, "fill": False}
_COMMUNITIES: Final = {"color": "#a9a494", "weight": 0.9, "fill": False}
_CHOSEN: Final = {"weight": 2.5, "color": "#0b6e69"}

_ENVIRONMENT = Environment(
    loader=PackageLoader("geogrid_maps"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, in words, with the query of the page without it."""

    label: str
    without: str


def heatmap_page(
    backdrop: Backdrop, density: Density, view: View, categories: Mapping[str, Category], *, static: str
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
    static
        The address below which scripts and styles are served.
    """
    figure = _figure(backdrop, density, view.language)
    assets.link_served(figure, static)
    links = (
        f'<link rel="stylesheet" href="{static}/own/heatmap.css"><script src="{static}/own/heatmap.js" defer></script>'
    )
    figure.header.add_child(Raw(_head(view.language) + links))
    figure.html.add_child(Raw(_render("rail.html", backdrop, density, view, categories)))
    return str(figure.render())


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
    figure.header.add_child(Raw(f"{_head(view.language)}<style>{assets.own_file('heatmap.css')}</style>"))
    figure.html.add_child(Raw(_render("frame.html", backdrop, density, view, categories)))
    return str(figure.render()), outside


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
    canvas.fit_bounds([[south, west], [north, east]], padding=(10, 10))
    CustomPane("land", z_index=350).add_to(canvas)
    CustomPane("borders", z_index=410).add_to(canvas)
    CustomPane("heat", z_index=420).add_to(canvas)
    CustomPane("names", z_index=450).add_to(canvas)
    _add_borders(canvas, backdrop)
    for layer in GRID_LAYERS:
        _add_grids(canvas, layer, backdrop.grids[layer], density.by_grid, language)
    _add_heat(canvas, density, language)
    _add_names(canvas, backdrop)
    folium.LayerControl(collapsed=False, position="topright").add_to(canvas)
    return cast("Figure", canvas.get_root())


def _add_borders(canvas: folium.Map, backdrop: Backdrop) -> None:
    for areas, pane, style in (
        (backdrop.outline, "land", _LAND),
        (backdrop.communities, "borders", _COMMUNITIES),
        (backdrop.streets, "borders", _STREETS),
    ):
        folium.GeoJson(
            collection(areas), style_function=lambda _, style=style: style, control=False, pane=pane, interactive=False
        ).add_to(canvas)


def _add_grids(
    canvas: folium.Map, layer: Layer, areas: list[Area], by_grid: Mapping[str, int], language: Language
) -> None:
    """Draw a layer of grids; a click on one says what it is and how much was reported there."""
    figures = {
        area.code: {
            "layer": encode(LAYERS[layer][language]),
            "count": by_grid.get(area.code, 0),
            "density": round(by_grid.get(area.code, 0) / area.area_km2, 1),
        }
        for area in areas
    }
    fields = ["code", "name", "layer", "community", "street", "count", "density"]
    popup = GeoJsonPopup(fields, aliases=[encode(text(field, language)) for field in fields], class_name="grid-card")
    folium.GeoJson(
        collection(areas, figures),
        name=encode(LAYERS[layer][language]),
        style_function=lambda _: _LINES[layer],
        highlight_function=lambda _: _CHOSEN,
        popup_keep_highlighted=True,
        popup=popup,
    ).add_to(canvas)


def _add_heat(canvas: folium.Map, density: Density, language: Language) -> None:
    cells = density.cells
    rows = zip(cells.lat.tolist(), cells.lon.tolist(), cells.count.tolist(), strict=True)
    HeatMap(
        [list(row) for row in rows],
        name=encode(text("heat", language)),
        radius=13,
        blur=16,
        min_opacity=0.04,
        gradient={str(stop): colour for stop, colour in GRADIENT.items()},
        pane="heat",
    ).add_to(canvas)


def _add_names(canvas: folium.Map, backdrop: Backdrop) -> None:
    for lon, lat, name in backdrop.labels:
        icon = folium.DivIcon(html=encode(name), icon_size=(96, 18), icon_anchor=(48, 9), class_name="street-name")
        folium.Marker([lat, lon], icon=icon, interactive=False, keyboard=False, pane="names").add_to(canvas)


def _head(language: Language) -> str:
    return (
        f'<title>{text("title", language)}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
    )


def _render(template: str, backdrop: Backdrop, density: Density, view: View, categories: Mapping[str, Category]) -> str:
    language = view.language
    names = {code: _category_name(category, language) for code, category in categories.items()}
    values: dict[str, Any] = {
        "t": lambda key: text(key, language),
        "view": view,
        "kpi": density.kpi,
        "densest": density.cells.largest,
        "generation": backdrop.generation,
        "period": _period(view),
        "chips": _chips(view, names, backdrop),
        "gradient": ", ".join(GRADIENT.values()),
        "lines": {LAYERS[layer][language]: _LINES[layer] for layer in GRID_LAYERS},
        "other": view.query(language=Language.EN if language is Language.ZH else Language.ZH),
        "choices": {
            "category": names,
            "layer": {layer.value: LAYERS[layer][language] for layer in GRID_LAYERS},
            "status": {status.value: STATUSES[status][language] for status in IncidentStatus},
            "source": {source.value: SOURCES[source][language] for source in Source},
            "street": {area.code: area.name for area in backdrop.streets},
        },
    }
    return _ENVIRONMENT.get_template(template).render(values)


def _category_name(category: Category, language: Language) -> str:
    return category.name if language is Language.ZH else category.name_en


def _period(view: View) -> str:
    if view.first is None and view.last is None:
        return text("always", view.language)
    return f"{view.first or '…'} – {view.last or '…'}"


def _chips(view: View, categories: Mapping[str, str], backdrop: Backdrop) -> list[Chip]:
    """Return the filters that are on, in words."""
    language = view.language
    streets = {area.code: area.name for area in backdrop.streets}
    chips = []
    if view.first or view.last:
        chips.append(Chip(_period(view), view.query(first=None, last=None)))
    words = {
        "category": view.category and categories.get(view.category, view.category),
        "layer": view.layer and LAYERS[view.layer][language],
        "status": view.status and STATUSES[view.status][language],
        "source": view.source and SOURCES[view.source][language],
        "street": view.street and streets.get(view.street, view.street),
        "community": view.community,
    }
    return chips + [Chip(word, view.query(**{name: None})) for name, word in words.items() if word]
