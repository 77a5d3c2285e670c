"""Deterministic writer of layers as GeoJSON (RFC 7946): equal layers give equal bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray


def write_layer(
    path: str | PathLike[str], frame: gpd.GeoDataFrame, members: Mapping[str, object] | None = None
) -> None:
    """Write a layer to a file atomically.

    Parameters
    ----------
    path
        The file; an existing one is replaced after the new one is complete.
    frame, members
        See `format_layer`.

    Raises
    ------
    OSError
        If the folder is missing or cannot be written to.
    """
    path = Path(path)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(format_layer(frame, members), encoding="utf-8", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def file_columns(frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Return a frame with the columns of a standard file: with ``layer``, and ``kind`` if any feature has one.

    Parameters
    ----------
    frame
        The standard columns of a layer, see `geogrid.layers.standard_columns.standard_frame`.
    layer
        The name of the layer.
    """
    kind = ["kind"] if frame["kind"].notna().any() else []
    attributes = ["attributes"] if "attributes" in frame else []
    return frame.assign(layer=layer)[["code", "name", "layer", "parent", "synthetic", *kind, *attributes, "geometry"]]


def format_layer(frame: gpd.GeoDataFrame, members: Mapping[str, object] | None = None) -> str:
    """Return a layer as the text of a FeatureCollection.

    One feature per line, sorted by code; seven decimals; rings by the right-hand rule; the code is the feature id.

    Parameters
    ----------
    frame
        (Multi)polygons, (multi)lines or None in WGS 84, with a column ``code``. The other columns become properties,
        followed by the entries of the dicts in the column ``attributes``.
    members
        Additional members of the collection, such as ``name`` or ``notice``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> frame = gpd.GeoDataFrame({"code": ["140213"]}, geometry=[shapely.box(113.2, 40, 113.3, 40.1)], crs="EPSG:4326")
    >>> print(format_layer(frame, {"name": "district"}))  # doctest: +ELLIPSIS
    {"type": "FeatureCollection", "name": "district", "features": [
    {"type": "Feature", "id": "140213", "properties": {"code": "140213"}, "geometry": {"type": "Polygon", ...}}
    ]}
    <BLANKLINE>
    """
    ordered = frame.sort_values("code", kind="stable")
    names = [name for name in frame.columns if name != frame.geometry.name]
    records = [_properties(record) for record in ordered[names].to_dict("records")]
    return format_collection(records, ordered.geometry.to_numpy(), members)


def format_collection(
    records: Sequence[Mapping[str, Any]], shapes: NDArray[np.object_], members: Mapping[str, object] | None = None
) -> str:
    """Return features as the text of a FeatureCollection, formatted as by `format_layer`, in the given order.

    Parameters
    ----------
    records
        The properties of each feature, including ``code``.
    shapes
        (Multi)polygons or (multi)lines in WGS 84, shape (n,).
    members
        See `format_layer`.
    """
    head = _json_text({"type": "FeatureCollection", **(members or {})})
    shapes = shapely.orient_polygons(shapes)
    lines = [_feature(record, shape) for record, shape in zip(records, shapes, strict=True)]
    return f'{head[:-1]}, "features": [\n' + ",\n".join(lines) + "\n]}\n"


def _properties(record: dict[str, Any]) -> dict[str, Any]:
    attributes = record.pop("attributes", None) or {}
    return {**record, **{name: value for name, value in attributes.items() if name not in record}}


def notice_of(frame: gpd.GeoDataFrame) -> str:
    """Return the notice on the origin of a layer: synthetic or indicative.

    Parameters
    ----------
    frame
        A layer with a column ``synthetic``.
    """
    return "合成示意 synthetic: no surveyed data" if frame["synthetic"].any() else "示意 indicative"


def _feature(record: Mapping[str, Any], shape: shapely.Geometry | None) -> str:
    head = _json_text({"type": "Feature", "id": record["code"], "properties": record})
    if shape is None:
        return f'{head[:-1]}, "geometry": null}}'
    is_multi = shape.geom_type.startswith("Multi")
    coordinates = _json_list(map(_part, shape.geoms)) if is_multi else _part(shape)
    return f'{head[:-1]}, "geometry": {{"type": "{shape.geom_type}", "coordinates": {coordinates}}}}}'


def _part(part: shapely.Polygon | shapely.LineString) -> str:
    if part.geom_type == "LineString":
        return _line(part)
    return _json_list(map(_line, (part.exterior, *part.interiors)))


def _line(line: shapely.LineString) -> str:
    return _json_list(f"[{x:.7f}, {y:.7f}]" for x, y in shapely.get_coordinates(line).tolist())


def _json_list(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"


def _json_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
