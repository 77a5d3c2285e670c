"""The standard columns of a layer, and their construction from the columns of a layer file."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geogrid.layers.codes import ANY_CODES, CodeScheme
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd

    from geogrid.layers.files import RawLayer

#: The standard columns of a layer, before the geometry.
COLUMNS: Final = ("code", "name", "parent", "kind", "synthetic", "attributes")
_LONGEST_TEXT: Final = 2_000
#: Texts that mean false in formats without a boolean type.
_NO: Final = frozenset({"", "0", "f", "false", "n", "no", "否"})


def standard_frame(raw: RawLayer, layer: Layer | None, scheme: CodeScheme = ANY_CODES) -> gpd.GeoDataFrame:
    """Return a layer with the standard columns.

    Parameters
    ----------
    raw
        As `geogrid.layers.files.read_file` returns it.
    layer
        The target layer; None for a thematic layer. A missing name is replaced by the code. A parent or kind column
        that this layer does not use becomes an attribute.
    scheme
        Code scheme of the district. A missing parent is the one that the code contains, or None.

    Returns
    -------
    GeoDataFrame
        `COLUMNS` and geometry in WGS 84. Codes and shapes are not checked; see `geogrid.layers.topology`.

    Examples
    --------
    >>> from geogrid.layers.files import read_file
    >>> from geogrid.reference_files import data_path
    >>> raw = read_file(data_path("boundaries", "streets.geojson"), datum="wgs84")
    >>> standard_frame(raw, Layer.STREET).iloc[0][["code", "name", "parent"]].tolist()
    ['140213050', '永泰街道', '140213']
    """
    frame = raw.frame
    columns = {
        "name": frame["name"].where(frame["name"].notna(), frame["code"]),
        "parent": frame["parent"] if layer not in {None, Layer.DISTRICT} else None,
        "kind": frame["kind"] if layer in {None, Layer.DEDICATED} else None,
        "synthetic": [is_synthetic(attributes.get("synthetic")) for attributes in frame["attributes"]],
        "attributes": [plain_attributes(attributes) for attributes in _all_attributes(raw, layer)],
    }
    standard = frame.assign(**columns)[[*COLUMNS, "geometry"]]
    return standard if layer is None else fill_parents(standard, layer, scheme)


def fill_parents(frame: gpd.GeoDataFrame, layer: Layer, scheme: CodeScheme) -> gpd.GeoDataFrame:
    """Return a layer in which a missing parent is the one that the code contains, or None."""
    in_code = [scheme.read_parent(layer, code) for code in frame["code"]]
    parents = [own if isinstance(own, str) else other for own, other in zip(frame["parent"], in_code, strict=True)]
    return frame.assign(parent=pd.Series(parents, index=frame.index, dtype=object))


def is_synthetic(value: object) -> bool:
    """Return whether a value of the column ``synthetic`` means true.

    Examples
    --------
    >>> is_synthetic(1), is_synthetic("false"), is_synthetic(None)
    (True, False, False)
    """
    return value.strip().lower() not in _NO if isinstance(value, str) else bool(value)


def plain_attributes(attributes: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """Return the attributes of a feature as JSON values, without the empty ones.

    Examples
    --------
    >>> plain_attributes({"owner": "城投", "area": 12.5, "plan": None, "rate": math.nan, "layer": "urban"})
    {'owner': '城投', 'area': 12.5}
    """
    values = (
        (_replace_unstorable(name), _json_value(value))
        for name, value in attributes.items()
        if not _is_own(name, value)
    )
    return {name: value for name, value in values if value is not None}


def _is_own(name: str, value: object) -> bool:
    """Return whether an attribute was written by geogrid itself; a column ``layer`` with other values is kept."""
    return name == "synthetic" or (name == "layer" and isinstance(value, str) and value in set(Layer))


def _all_attributes(raw: RawLayer, layer: Layer | None) -> Iterator[dict[str, Any]]:
    """Yield the attributes of each feature, with the parent and kind columns that the layer does not use."""
    unused = {"kind": raw.mapping.kind if layer not in {None, Layer.DEDICATED} else None}
    unused["parent"] = raw.mapping.parent if layer in {None, Layer.DISTRICT} else None
    columns = [(column, raw.frame[field]) for field, column in unused.items() if column]
    for row, attributes in enumerate(raw.frame["attributes"]):
        yield {**attributes, **{column: values.iloc[row] for column, values in columns}}


def _json_value(value: object) -> str | int | float | bool | None:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    text = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value).strip()
    return _replace_unstorable(text)[:_LONGEST_TEXT] or None


def _replace_unstorable(text: str) -> str:
    # JSON can contain lone surrogates, which cannot be encoded, and NUL, which databases refuse.
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
