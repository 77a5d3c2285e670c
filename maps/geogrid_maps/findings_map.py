"""Map of topology findings, to be selected in a list or on the map."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

import folium
import numpy as np
import shapely
from branca.element import MacroElement
from folium.template import Template

from geogrid.constants import Language
from geogrid.layers.topology import Severity, geojson_report
from geogrid.model import Layer
from geogrid.model.synthetic_share import SyntheticShare
from geogrid_maps import assets
from geogrid_maps.map_page import ENVIRONMENT, render_figure
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from branca.element import Figure

    from geogrid.layers.topology import Finding

#: Safe for colour-blind readers.
COLOURS: Final = {Severity.ERROR: "#b3261e", Severity.WARNING: "#b06a00"}
_LINES: Final[dict[Layer, dict[str, Any]]] = {
    Layer.DISTRICT: {"color": "#5d5a50", "weight": 2},
    Layer.STREET: {"color": "#6b675c", "weight": 1.6},
    Layer.COMMUNITY: {"color": "#8f8a7a", "weight": 1},
    Layer.VILLAGE: {"color": "#8f8a7a", "weight": 1},
    Layer.URBAN: {"color": "#bdb8a8", "weight": 0.6},
    Layer.RURAL: {"color": "#bdb8a8", "weight": 0.6},
    Layer.DEDICATED: {"color": "#0b6e69", "weight": 0.8},
}


class _Start(MacroElement):
    """Call of the script ``static/findings.js``, which fills the map."""

    _template = Template(
        "{% macro script(this, kwargs) %}geogridFindingsStart({{ this.canvas }}, {{ this.home|tojson }});{% endmacro %}"
    )

    def __init__(self, canvas: folium.Map, home: str) -> None:
        super().__init__()
        self._name = "Start"
        self.canvas = canvas.get_name()
        self.home = home


def findings_file(
    findings: Sequence[Finding], layers: Mapping[Layer, gpd.GeoDataFrame], language: Language = Language.ZH
) -> tuple[str, list[str]]:
    """Return a topology report as one file that opens from disk with no network.

    Parameters
    ----------
    findings
        As `geogrid.layers.topology.check_layers` returns them.
    layers
        The checked layers, whose borders are the background. None of their text is shown.
    language
        Language of the page; findings are in both languages.

    Returns
    -------
    html : str
        The page.
    outside : list of str
        URLs that it still loads because the files are not installed; usually none.
    """
    figure = _figure(language)
    outside = assets.link_inline(figure)
    head = (
        f"<style>{assets.own_file('map.css')}{assets.own_file('findings.css')}</style>"
        f"<script>{_script(findings, layers)}</script><script>{assets.own_file('extent.js')}</script>"
        f"<script>{assets.own_file('findings.js')}</script>"
    )
    body = ENVIRONMENT.get_template("findings.html").render(
        t=lambda key: text(key, language),
        findings=findings,
        errors=sum(found.severity is Severity.ERROR for found in findings),
        colours=COLOURS,
        synthetic=SyntheticShare(grids=any(bool(frame["synthetic"].any()) for frame in layers.values())).describe(
            language
        ),
    )
    return render_figure(figure, text("findings_title", language), head, body, language), outside


def _figure(language: Language) -> Figure:
    # The script moves the map to the shapes; without any it shows the whole Earth.
    canvas = folium.Map(
        location=[0, 0],
        tiles=None,
        zoom_start=1,
        control_scale=True,
        prefer_canvas=True,
        # Leaflet's attribution links to an external site.
        attribution_control=False,
    )
    _Start(canvas, text("home", language)).add_to(canvas)
    return cast("Figure", canvas.get_root())


def _script(findings: Sequence[Finding], layers: Mapping[Layer, gpd.GeoDataFrame]) -> str:
    content: dict[str, Any] = {
        "findings": json.loads(geojson_report(findings))["features"],
        "colours": {severity.value: colour for severity, colour in COLOURS.items()},
        "borders": [
            {"style": {**style, "fill": False}, "shapes": _shapes(layers[layer])}
            for layer, style in reversed(_LINES.items())
            if layer in layers
        ],
    }
    # In a page the first end tag ends a script, even inside a string.
    data = json.dumps(content, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    return f"const geogridReport = {data};\n"


def _shapes(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the finite shapes of a layer as GeoJSON geometries with six decimals (0.1 m)."""
    shapes = [shape for shape in frame.geometry if shape is not None and not shape.is_empty]
    drawable = [shape for shape in shapes if np.isfinite(shapely.get_coordinates(shape)).all()]
    return [json.loads(shapely.to_geojson(shapely.transform(shape, lambda xy: xy.round(6)))) for shape in drawable]
