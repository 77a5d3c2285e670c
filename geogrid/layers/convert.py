"""From a file that a GIS office brings to the frame of a layer."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

from geogrid.layers.codes import parent_of
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd

    from geogrid.layers.files import RawLayer

#: The columns of a layer's frame, before its geometry.
COLUMNS: Final = ("code", "name", "parent", "kind", "synthetic", "attributes")
_LONGEST_TEXT: Final = 2_000
#: Texts that say no: a table that knows no truth values may hold them.
_NO: Final = frozenset({"", "0", "f", "false", "n", "no", "否"})


def standard_frame(raw: RawLayer, layer: Layer | None) -> gpd.GeoDataFrame:
    """Return a layer in the columns that all of geogrid agrees on.

    Parameters
    ----------
    raw
        As `geogrid.layers.files.read_file` returns it.
    layer
        What it is to be; None for a thematic layer. Where the file names no parent, it is the one that the code names;
        where it has no name, the code stands for it. A parent or kind that such a layer does not have is an attribute.

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
        "synthetic": [is_synthetic(attributes.get("synthetic")) for attributes in found["attributes"]],
        "attributes": [plain_attributes(attributes) for attributes in _with_unused(raw, layer)],
    }
    return found.assign(**columns)[[*COLUMNS, "geometry"]]


def is_synthetic(value: object) -> bool:
    """Say whether the cell of a column ``synthetic`` means that the feature is made up.

    Examples
    --------
    >>> is_synthetic(1), is_synthetic("false"), is_synthetic(None)
    (True, False, False)
    """
    return value.strip().lower() not in _NO if isinstance(value, str) else bool(value)


def plain_attributes(attributes: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """Return what else is known of a feature, as JSON can have it; what is empty is left out.

    Examples
    --------
    >>> plain_attributes({"owner": "城投", "area": 12.5, "plan": None, "rate": math.nan, "layer": "urban"})
    {'owner': '城投', 'area': 12.5}
    """
    values = ((_readable(name), _plain(value)) for name, value in attributes.items() if not _is_own(name, value))
    return {name: value for name, value in values if value is not None}


def _is_own(name: str, value: object) -> bool:
    """Say whether the standard files write an attribute themselves: an office's ``layer`` says other things."""
    return name == "synthetic" or (name == "layer" and isinstance(value, str) and value in set(Layer))


def _with_unused(raw: RawLayer, layer: Layer | None) -> Iterator[dict[str, Any]]:
    """Return the attributes, and with them the columns that were taken for a parent or a kind that is not kept."""
    unused = {"kind": raw.mapping.kind if layer not in {None, Layer.DEDICATED} else None}
    unused["parent"] = raw.mapping.parent if layer in {None, Layer.DISTRICT} else None
    columns = [(column, raw.frame[field]) for field, column in unused.items() if column]
    for row, attributes in enumerate(raw.frame["attributes"]):
        yield {**attributes, **{column: values.iloc[row] for column, values in columns}}


def _parents(found: gpd.GeoDataFrame, layer: Layer | None) -> Any:  # noqa: ANN401 - a column, or None for all rows
    if layer in {None, Layer.DISTRICT}:
        return None
    return found["parent"].where(found["parent"].notna(), found["code"].map(parent_of))


def _plain(value: object) -> str | int | float | bool | None:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    text = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value).strip()
    return _readable(text)[:_LONGEST_TEXT] or None


def _readable(text: str) -> str:
    # JSON can spell halves of characters, which no encoding can write, and NUL, which no table can hold.
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
