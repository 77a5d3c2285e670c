"""From a file that a GIS office brings to the frame of a layer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from geogrid.layers.codes import parent_of
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geogrid.layers.files import RawLayer

#: The columns of a layer's frame, before its geometry.
COLUMNS: Final = ("code", "name", "parent", "kind", "synthetic", "attributes")
_LONGEST_TEXT: Final = 2_000


def standard_frame(raw: RawLayer, layer: Layer | None) -> gpd.GeoDataFrame:
    """Return a layer in the columns that all of geogrid agrees on.

    Parameters
    ----------
    raw
        As `geogrid.layers.files.read_file` returns it.
    layer
        What it is to be; None for a thematic layer. Where the file names no parent, it is the one that the code names;
        where it has no name, the code stands for it.

    Returns
    -------
    GeoDataFrame
        `COLUMNS` and geometry in WGS 84. Neither codes nor shapes are checked: that is for the topology report.

    Examples
    --------
    >>> from geogrid.layers.files import read_file
    >>> from geogrid.resources import data_path
    >>> raw = read_file(data_path("boundaries", "streets.geojson"), datum="wgs84")
    >>> standard_frame(raw, Layer.STREET).iloc[0][["code", "name", "parent"]].tolist()
    ['140213050', '永泰街道', '140213']
    """
    found = raw.frame
    columns = {
        "name": found["name"].where(found["name"].notna(), found["code"]),
        "parent": _parents(found, layer),
        "kind": found["kind"] if layer in {None, Layer.DEDICATED} else None,
        "synthetic": [bool(attributes.get("synthetic", False)) for attributes in found["attributes"]],
        "attributes": [plain_attributes(attributes) for attributes in found["attributes"]],
    }
    return found.assign(**columns)[[*COLUMNS, "geometry"]]


def plain_attributes(attributes: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """Return what else is known of a feature, as JSON can have it; what is empty is left out.

    Examples
    --------
    >>> plain_attributes({"owner": "城投", "area": 12.5, "plan": None, "rate": math.nan, "layer": "urban"})
    {'owner': '城投', 'area': 12.5}
    """
    known = {*COLUMNS, "layer", "generation"}
    values = ((_readable(name), _plain(value)) for name, value in attributes.items() if name not in known)
    return {name: value for name, value in values if value is not None}


def _parents(found: gpd.GeoDataFrame, layer: Layer | None) -> Any:  # noqa: ANN401 - a column, or None for all rows
    if layer in {None, Layer.DISTRICT}:
        return None
    return found["parent"].where(found["parent"].notna(), found["code"].map(parent_of))


def _plain(value: object) -> str | int | float | bool | None:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _readable(str(value).strip())[:_LONGEST_TEXT] or None


def _readable(text: str) -> str:
    # JSON can spell halves of characters, which no encoding can write.
    return text.encode("utf-8", "replace").decode()
