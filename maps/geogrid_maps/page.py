"""What stands around a map: bar, filters, summary and legend, as HTML with everything in it escaped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from jinja2 import Environment, PackageLoader, StrictUndefined

from geogrid.constants import Language
from geogrid.model import GRID_LAYERS
from geogrid_maps import assets
from geogrid_maps.district_map import LINES
from geogrid_maps.escaping import Raw
from geogrid_maps.map_query import MapKind, downloads_of
from geogrid_maps.page_context import PageContext, map_address, page_values
from geogrid_maps.ui_texts import LAYERS, TITLES, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import folium
    from branca.element import Figure

    from geogrid.model import Category
    from geogrid.services.figures import Kpi
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View

#: The scripts of every map, before its own.
_COMMON_SCRIPTS: Final = ("extent.js",)
_HTML_LANG: Final = {Language.ZH: "zh-CN", Language.EN: "en"}

ENVIRONMENT = Environment(
    loader=PackageLoader("geogrid_maps"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class PageContent:
    """What a page tells of the map on it.

    Attributes
    ----------
    kind
        Which map.
    backdrop
        The district.
    kpi
        The key figures of the incidents shown.
    view
        What was asked for; it fills the form and the strip.
    categories
        The names of the categories.
    legend
        What the map's own legend asks for, the template ``legend_KIND.html``.
    options
        What this map alone lets one choose, above the filters: fields of `View`, each with its values and their names.
    """

    kind: MapKind
    backdrop: DistrictShapes
    kpi: Kpi
    view: View
    categories: Mapping[str, Category]
    legend: Mapping[str, object]
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map that is drawn, and not yet given out; it is given out once.

    Attributes
    ----------
    map
        Folium's.
    scene
        What is told of it.
    scripts
        Our own scripts that it runs, files of ``static``, in their order.
    other
        The district by other layers, where the page draws both.
    """

    map: folium.Map
    scene: PageContent
    scripts: tuple[str, ...]
    other: DistrictShapes | None = None


def render_page(
    drawing: Drawing,
    *,
    offer: PageContext,
    before: int | None,
    static: str,
    areas: str,
    other_areas: str = "",
) -> str:
    """Return a map as a page of the service.

    Parameters
    ----------
    drawing
        The map.
    offer
        What the service offers to choose.
    before
        How many incidents there were in the period just before; None where there is no period.
    static
        The address below which scripts and styles are served.
    areas
        The address that `Backdrop.script` is served at.
    other_areas
        That of `Backdrop.other_script` of the other layers, where there are any.
    """
    figure = cast("Figure", drawing.map.get_root())
    assets.link_served(figure, static)
    base = drawing.scene.backdrop.base
    scripts = [*(base.scripts if base else ()), *(f"own/{name}" for name in _scripts_of(drawing))]
    own = "".join(f'<script src="{static}/{name}"></script>' for name in scripts)
    other = f'<script src="{other_areas}"></script>' if drawing.other else ""
    head = (
        f'<link rel="stylesheet" href="{static}/cjk.css"><link rel="stylesheet" href="{static}/own/map.css">'
        f'<script src="{areas}"></script>{other}{own}'
        f'<script src="{static}/own/filters.js" defer></script><script src="{static}/own/rail.js" defer></script>'
        f'<script src="{static}/own/drawer.js" defer></script>'
    )
    return _finish(drawing, head, _render("rail.html", drawing.scene, offer, before))


def render_file(drawing: Drawing) -> tuple[str, list[str]]:
    """Return a map as one file that opens from disk with no network.

    Returns
    -------
    html : str
        The page.
    outside : list of str
        The addresses that it still loads, because their files have not been fetched; none, usually.
    """
    outside = assets.link_inline(cast("Figure", drawing.map.get_root()))
    shapes = [drawing.scene.backdrop.script, *([drawing.other.other_script] if drawing.other else [])]
    scripts = [*shapes, *(assets.own_file(name) for name in _scripts_of(drawing))]
    head = f"<style>{assets.own_file('map.css')}</style>" + "".join(f"<script>{own}</script>" for own in scripts)
    return _finish(drawing, head, _render("frame.html", drawing.scene)), outside


def _scripts_of(drawing: Drawing) -> tuple[str, ...]:
    return (*_COMMON_SCRIPTS, *drawing.scripts)


def _finish(drawing: Drawing, head: str, body: str) -> str:
    scene = drawing.scene
    title = f"{text('product', scene.view.language)} · {TITLES[scene.kind][scene.view.language]}"
    return render_figure(cast("Figure", drawing.map.get_root()), title, head, body, scene.view.language)


def _render(template: str, scene: PageContent, offer: PageContext | None = None, before: int | None = None) -> str:
    backdrop, language = scene.backdrop, scene.view.language
    address = map_address(scene.kind)
    values = page_values(
        address, backdrop, scene.view, scene.categories, options=scene.options, offer=offer or PageContext()
    ) | {
        "kind": scene.kind,
        "title": TITLES[scene.kind][language],
        "kpi": scene.kpi,
        "change": (scene.kpi.received - before) / before if before else None,
        "legend": scene.legend,
        "generation": backdrop.generation,
        "synthetic": bool(scene.kpi.synthetic) or backdrop.generation.synthetic,
        "lines": {LAYERS[layer][language]: LINES[layer] for layer in GRID_LAYERS},
        "base": backdrop.base,
        "downloads": downloads_of(scene.kind, scene.view),
    }
    return ENVIRONMENT.get_template(template).render(values)


def render_figure(figure: Figure, title: str, head: str, body: str, language: Language) -> str:
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
