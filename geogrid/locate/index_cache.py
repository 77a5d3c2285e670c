"""Cache of raster indexes in files, which the worker processes of a service map into memory and share.

The name of a file is a hash of its layers. `open_index` rebuilds a file that is damaged or of another version.

::

    "geogrid raster 2"   and a line feed: file type and version
    SHA-256              32 bytes, of everything after it
    length               8 bytes, length of the JSON
    JSON                 hash of the layers; scalars, fields, lengths and positions of the arrays of each raster
    arrays               each at a multiple of 64 bytes
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import tempfile
import time
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geogrid.errors import FileError
from geogrid.locate.polygon_edges import MaskField
from geogrid.locate.raster import RECORD, Raster
from geogrid.locate.raster_index import RasterIndex, build_rasters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.locate.tree_index import LayerIndex

_MAGIC: Final = b"geogrid raster 2\n"
_DIGEST: Final = 32
_LENGTH: Final = 8
_START: Final = len(_MAGIC) + _DIGEST + _LENGTH
_ALIGNMENT: Final = 64
_SCALARS: Final = ("west", "south", "per_lon", "per_lat", "side")
_ARRAYS: Final = {"cells": np.dtype("<i4"), "records": RECORD.newbyteorder("<"), "members": np.dtype("<i4")}
_SUFFIX: Final = ".raster"
#: Number of files to keep: a service uses a few generations at a time.
_MAX_FILES: Final = 8
_PARTIAL: Final = ".part"
#: Age in seconds after which a partial file is considered left by a killed process.
_ABANDONED_S: Final = 3_600


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
        _remove_oldest(directory)
        _remove_abandoned(directory)
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
    body = _encode(hash_layers(layers), rasters)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=_PARTIAL)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + hashlib.sha256(body).digest())
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


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
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise _file_error()
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if hashlib.sha256(mapped[_START - _LENGTH :]).digest() != mapped[len(_MAGIC) : _START - _LENGTH]:
        raise _file_error()
    end = _START + int.from_bytes(mapped[_START - _LENGTH : _START], "little")
    try:
        head = json.loads(bytes(mapped[_START:end]))
        rasters = [_decode_raster(mapped[end:], entry) for entry in head["rasters"]]
        valid = head["layers"] == hash_layers(layers) and all(_is_valid(raster) for raster in rasters)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _file_error() from error  # the hash is right, but the layout is of another program
    if not valid:
        raise _file_error()
    return rasters


def _file_error() -> FileError:
    return FileError(
        "The raster file is damaged, of another version or of other layers.",
        code="raster_file",
        remedy="Remove the file; it will be rebuilt.",
    )


def _encode(name: str, rasters: Sequence[Raster]) -> bytes:
    """Return the content of a file after the hash: length of the JSON, JSON, arrays."""
    arrays = bytearray()
    entries = []
    for raster in rasters:
        location = {}
        for array_name, kind in _ARRAYS.items():
            array = getattr(raster, array_name)
            arrays += bytes(-len(arrays) % _ALIGNMENT)
            location[array_name] = {"count": len(array), "offset": len(arrays)}
            arrays += array.astype(kind, copy=False).tobytes()
        numbers = {number: getattr(raster, number) for number in _SCALARS}
        fields = [astuple(field) for field in raster.fields]
        entries.append({"numbers": numbers, "fields": fields, "arrays": location})
    text = json.dumps({"layers": name, "rasters": entries}).encode()
    text += b" " * (-(_START + len(text)) % _ALIGNMENT)
    return len(text).to_bytes(_LENGTH, "little") + text + arrays


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


def _remove_oldest(directory: Path) -> None:
    files = sorted(directory.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)
    for path in files[:-_MAX_FILES]:
        path.unlink(missing_ok=True)


def _remove_abandoned(directory: Path) -> None:
    for path in directory.glob(f"*{_SUFFIX}*{_PARTIAL}"):
        if path.stat().st_mtime < time.time() - _ABANDONED_S:
            path.unlink(missing_ok=True)
