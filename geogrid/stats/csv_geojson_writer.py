"""Writers of the data of maps as CSV and GeoJSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import shapely

from geogrid.constants import Language
from geogrid.stats.point_binning import CELL_DEG
from geogrid.tabular.csv_format import write_csv_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from geogrid.model import Generation
    from geogrid.model.provenance import Provenance
    from geogrid.stats.animation_frames import AnimationFrame
    from geogrid.stats.grid_list import GridRow
    from geogrid.stats.point_binning import HeatCells

_DECIMALS: Final = 6


def write_csv(header: Sequence[str], rows: Iterable[Iterable[object]], provenance: Provenance) -> bytes:
    """Return a CSV file, see `write_csv_parts`, with the provenance in its last columns."""
    return b"".join(write_csv_parts(header, rows, provenance.columns()))


def make_feature(properties: Mapping[str, Any], geometry: BaseGeometry, code: str | None = None) -> dict[str, Any]:
    """Return a GeoJSON feature, WGS 84 to six decimals (0.1 m), whose id is the code.

    Examples
    --------
    >>> make_feature({"n": 3}, shapely.Point(113.30000049, 40.09))["geometry"]
    {'type': 'Point', 'coordinates': [113.3, 40.09]}
    """
    shape = json.loads(shapely.to_geojson(shapely.transform(geometry, lambda xy: xy.round(_DECIMALS))))
    named = {} if code is None else {"id": code}
    return {"type": "Feature", **named, "properties": dict(properties), "geometry": shape}


def write_geojson(head: Mapping[str, Any], features: Sequence[Mapping[str, Any]], provenance: Provenance) -> bytes:
    """Return a GeoJSON file of features with its provenance; `head` holds additional members."""
    members = {**head, "synthetic": bool(provenance.synthetic), "provenance": provenance.as_json()}
    collection = {"type": "FeatureCollection", **members, "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


_GRID_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "code": ("编码", "code"),
    "name": ("名称", "name"),
    "layer": ("图层", "layer"),
    "community": ("社区（村）", "community"),
    "street": ("街道", "street"),
    "km2": ("平方公里", "km2"),
    "n": ("件数", "n"),
}


def grids_csv(rows: Sequence[GridRow], counts: Mapping[str, int], provenance: Provenance) -> bytes:
    """Return the CSV file of grids.

    Parameters
    ----------
    rows
        The grids.
    counts
        Number of incidents by code; 0 for a missing code.
    provenance
        Provenance of the file; the headers are in its language.
    """
    place = 0 if provenance.language is Language.ZH else 1
    header = [names[place] for names in _GRID_HEADERS.values()]
    return write_csv(header, [_grid_cells(row, counts).values() for row in rows], provenance)


def grids_geojson(
    rows: Sequence[GridRow], counts: Mapping[str, int], generation: Generation, provenance: Provenance
) -> bytes:
    """Return the GeoJSON file of grids, WGS 84, with the id of their generation."""
    marked = {"synthetic": bool(provenance.synthetic)}
    features = [make_feature(_grid_cells(row, counts) | marked, row.shape, row.code) for row in rows]
    return write_geojson({"name": "grids", "generation": generation.id}, features, provenance)


def _grid_cells(row: GridRow, counts: Mapping[str, int]) -> dict[str, Any]:
    columns = {name: getattr(row, name) for name in ("code", "name", "layer", "community", "street", "km2")}
    return {**columns, "n": counts.get(row.code, 0)}


def cells_csv(cells: HeatCells, provenance: Provenance) -> bytes:
    """Return the CSV file of cells: centre in WGS 84, and count."""
    columns = (cells.lon.tolist(), cells.lat.tolist(), cells.count.tolist())
    return write_csv(("lon", "lat", "count"), zip(*columns, strict=True), provenance)


def cells_geojson(cells: HeatCells, provenance: Provenance) -> bytes:
    """Return the GeoJSON file of cells of any width: points in WGS 84 with counts."""
    return write_geojson({"name": "cells", "cell_deg": CELL_DEG}, list(_points(cells)), provenance)


def frames_csv(step: str, frames: Sequence[AnimationFrame], provenance: Provenance) -> bytes:
    """Return the CSV file of a timeline: key and number of incidents of each frame."""
    return write_csv((step, "count"), ((frame.key, frame.count) for frame in frames), provenance)


def frames_geojson(step: str, frames: Sequence[AnimationFrame], cell_deg: float, provenance: Provenance) -> bytes:
    """Return the GeoJSON file of a timeline: the cells of all frames as points with counts.

    Parameters
    ----------
    step
        Name of the step, and of the property with the key of the frame.
    frames
        The frames in order.
    cell_deg
        Width and height of the cells in degrees.
    provenance
        Provenance of the file.
    """
    features = [point for frame in frames for point in _points(frame.cells, **{step: frame.key})]
    return write_geojson({"name": "timeline", "step": step, "cell_deg": cell_deg}, features, provenance)


def _points(cells: HeatCells, **extra: str) -> Iterator[dict[str, Any]]:
    for lon, lat, count in zip(cells.lon.tolist(), cells.lat.tolist(), cells.count.tolist(), strict=True):
        point = {"type": "Point", "coordinates": [lon, lat]}
        yield {"type": "Feature", "properties": {**extra, "count": count}, "geometry": point}
