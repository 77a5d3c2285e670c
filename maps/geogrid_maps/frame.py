"""What stands around a map: bar, filters, summary and legend, as HTML with everything in it escaped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from geogrid.incidents.filters import Standing, write_moment
from geogrid.model import GRID_LAYERS, Layer, Source
from geogrid_maps.safe import Raw
from geogrid_maps.texts import LAYERS, PRESETS, SOURCES, STATUSES, text
from geogrid_maps.view import Language, presets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from branca.element import Figure

    from geogrid.model import Category
    from geogrid.services.figures import Density
    from geogrid_maps.backdrop import Backdrop
    from geogrid_maps.view import View

#: Yellow to dark red (ColorBrewer's YlOrRd): even steps, safe for the colour-blind; the legend shows the same.
GRADIENT: Final = {0.05: "#ffeda0", 0.15: "#fed976", 0.28: "#feb24c", 0.45: "#fd8d3c", 0.65: "#f03b20", 0.9: "#bd0026"}
#: How the grids of each layer are drawn, on the map and in the legend.
LINES: Final = {
    Layer.URBAN: {"color": "#7a7a72", "weight": 0.6, "fillOpacity": 0},
    Layer.RURAL: {"color": "#8a7f66", "weight": 0.7, "dashArray": "4 3", "fillOpacity": 0},
    Layer.DEDICATED: {"color": "#0b6e69", "weight": 1.2, "fillColor": "#0b6e69", "fillOpacity": 0.12},
}

_HTML_LANG: Final = {Language.ZH: "zh-CN", Language.EN: "en"}

ENVIRONMENT = Environment(
    loader=PackageLoader("geogrid_maps"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Chip:
    """A choice in words, with the query of the page that a click on it leads to."""

    label: str
    query: str
    on: bool = True
    hint: str = ""


def render(
    template: str,
    backdrop: Backdrop,
    density: Density,
    view: View,
    categories: Mapping[str, Category],
    newest: date | None = None,
) -> str:
    """Render one of the templates for a view, see `geogrid_maps.heatmap.heatmap_page`."""
    language = view.language
    choices = _choices(backdrop, view, categories)
    values: dict[str, Any] = {
        "t": lambda key: text(key, language),
        "view": view,
        "kpi": density.kpi,
        "densest": density.cells.largest,
        "generation": backdrop.generation,
        "synthetic": bool(density.kpi.synthetic) or backdrop.generation.synthetic,
        "period": _period(view),
        "chips": _chips(view, choices),
        "presets": _presets(view, newest) if newest else [],
        "newest": newest,
        "as_of": write_moment(view.as_of) if view.as_of else "",
        "gradient": ", ".join(GRADIENT.values()),
        "lines": {LAYERS[layer][language]: LINES[layer] for layer in GRID_LAYERS},
        "other": view.query(language=Language.EN if language is Language.ZH else Language.ZH),
        "plain": type(view)(language=language).query(),
        "choices": choices,
    }
    return ENVIRONMENT.get_template(template).render(values)


def _choices(backdrop: Backdrop, view: View, categories: Mapping[str, Category]) -> dict[str, dict[str, str]]:
    """Return the filters of the form, each with its values and their names; communities once a street is chosen."""
    language = view.language
    found = {
        "category": {
            code: category.name if language is Language.ZH else category.name_en
            for code, category in categories.items()
        },
        "layer": {layer.value: LAYERS[layer][language] for layer in GRID_LAYERS},
        "status": {status.value: STATUSES[status][language] for status in Standing},
        "source": {source.value: SOURCES[source][language] for source in Source},
        "street": {area.code: area.name for area in backdrop.streets},
    }
    communities = {area.code: area.name for area in backdrop.communities if area.parent == view.street}
    if view.community:
        communities.setdefault(view.community, view.community)
    return {**found, "community": communities} if communities else found


def _chips(view: View, choices: Mapping[str, Mapping[str, str]]) -> list[Chip]:
    """Return the filters that are on; a click strikes one off."""
    chips = [Chip(_period(view), view.query(first=None, last=None))] if view.first or view.last else []
    if view.as_of:
        label = text("as_of", view.language)
        chips.append(Chip(f"{label} {write_moment(view.as_of)}", view.query(as_of=None)))
    for name, labels in choices.items():
        if value := getattr(view, name):
            # Without its street a community would stay chosen with no field to show it.
            gone = {"street": None, "community": None} if name == "street" else {name: None}
            chips.append(Chip(labels.get(value, value), view.query(**gone)))
    return chips


def _presets(view: View, newest: date) -> list[Chip]:
    return [
        Chip(
            PRESETS[name][view.language],
            view.query(first=first, last=last),
            on=(view.first, view.last) == (first, last),
            hint=f"{first} – {last}",
        )
        for name, (first, last) in presets(newest).items()
    ]


def _period(view: View) -> str:
    if view.first is None and view.last is None:
        return text("always", view.language)
    return f"{view.first or '…'} – {view.last or '…'}"


def finish(figure: Figure, title: str, head: str, body: str, language: Language) -> str:
    """Put a frame round a map and return the whole page.

    Parameters
    ----------
    figure
        The root of the map.
    title
        The page's title, escaped.
    head, body
        Finished HTML: styles and scripts, and what stands beside the map.
    language
        That of the page.
    """
    figure.header.add_child(Raw(f'<title>{title}</title><link rel="icon" href="data:,">{head}'))
    figure.html.add_child(Raw(body))
    html = str(figure.render())
    # What Folium's templates leave no room for: the language, and a page that eyes may enlarge.
    html = html.replace("<html>", f'<html lang="{_HTML_LANG[language]}">', 1)
    return html.replace(", maximum-scale=1.0, user-scalable=no", "", 1)
