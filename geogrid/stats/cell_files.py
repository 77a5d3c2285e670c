"""Heat cells, and counts through time, as files: CSV and GeoJSON."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from geogrid.stats.density import CELL_DEG

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geogrid.stats.density import HeatCells
    from geogrid.stats.playback import Picture


def cells_csv(cells: HeatCells) -> bytes:
    """Return the centres of cells (WGS 84) and their counts as CSV, UTF-8 with a mark, by which Excel knows it.

    Examples
    --------
    >>> import numpy as np
    >>> from geogrid.stats.density import bin_points
    >>> cells_csv(bin_points(np.array([113.3001]), np.array([40.0901]))).decode("utf-8-sig").split()
    ['lon,lat,count', '113.3005,40.0905,1']
    """
    columns = (cells.lon.tolist(), cells.lat.tolist(), cells.count.tolist())
    return _csv(("lon", "lat", "count"), zip(*columns, strict=True))


def cells_geojson(cells: HeatCells, *, synthetic: bool) -> bytes:
    """Return cells as GeoJSON points (WGS 84) with their counts.

    Parameters
    ----------
    cells
        Of any width: what was merged for everybody's eyes has the centre of the larger cell.
    synthetic
        Whether any of the incidents are made up.
    """
    features = [
        {
            "type": "Feature",
            "properties": {"count": count},
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
        }
        for lon, lat, count in zip(cells.lon.tolist(), cells.lat.tolist(), cells.count.tolist(), strict=True)
    ]
    head = {"type": "FeatureCollection", "name": "cells", "cell_deg": CELL_DEG, "synthetic": synthetic}
    return json.dumps({**head, "features": features}, separators=(",", ":")).encode()


def pictures_csv(step: str, pictures: Sequence[Picture]) -> bytes:
    """Return how many incidents each picture of a timeline has, as CSV like `cells_csv`."""
    return _csv((step, "count"), ((picture.key, picture.count) for picture in pictures))


def _csv(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")
