"""Layers as vector tiles in one PMTiles archive.

GDAL cuts a layer into tiles. Of several layers it writes several archives; since a vector tile is a list of layers, the
tiles of one address are simply put behind each other.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import tempfile
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geogrid.errors import LayerError
from geogrid.layers.export.gdal_writers import write_table
from geogrid.layers.export.pmtiles import Tile, archive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.layers.export.checked_layer import LayerTable

#: From the whole district on one tile to single buildings; maps magnify the last level further.
ZOOMS: Final = (8, 14)
#: Steps of a tile's side: 0.149 m in Web Mercator at the last level, which is 0.114 m on the ground at 40° north.
EXTENT: Final = 16_384
# GDAL coarsens a tile that is larger than this. No tile is to lose a vertex.
_TILE_BYTES: Final = 100_000_000
_TILE_FEATURES: Final = 1_000_000


def write_tiles(path: Path, tables: Sequence[LayerTable]) -> tuple[str, ...]:
    """Write all layers as one archive; returns notes.

    Raises
    ------
    LayerError
        If all layers are empty.
    """
    drawn = [table for table in tables if len(table.shapes)]
    if not drawn:
        raise LayerError(
            "All layers are empty, and tiles hold nothing else.", code="layer_empty", remedy="Export a GeoPackage."
        )
    notes = tuple(f"{table.name}: The layer is empty and left out." for table in tables if not len(table.shapes))
    tiles: defaultdict[Tile, bytes] = defaultdict(bytes)
    layers: list[Any] = []
    for table in drawn:
        notes += _cut(table, tiles, layers)
    packed = {tile: gzip.compress(content, mtime=0) for tile, content in tiles.items()}
    bounds = shapely.total_bounds(np.concatenate([table.shapes for table in drawn])).tolist()
    path.write_bytes(archive(packed, _metadata(drawn, layers), bounds, ZOOMS))
    return notes


def _metadata(tables: Sequence[LayerTable], layers: list[Any]) -> dict[str, Any]:
    notice = "; ".join(dict.fromkeys(table.notice for table in tables))
    return {
        "name": tables[0].name if len(tables) == 1 else "geogrid",
        "description": notice,
        "attribution": notice,
        "type": "overlay",
        "vector_layers": layers,
    }


def _cut(table: LayerTable, tiles: defaultdict[Tile, bytes], layers: list[Any]) -> tuple[str, ...]:
    """Cut a layer into tiles, put each behind what stands at its address, and describe the layer."""
    options = {
        "MINZOOM": str(ZOOMS[0]),
        "MAXZOOM": str(ZOOMS[1]),
        "EXTENT": str(EXTENT),
        "MAX_SIZE": str(_TILE_BYTES),
        "MAX_FEATURES": str(_TILE_FEATURES),
    }
    with tempfile.TemporaryDirectory(prefix="geogrid-") as name:
        cut = Path(name, "layer.mbtiles")
        notes = write_table(cut, "MBTiles", table, "EPSG:4326", dataset_options=options)
        with closing(sqlite3.connect(cut)) as database:
            for zoom, x, row, data in database.execute(
                "SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles"
            ):
                # Rows are counted from the south there.
                tiles[Tile(zoom, x, (1 << zoom) - 1 - row)] += gzip.decompress(data)
            (described,) = database.execute("SELECT value FROM metadata WHERE name = 'json'").fetchone()
    layers += json.loads(described)["vector_layers"]
    return notes
