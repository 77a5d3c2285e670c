"""Cache of raster indexes in files, which the worker processes of a service map into memory and share.

The name of a file is a hash of its layers. `open_index` rebuilds a file that is damaged or of another version. The
format is that of `geogrid.array_file`. The JSON contains the hash of the layers, and for each raster the scalars, the
fields, and the lengths and positions of the arrays.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geogrid.array_file import align, read_array_file, remove_old_files, write_array_file
from geogrid.errors import FileError
from geogrid.locate.polygon_edges import MaskField
from geogrid.locate.raster import RECORD, Raster
from geogrid.locate.raster_index import RasterIndex, build_rasters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geogrid.locate.tree_index import LayerIndex

_MAGIC: Final = b"geogrid raster 2\n"
_SCALARS: Final = ("west", "south", "per_lon", "per_lat", "side")
_ARRAYS: Final = {"cells": np.dtype("<i4"), "records": RECORD.newbyteorder("<"), "members": np.dtype("<i4")}
_SUFFIX: Final = ".raster"
#: Number of files to keep: a service uses a few generations at a time.
_MAX_FILES: Final = 8


def open_index(directory: Path, layers: Sequence[LayerIndex]) -> RasterIndex:
    """Return the index of some layers from its file in a folder; create the file if it is missing.

    If the folder is not writable, the index is built in memory.

    Parameters
    ----------
    directory
        Folder of the files, created if missing. It must be trusted: a forged file changes results.
    layers
        The layers.

    Raises
    ------
    LayerError
        If a geometry is not a polygon, or a coordinate is not finite.
    """
    path = directory / f"{hash_layers(layers)}{_SUFFIX}"
    try:
        return RasterIndex(layers, rasters=read_rasters(path, layers))
    except (FileError, OSError):
        rasters = build_rasters(layers)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write_rasters(path, layers, rasters)
        remove_old_files(path, keep=_MAX_FILES)
    except OSError:
        pass
    return RasterIndex(layers, rasters=rasters)


def hash_layers(layers: Sequence[LayerIndex]) -> str:
    """Return a hash of all codes and coordinates of some layers.

    Examples
    --------
    >>> from geogrid.locate.tree_index import LayerIndex
    >>> len(hash_layers([LayerIndex(["a"], [shapely.box(0, 0, 1, 1)])]))
    64
    """
    digest = hashlib.sha256(_MAGIC)
    for layer in layers:
        shapes = shapely.to_wkb(layer.polygons, byte_order=1)
        for part in (len(layer.codes), *layer.codes.tolist(), *shapes.tolist()):
            content = part if isinstance(part, bytes) else str(part).encode()
            digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()


def write_rasters(path: Path, layers: Sequence[LayerIndex], rasters: Sequence[Raster]) -> None:
    """Write the rasters of some layers to a file, atomically.

    Raises
    ------
    OSError
        If the folder is missing, not writable or full.
    """
    parts: list[bytes] = []
    entries, offset = [], 0
    for raster in rasters:
        location = {}
        for name, kind in _ARRAYS.items():
            content = getattr(raster, name).astype(kind, copy=False).tobytes()
            location[name] = {"count": len(getattr(raster, name)), "offset": offset}
            parts.append(content.ljust(align(len(content)), b"\0"))
            offset += len(parts[-1])
        numbers = {number: getattr(raster, number) for number in _SCALARS}
        fields = [astuple(field) for field in raster.fields]
        entries.append({"numbers": numbers, "fields": fields, "arrays": location})
    write_array_file(path, _MAGIC, {"layers": hash_layers(layers), "rasters": entries}, parts)


def read_rasters(path: Path, layers: Sequence[LayerIndex]) -> list[Raster]:
    """Return the rasters of a file, mapped into memory.

    Parameters
    ----------
    path
        The file.
    layers
        The layers of the file.

    Raises
    ------
    OSError
        If the file is missing or not readable.
    FileError
        If the file is damaged, of another version, or of other layers.
    """
    try:
        file = read_array_file(path, _MAGIC)
        rasters = [_decode_raster(file.arrays, entry) for entry in file.head["rasters"]]
        valid = file.head["layers"] == hash_layers(layers) and all(_is_valid(raster) for raster in rasters)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _file_error() from error  # damaged, or the layout is of another program
    if not valid:
        raise _file_error()
    return rasters


def _file_error() -> FileError:
    return FileError(
        "The raster file is damaged, of another version or of other layers.",
        code="raster_file",
        remedy="Remove the file; it will be rebuilt.",
    )


def _decode_raster(arrays: memoryview, entry: dict[str, Any]) -> Raster:
    return Raster(
        **entry["numbers"],
        **{name: _decode_array(arrays, kind, entry["arrays"][name]) for name, kind in _ARRAYS.items()},
        fields=tuple(MaskField(*field) for field in entry["fields"]),
    )


def _decode_array(arrays: memoryview, kind: np.dtype[Any], location: dict[str, int]) -> Any:  # noqa: ANN401
    return np.frombuffer(arrays, kind, location["count"], location["offset"])


def _is_valid(raster: Raster) -> bool:
    """Return whether all offsets are within bounds; compiled code does not check them."""
    return bool(
        raster.cells.shape == (raster.side**2,)
        and raster.cells.min() >= -len(raster.records)
        and (not len(raster.records) or raster.records["mask"][-1] < 0)
        and len(raster.members) == sum(field.count for field in raster.fields)
    )
