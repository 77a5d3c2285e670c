"""Reader of outlines from DXF drawings: closed polylines become polygons, and texts inside them columns.

A drawing names no CRS and has no attributes. Its layers are those of the drawing program.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyogrio
import shapely

from geogrid.errors import FileError
from geogrid.layers.files.gdal_reader import LATIN1, check_markup, decode_columns, read_table
from geogrid.layers.files.geometry_arrays import read_wkb
from geogrid.layers.files.layer_file_content import Driver, LayerFile, choose_layer
from geogrid.model import ShapeKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geogrid.layers.files.geometry_arrays import Shape

_ENTITIES: Final = "entities"
_WKB_POINT: Final = 1
#: Blocks may contain each other, so that a small file could unfold to billions of shapes.
_NO_BLOCKS: Final = {"DXF_INLINE_BLOCKS": "FALSE"}
_RING_VERTICES: Final = 4
#: Start and end of a ring drawn by hand with snapping, in units of the drawing.
_CLOSED: Final = 1e-3


def read(path: Path, layer: str | None) -> LayerFile:
    """Read the closed polylines of one layer of a drawing in a private folder.

    The columns are Layer and EntityHandle, and one for each layer of the drawing with texts inside the polygons.
    """
    check_markup(path)
    pyogrio.set_gdal_config_options(_NO_BLOCKS)
    try:
        table = read_table(path, layer=_ENTITIES, encoding=LATIN1)
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_NO_BLOCKS))
    columns, encoding = decode_columns(table.columns, None)
    shapes = [_as_polygon(data) for data in table.geometries]
    drawn = [str(name) for name in columns["Layer"]]
    found = [number for number, shape in enumerate(shapes) if shape is not None]
    if not found:
        raise FileError(
            "The drawing has no closed polylines.", code="layer_empty", remedy="Close the outlines of the areas."
        )
    chosen = choose_layer(layer, list(dict.fromkeys(drawn[number] for number in found)))
    found = [number for number in found if drawn[number] == chosen]
    outlines = [shape for number in found if (shape := shapes[number]) is not None]
    own = {name: [columns[name][number] for number in found] for name in ("Layer", "EntityHandle")}
    labels = _labels_inside(outlines, table.geometries, columns)
    left = sum(name == chosen for name in drawn) - len(found)
    notes = (f"{left:,} entities of the layer that are not closed polylines are left out.",) if left else ()
    return LayerFile(Driver.DXF, labels | own, outlines, None, encoding, (*table.notes, *notes))


def _as_polygon(data: bytes | None) -> Shape | None:
    """Return a closed line as polygon; None for other entities."""
    shape = read_wkb(data)
    if shape.fault or shape.kind is not ShapeKind.LINE or len(shape.parts) != 1:
        return None
    (line,) = shape.parts[0]
    if len(line) < _RING_VERTICES or np.abs(line[0] - line[-1]).max() > _CLOSED:
        return None
    ring = np.concatenate([line[:-1], line[:1]])
    return replace(shape, kind=ShapeKind.POLYGON, parts=[[ring]])


def _labels_inside(
    outlines: Sequence[Shape], geometries: Sequence[bytes | None], columns: dict[str, list[Any]]
) -> dict[str, list[Any]]:
    """Return the texts inside each outline by the layer of the texts; several are joined by a blank."""
    texts = [number for number, text in enumerate(columns["Text"]) if text and _is_point(geometries[number])]
    points = shapely.from_wkb([geometries[number] for number in texts])
    polygons = np.array([shapely.Polygon(outline.parts[0][0]) for outline in outlines])
    labels: dict[str, list[Any]] = {}
    for area, inside in zip(*shapely.STRtree(points).query(polygons, predicate="contains_properly"), strict=True):
        column = labels.setdefault(str(columns["Layer"][texts[inside]]), [None] * len(outlines))
        column[area] = " ".join(filter(None, (column[area], str(columns["Text"][texts[inside]]))))
    return labels


def _is_point(data: bytes | None) -> bool:
    return data is not None and int.from_bytes(data[1:5], "little") % 1000 == _WKB_POINT
