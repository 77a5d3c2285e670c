"""Layers as vector tiles in one PMTiles archive.

GDAL cuts a layer into tiles. Of several layers it writes several archives; since a vector tile is a list of layers, the
tiles of one address are simply put behind each other.
"""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import tempfile
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from geogrid.errors import LayerError
from geogrid.layers.export.gdal_writers import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.layers.export.layer_table import LayerTable
    from geogrid.model.provenance import Provenance

#: From the whole district on one tile to single buildings; maps magnify the last level further.
ZOOMS: Final = (8, 14)
#: Steps of a tile's side: 0.149 m in Web Mercator at the last level, which is 0.114 m on the ground at 40° north.
EXTENT: Final = 16_384
# GDAL coarsens a tile that is larger than this. No tile is to lose a vertex.
_TILE_BYTES: Final = 100_000_000
_TILE_FEATURES: Final = 1_000_000
_E7: Final = 10_000_000


def write_tiles(path: Path, tables: Sequence[LayerTable], provenance: Provenance | None = None) -> tuple[str, ...]:
    """Write all layers as one PMTiles archive.

    Returns
    -------
    tuple of str
        What the user should know of the tiles, such as a coarser zoom than requested.

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
    tiles: defaultdict[int, bytes] = defaultdict(bytes)
    layers: list[Any] = []
    for table in drawn:
        notes += _cut(table, tiles, layers)
    packed = {number: gzip.compress(content, mtime=0) for number, content in tiles.items()}
    bounds = shapely.total_bounds(np.concatenate([table.shapes for table in drawn])).tolist()
    metadata = _metadata(drawn, layers) | ({"provenance": provenance.as_json()} if provenance else {})
    path.write_bytes(archive(packed, metadata, bounds))
    return notes


def archive(
    tiles: Mapping[int, bytes],
    metadata: Mapping[str, Any],
    bounds: Sequence[float],
    kind: TileType = TileType.MVT,
    compression: Compression = Compression.GZIP,
) -> bytes:
    """Pack tiles into a PMTiles archive; the same tiles give the same bytes.

    Parameters
    ----------
    tiles
        By their numbers, from `pmtiles.tile.zxy_to_tileid`.
    metadata
        Written as JSON; that of vector tiles has ``vector_layers``.
    bounds
        West, south, east, north in WGS 84 degrees.
    kind, compression
        The format of the tiles.
    """
    file = io.BytesIO()
    writer = Writer(file)
    for number in sorted(tiles):
        writer.write_tile(number, tiles[number])
    west, south, east, north = (round(degrees * _E7) for degrees in bounds)
    header = {
        "tile_type": kind,
        "tile_compression": compression,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": ZOOMS[0],
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }
    writer.finalize(header, metadata)
    return file.getvalue()


def _metadata(tables: Sequence[LayerTable], layers: list[Any]) -> dict[str, Any]:
    notice = "; ".join(dict.fromkeys(table.notice for table in tables))
    return {
        "name": tables[0].name if len(tables) == 1 else "geogrid",
        "description": notice,
        "attribution": notice,
        "type": "overlay",
        "vector_layers": layers,
    }


def _cut(table: LayerTable, tiles: defaultdict[int, bytes], layers: list[Any]) -> tuple[str, ...]:
    """Cut a layer into tiles, append each to the data of its tile id, and add the description of the layer."""
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
                tiles[zxy_to_tileid(zoom, x, (1 << zoom) - 1 - row)] += gzip.decompress(data)
            (described,) = database.execute("SELECT value FROM metadata WHERE name = 'json'").fetchone()
    layers += json.loads(described)["vector_layers"]
    return notes
