"""Write polygon layers as GeoJSON (RFC 7946), so that the same layer gives the same bytes."""

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
    """Write a layer to a file, whole or not at all.

    Parameters
    ----------
    path
        The file; it is replaced once the new one is complete.
    frame, members
        See `layer_text`.

    Raises
    ------
    OSError
        If the folder is missing or cannot be written to.
    """
    path = Path(path)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(layer_text(frame, members), encoding="utf-8", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def file_columns(frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Return the columns that the standard file of a layer has: its name with each feature, a kind where there is one.

    Parameters
    ----------
    frame
        As `geogrid.layers.convert.standard_frame` returns it, or `geogrid.layers.geojson_reader.read_layer`.
    layer
        The name of the layer.
    """
    kind = ["kind"] if frame["kind"].notna().any() else []
    attributes = ["attributes"] if "attributes" in frame else []
    return frame.assign(layer=layer)[["code", "name", "layer", "parent", "synthetic", *kind, *attributes, "geometry"]]


def layer_text(frame: gpd.GeoDataFrame, members: Mapping[str, object] | None = None) -> str:
    """Give a layer as the text of a FeatureCollection.

    One feature a line, sorted by code; seven decimals; rings by the right-hand rule; the code as the feature's id.

    Parameters
    ----------
    frame
        Polygons or lines, single or multiple, or None, in WGS 84 degrees with a column ``code``; the other columns
        become properties in their order, and after them those of the dicts in a column ``attributes``.
    members
        Members of the collection beside ``type`` and ``features``, such as a name or a notice.

    Examples
    --------
    >>> import geopandas as gpd
    >>> frame = gpd.GeoDataFrame({"code": ["140213"]}, geometry=[shapely.box(113.2, 40, 113.3, 40.1)], crs="EPSG:4326")
    >>> print(layer_text(frame, {"name": "district"}))  # doctest: +ELLIPSIS
    {"type": "FeatureCollection", "name": "district", "features": [
    {"type": "Feature", "id": "140213", "properties": {"code": "140213"}, "geometry": {"type": "Polygon", ...}}
    ]}
    <BLANKLINE>
    """
    ordered = frame.sort_values("code", kind="stable")
    names = [name for name in frame.columns if name != frame.geometry.name]
    records = [_properties(record) for record in ordered[names].to_dict("records")]
    return collection_text(records, ordered.geometry.to_numpy(), members)


def collection_text(
    records: Sequence[Mapping[str, Any]], shapes: NDArray[np.object_], members: Mapping[str, object] | None = None
) -> str:
    """Give features as the text of a FeatureCollection, as `layer_text` does, in the order in which they come.

    Parameters
    ----------
    records
        The properties, ``code`` among them.
    shapes
        As many polygons or lines in WGS 84 degrees, shape (n,).
    members
        See `layer_text`.
    """
    head = _json({"type": "FeatureCollection", **(members or {})})
    shapes = shapely.orient_polygons(shapes)
    lines = [_feature(record, shape) for record, shape in zip(records, shapes, strict=True)]
    return f'{head[:-1]}, "features": [\n' + ",\n".join(lines) + "\n]}\n"


def _properties(record: dict[str, Any]) -> dict[str, Any]:
    attributes = record.pop("attributes", None) or {}
    return {**record, **{name: value for name, value in attributes.items() if name not in record}}


def notice_of(frame: gpd.GeoDataFrame) -> str:
    """Return what a file must say of where its shapes come from: made up, or indicative.

    Parameters
    ----------
    frame
        A layer with a column ``synthetic``.
    """
    return "合成示意 synthetic: no surveyed data" if frame["synthetic"].any() else "示意 indicative"


def _feature(record: Mapping[str, Any], shape: shapely.Geometry | None) -> str:
    head = _json({"type": "Feature", "id": record["code"], "properties": record})
    if shape is None:
        return f'{head[:-1]}, "geometry": null}}'
    many = shape.geom_type.startswith("Multi")
    coordinates = _list(map(_part, shape.geoms)) if many else _part(shape)
    return f'{head[:-1]}, "geometry": {{"type": "{shape.geom_type}", "coordinates": {coordinates}}}}}'


def _part(part: shapely.Polygon | shapely.LineString) -> str:
    if part.geom_type == "LineString":
        return _line(part)
    return _list(map(_line, (part.exterior, *part.interiors)))


def _line(line: shapely.LineString) -> str:
    return _list(f"[{x:.7f}, {y:.7f}]" for x, y in shapely.get_coordinates(line).tolist())


def _list(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
