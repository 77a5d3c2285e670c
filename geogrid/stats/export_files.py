"""Write the data of maps as CSV and GeoJSON."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

import shapely

from geogrid.constants import Language
from geogrid.stats.density import CELL_DEG
from geogrid.tabular.delimited import guard_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from geogrid.model import Generation
    from geogrid.stats.animation import AnimationFrame
    from geogrid.stats.density import HeatCells
    from geogrid.stats.grids import GridRow

_DECIMALS: Final = 6


def write_csv(header: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    """Return a CSV file, UTF-8 with a byte order mark for Excel; cells that look like formulas are escaped.

    Examples
    --------
    >>> write_csv(["name", "n"], [["=1+1", 3]]).decode("utf-8-sig").split()
    ['name,n', "'=1+1,3"]
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([guard_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


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


def write_geojson(head: Mapping[str, Any], features: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a GeoJSON file of features; `head` holds additional members.

    Examples
    --------
    >>> write_geojson({"name": "cells"}, [])
    b'{"type":"FeatureCollection","name":"cells","features":[]}'
    """
    collection = {"type": "FeatureCollection", **head, "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


_GRID_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "code": ("编码", "code"),
    "name": ("名称", "name"),
    "layer": ("图层", "layer"),
    "community": ("社区（村）", "community"),
    "street": ("街道", "street"),
    "km2": ("平方公里", "km2"),
    "n": ("件数", "n"),
    "synthetic": ("合成示意", "synthetic"),
}


def grids_csv(rows: Sequence[GridRow], counts: Mapping[str, int], language: Language, *, synthetic: bool) -> bytes:
    """Return the CSV file of grids.

    Parameters
    ----------
    rows
        The grids.
    counts
        Number of incidents by code; 0 for a missing code.
    language
        Language of the headers.
    synthetic
        Whether the layers or any incident are synthetic.
    """
    place = 0 if language is Language.ZH else 1
    header = [names[place] for names in _GRID_HEADERS.values()]
    return write_csv(header, [_grid_cells(row, counts, synthetic=synthetic).values() for row in rows])


def grids_geojson(
    rows: Sequence[GridRow], counts: Mapping[str, int], generation: Generation, *, synthetic: bool
) -> bytes:
    """Return the GeoJSON file of grids, WGS 84, with the id of their generation."""
    features = [make_feature(_grid_cells(row, counts, synthetic=synthetic), row.shape, row.code) for row in rows]
    return write_geojson({"name": "grids", "generation": generation.id, "synthetic": synthetic}, features)


def _grid_cells(row: GridRow, counts: Mapping[str, int], *, synthetic: bool) -> dict[str, Any]:
    columns = {name: getattr(row, name) for name in ("code", "name", "layer", "community", "street", "km2")}
    return {**columns, "n": counts.get(row.code, 0), "synthetic": synthetic}


def cells_csv(cells: HeatCells) -> bytes:
    """Return the CSV file of cells: centre in WGS 84, and count.

    Examples
    --------
    >>> import numpy as np
    >>> from geogrid.stats.density import bin_points
    >>> cells_csv(bin_points(np.array([113.3001]), np.array([40.0901]))).decode("utf-8-sig").split()
    ['lon,lat,count', '113.3005,40.0905,1']
    """
    columns = (cells.lon.tolist(), cells.lat.tolist(), cells.count.tolist())
    return write_csv(("lon", "lat", "count"), zip(*columns, strict=True))


def cells_geojson(cells: HeatCells, *, synthetic: bool) -> bytes:
    """Return the GeoJSON file of cells: points in WGS 84 with counts.

    Parameters
    ----------
    cells
        Cells of any width.
    synthetic
        Whether any incident is synthetic.
    """
    return write_geojson({"name": "cells", "cell_deg": CELL_DEG, "synthetic": synthetic}, list(_points(cells)))


def frames_csv(step: str, frames: Sequence[AnimationFrame]) -> bytes:
    """Return the CSV file of a timeline: key and number of incidents of each frame."""
    return write_csv((step, "count"), ((frame.key, frame.count) for frame in frames))


def frames_geojson(step: str, frames: Sequence[AnimationFrame], cell_deg: float, *, synthetic: bool) -> bytes:
    """Return the GeoJSON file of a timeline: the cells of all frames as points with counts.

    Parameters
    ----------
    step
        Name of the step, and of the property with the key of the frame.
    frames
        The frames in order.
    cell_deg
        Width and height of the cells in degrees.
    synthetic
        Whether any incident is synthetic.
    """
    features = [point for frame in frames for point in _points(frame.cells, **{step: frame.key})]
    return write_geojson({"name": "timeline", "step": step, "cell_deg": cell_deg, "synthetic": synthetic}, features)


def _points(cells: HeatCells, **extra: str) -> Iterator[dict[str, Any]]:
    for lon, lat, count in zip(cells.lon.tolist(), cells.lat.tolist(), cells.count.tolist(), strict=True):
        point = {"type": "Point", "coordinates": [lon, lat]}
        yield {"type": "Feature", "properties": {**extra, "count": count}, "geometry": point}
