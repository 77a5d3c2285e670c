"""The archive format PMTiles, version 3: one file from which a browser takes single tiles by Range requests.

The specification is at https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md.
"""

from __future__ import annotations

import gzip
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HEADER: Final = struct.Struct("<7sB11Q6B4iB2i")
#: A reader takes so much at once, and finds the header and the root directory in it.
_FIRST_BYTES: Final = 16_384
_CLUSTERED, _GZIP, _MVT = 1, 2, 1
_E7: Final = 10_000_000


class Tile(NamedTuple):
    """The address of a tile: x from the west, y from the north."""

    zoom: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class _Entry:
    tile: int
    offset: int
    length: int
    run: int = 1


def archive(
    tiles: Mapping[Tile, bytes], metadata: Mapping[str, Any], bounds: Sequence[float], zooms: tuple[int, int]
) -> bytes:
    """Pack vector tiles.

    Parameters
    ----------
    tiles
        Gzipped Mapbox Vector Tiles by their addresses.
    metadata
        As JSON; ``vector_layers`` must be in it.
    bounds
        West, south, east, north in WGS 84 degrees.
    zooms
        The first and the last zoom level.
    """
    entries, data = _pack(tiles)
    root, leaves = _directories(entries)
    described = _zipped(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())
    parts = [root, described, leaves, data]
    offsets, at = [], _HEADER.size
    for part in parts:
        offsets.append(at)
        at += len(part)
    places = [number for pair in zip(offsets, map(len, parts), strict=True) for number in pair]
    west, south, east, north = (round(degrees * _E7) for degrees in bounds)
    header = _HEADER.pack(
        b"PMTiles", 3, *places, len(entries), len(entries), len(entries), _CLUSTERED, _GZIP, _GZIP, _MVT, *zooms,
        west, south, east, north, zooms[0], (west + east) // 2, (south + north) // 2,
    )  # fmt: skip
    return b"".join([header, *parts])


def tile_number(tile: Tile) -> int:
    """Return the number of a tile: levels one after the other, each along a Hilbert curve.

    Examples
    --------
    >>> [tile_number(Tile(*address)) for address in [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0)]]
    [0, 1, 2, 3, 4, 5]
    """
    zoom, x, y = tile
    number = ((1 << 2 * zoom) - 1) // 3
    side = 1 << zoom >> 1
    while side:
        right, below = bool(x & side), bool(y & side)
        number += side * side * ((3 * right) ^ below)
        if not below:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        side >>= 1
    return number


def _pack(tiles: Mapping[Tile, bytes]) -> tuple[list[_Entry], bytes]:
    entries: list[_Entry] = []
    data: list[bytes] = []
    at = 0
    for number, content in sorted((tile_number(tile), content) for tile, content in tiles.items()):
        entries.append(_Entry(number, at, len(content)))
        data.append(content)
        at += len(content)
    return entries, b"".join(data)


def _directories(entries: Sequence[_Entry]) -> tuple[bytes, bytes]:
    """Return the root directory and the leaves, of which there are as many as let the root be read at once."""
    root, leaves = _directory(entries), b""
    size = 2048
    while len(root) > _FIRST_BYTES - _HEADER.size:
        size *= 2
        parts = [entries[start : start + size] for start in range(0, len(entries), size)]
        packed = [_directory(part) for part in parts]
        pointers, at = [], 0
        for part, content in zip(parts, packed, strict=True):
            # A run of zero says that a directory stands there, and not a tile.
            pointers.append(_Entry(part[0].tile, at, len(content), run=0))
            at += len(content)
        root, leaves = _directory(pointers), b"".join(packed)
    return root, leaves


def _directory(entries: Sequence[_Entry]) -> bytes:
    numbers = [len(entries)]
    tiles = [entry.tile for entry in entries]
    numbers += [tile - before for before, tile in zip([0, *tiles], tiles, strict=False)]
    numbers += [entry.run for entry in entries]
    numbers += [entry.length for entry in entries]
    end = -1
    for entry in entries:
        # Zero: right behind the one before.
        numbers.append(0 if entry.offset == end else entry.offset + 1)
        end = entry.offset + entry.length
    return _zipped(b"".join(map(_varint, numbers)))


def _varint(number: int) -> bytes:
    data = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        data.append(number & 0x7F | 0x80)
        number >>= 7
    data.append(number)
    return bytes(data)


def _zipped(data: bytes) -> bytes:
    # Without a time, so that the same layers give the same bytes.
    return gzip.compress(data, mtime=0)
