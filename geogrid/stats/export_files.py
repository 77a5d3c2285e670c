"""Rows and features as files, the same way for all that maps show."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

import shapely

from geogrid.tabular.delimited import guard_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

_DECIMALS: Final = 6


def csv_file(header: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    """Return rows as CSV, UTF-8 with a mark, by which Excel knows it; no cell is a formula.

    Examples
    --------
    >>> csv_file(["name", "n"], [["=1+1", 3]]).decode("utf-8-sig").split()
    ['name,n', "'=1+1,3"]
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([guard_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def feature(properties: Mapping[str, Any], geometry: BaseGeometry, code: str | None = None) -> dict[str, Any]:
    """Return a GeoJSON feature, WGS 84 to six decimals (0.1 m), with a code for its id.

    Examples
    --------
    >>> feature({"n": 3}, shapely.Point(113.30000049, 40.09))["geometry"]
    {'type': 'Point', 'coordinates': [113.3, 40.09]}
    """
    shape = json.loads(shapely.to_geojson(shapely.transform(geometry, lambda xy: xy.round(_DECIMALS))))
    named = {} if code is None else {"id": code}
    return {"type": "Feature", **named, "properties": dict(properties), "geometry": shape}


def geojson_file(head: Mapping[str, Any], features: Sequence[Mapping[str, Any]]) -> bytes:
    """Return features as a GeoJSON collection with more members of its own.

    Examples
    --------
    >>> geojson_file({"name": "cells"}, [])
    b'{"type":"FeatureCollection","name":"cells","features":[]}'
    """
    whole = {"type": "FeatureCollection", **head, "features": features}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
