"""Heat cells, and counts through time, as files: CSV and GeoJSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.stats.density import CELL_DEG
from geogrid.stats.export_files import csv_file, geojson_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.stats.animation import AnimationFrame
    from geogrid.stats.density import HeatCells


def cells_csv(cells: HeatCells) -> bytes:
    """Return the centres of cells (WGS 84) and their counts as CSV.

    Examples
    --------
    >>> import numpy as np
    >>> from geogrid.stats.density import bin_points
    >>> cells_csv(bin_points(np.array([113.3001]), np.array([40.0901]))).decode("utf-8-sig").split()
    ['lon,lat,count', '113.3005,40.0905,1']
    """
    columns = (cells.lon.tolist(), cells.lat.tolist(), cells.count.tolist())
    return csv_file(("lon", "lat", "count"), zip(*columns, strict=True))


def cells_geojson(cells: HeatCells, *, synthetic: bool) -> bytes:
    """Return cells as GeoJSON points (WGS 84) with their counts.

    Parameters
    ----------
    cells
        Of any width: what was merged for everybody's eyes has the centre of the larger cell.
    synthetic
        Whether any of the incidents are made up.
    """
    return geojson_file({"name": "cells", "cell_deg": CELL_DEG, "synthetic": synthetic}, list(_points(cells)))


def pictures_csv(step: str, pictures: Sequence[AnimationFrame]) -> bytes:
    """Return how many incidents each picture of a timeline has, as CSV like `cells_csv`."""
    return csv_file((step, "count"), ((picture.key, picture.count) for picture in pictures))


def pictures_geojson(step: str, pictures: Sequence[AnimationFrame], cell_deg: float, *, synthetic: bool) -> bytes:
    """Return the cells of all pictures as GeoJSON points, each with its picture, like `cells_geojson`.

    Parameters
    ----------
    step
        What a picture stands for; the property with its key has this name.
    pictures
        In their order.
    cell_deg
        The width and height of the cells in degrees.
    synthetic
        Whether any of the incidents are made up.
    """
    features = [point for picture in pictures for point in _points(picture.cells, **{step: picture.key})]
    return geojson_file({"name": "timeline", "step": step, "cell_deg": cell_deg, "synthetic": synthetic}, features)


def _points(cells: HeatCells, **told: str) -> Iterator[dict[str, Any]]:
    for lon, lat, count in zip(cells.lon.tolist(), cells.lat.tolist(), cells.count.tolist(), strict=True):
        point = {"type": "Point", "coordinates": [lon, lat]}
        yield {"type": "Feature", "properties": {**told, "count": count}, "geometry": point}
