"""Map pages: the HTML around a map (bar, filters, summary, legend), and the page as one offline file."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Final, cast

from jinja2 import Environment, PackageLoader, StrictUndefined

from geogrid.constants import Language
from geogrid.model.figures import format_share
from geogrid.model.synthetic_share import SyntheticShare
from geogrid_maps import assets, branca_templates
from geogrid_maps.district_map import LINES, grid_layers
from geogrid_maps.escaping import Raw
from geogrid_maps.formatting import format_change
from geogrid_maps.map_provenance import map_provenance
from geogrid_maps.map_query import MapKind, downloads_of
from geogrid_maps.page_context import PageContext, map_address, page_values
from geogrid_maps.ui_texts import TITLES, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import folium
    from branca.element import Figure

    from geogrid.model.provenance import Provenance
    from geogrid.services.key_figures import Kpi
    from geogrid.stats.rate_change import RateChange
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_data import MapData

#: Scripts of every map, before those of one kind.
_COMMON_SCRIPTS: Final = ("extent.js",)
_HTML_LANG: Final = {Language.ZH: "zh-CN", Language.EN: "en"}

branca_templates.install()

ENVIRONMENT = Environment(
    loader=PackageLoader("geogrid_maps"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.globals |= {"format_change": format_change, "format_share": format_share}


@dataclass(frozen=True, slots=True)
class PageContent:
    """Content of a map page beside the map.

    Attributes
    ----------
    kind
        Id of the map.
    data
        The generation, the filters and the rules.
    kpi
        Key figures of the incidents shown.
    legend
        Values of the template ``legend_KIND.html``.
    options
        Fields of the form that only this map has: attributes of `View`, each with its values and their names.
    also
        The synthetic part of data beside these incidents and layers: of an earlier side, or of the population.
    """

    kind: MapKind
    data: MapData
    kpi: Kpi
    legend: Mapping[str, object]
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    also: SyntheticShare = field(default_factory=SyntheticShare)

    @property
    def share(self) -> SyntheticShare:
        """The synthetic part of all data of the page."""
        return self.kpi.share(self.data.shapes.generation) | self.also


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn map with the content of its page. It can be rendered once.

    Attributes
    ----------
    map
        The Folium map.
    content
        The content beside the map.
    scripts
        Scripts of the map, files of ``static``, in order.
    other
        The generation of the other side, if it is another one.
    """

    map: folium.Map
    content: PageContent
    scripts: tuple[str, ...]
    other: DistrictShapes | None = None


def render_page(
    drawing: Drawing,
    *,
    context: PageContext,
    change: RateChange | None,
    static: str,
    areas: str,
    other_areas: str = "",
) -> str:
    """Return a map as a page of the service.

    Parameters
    ----------
    drawing
        The map.
    context
        State of the service that the page shows.
    change
        Change of the incidents per day since the preceding period; None without one.
    static
        URL path below which scripts and styles are served.
    areas
        URL path of `DistrictShapes.script`.
    other_areas
        URL path of `DistrictShapes.other_script` of the other side, if it has another generation.
    """
    figure = cast("Figure", drawing.map.get_root())
    assets.link_served(figure, static)
    base = drawing.content.data.shapes.base
    scripts = [*(base.scripts if base else ()), *(f"own/{name}" for name in _scripts_of(drawing))]
    own = "".join(f'<script src="{static}/{name}"></script>' for name in scripts)
    other = f'<script src="{other_areas}"></script>' if drawing.other else ""
    head = (
        f'<link rel="stylesheet" href="{static}/cjk.css"><link rel="stylesheet" href="{static}/own/map.css">'
        f'<script src="{areas}"></script>{other}{own}'
        f'<script src="{static}/own/filters.js" defer></script><script src="{static}/own/rail.js" defer></script>'
        f'<script src="{static}/own/drawer.js" defer></script>'
    )
    return _finish(drawing, head, _render("rail.html", drawing.content, context, change))


def render_file(drawing: Drawing) -> tuple[str, list[str]]:
    """Return a map as one file that opens from disk with no network.

    Returns
    -------
    html : str
        The page.
    outside : list of str
        URLs that it still loads because the files are not installed; usually none.
    """
    outside = assets.link_inline(cast("Figure", drawing.map.get_root()))
    shapes = [drawing.content.data.shapes.script, *([drawing.other.other_script] if drawing.other else [])]
    scripts = [*shapes, *(assets.own_file(name) for name in _scripts_of(drawing))]
    content = drawing.content
    provenance = map_provenance(content.data, synthetic=content.share)
    head = (
        _metadata(provenance)
        + f"<style>{assets.own_file('map.css')}</style>"
        + "".join(f"<script>{own}</script>" for own in scripts)
    )
    return _finish(drawing, head, _render("frame.html", content)), outside


def _metadata(provenance: Provenance) -> str:
    """Return the ``meta`` elements with the provenance of a saved map."""
    texts = {f"geogrid:{key}": value for key, value in provenance.texts().items()}
    texts["description"] = provenance.sentence()
    return "".join(f'<meta name="{name}" content="{escape(value)}">' for name, value in texts.items())


def _scripts_of(drawing: Drawing) -> tuple[str, ...]:
    return (*_COMMON_SCRIPTS, *drawing.scripts)


def _finish(drawing: Drawing, head: str, body: str) -> str:
    content = drawing.content
    language = content.data.language
    title = f"{text('product', language)} · {TITLES[content.kind][language]}"
    return render_figure(cast("Figure", drawing.map.get_root()), title, head, body, language)


def _render(
    template: str, content: PageContent, context: PageContext | None = None, change: RateChange | None = None
) -> str:
    data, kpi = content.data, content.kpi
    address = map_address(content.kind)
    values = page_values(address, data, options=content.options, context=context or PageContext()) | {
        "kind": content.kind,
        "title": TITLES[content.kind][data.language],
        "kpi": kpi,
        "change": change,
        "legend": content.legend,
        "generation": data.shapes.generation,
        "synthetic": content.share.describe(data.language),
        "lines": {data.words.layers[layer]: LINES[layer] for layer in grid_layers(data.words, data.shapes)},
        "base": data.shapes.base,
        "downloads": downloads_of(content.kind, data.view),
    }
    return ENVIRONMENT.get_template(template).render(values)


def render_figure(figure: Figure, title: str, head: str, body: str, language: Language) -> str:
    """Return a Folium figure as a complete page.

    Parameters
    ----------
    figure
        Root of the map.
    title
        Title of the page, escaped.
    head, body
        HTML of styles and scripts, and of the content beside the map.
    language
        Language of the page.
    """
    figure.header.add_child(Raw(f'<title>{title}</title><link rel="icon" href="data:,">{head}'))
    figure.html.add_child(Raw(body))
    html = str(figure.render())
    # Folium's template has no block for the language, and forbids zooming the page.
    html = html.replace("<html>", f'<html lang="{_HTML_LANG[language]}">', 1)
    return html.replace(", maximum-scale=1.0, user-scalable=no", "", 1)
