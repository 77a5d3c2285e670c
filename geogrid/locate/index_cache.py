"""Rasters in a file, which every worker of a service maps into its memory: built once, held once.

The file is a cache. Its name says which layers it was built from, so that other layers never find it; a file that is
damaged, of another version or not ours is refused, and `open_index` builds it anew.

::

    "geogrid raster 1"   and a line feed: what the file is, and its version
    SHA-256              32 bytes, of all that follows
    length               8 bytes, of the JSON
    JSON                 the name of the layers; of each raster the numbers, the fields, and where its arrays lie
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
from geogrid.locate.edges import MaskField
from geogrid.locate.raster import Raster
from geogrid.locate.raster_index import RasterIndex, build_rasters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.locate.index import LayerIndex

_MAGIC: Final = b"geogrid raster 1\n"
_DIGEST: Final = 32
_LENGTH: Final = 8
_START: Final = len(_MAGIC) + _DIGEST + _LENGTH
_ALIGNMENT: Final = 64
_NUMBERS: Final = ("west", "south", "per_lon", "per_lat", "side")
_ARRAYS: Final = ("cells", "base", "starts", "listed", "edges", "masks", "members")
_SUFFIX: Final = ".raster"
#: A service answers from a few generations at a time; files of older ones are removed.
_KEPT: Final = 8
_PART: Final = ".part"
#: Nobody writes so long: a part that is older was left by a process that was killed.
_ABANDONED_S: Final = 3_600


def open_index(directory: Path, layers: Sequence[LayerIndex]) -> RasterIndex:
    """Return the index of some layers, from its file in a folder if it is there, and put there otherwise.

    Where the folder cannot be written to, the index is built and not kept.

    Parameters
    ----------
    directory
        Where the files are; it is made if it is missing. Whoever may write to it decides what is answered.
    layers
        The layers.

    Raises
    ------
    LayerError
        If a layer holds something else than polygons, or a coordinate that is not finite.
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
    """Return a name for some layers that no others have: it follows every code and every coordinate.

    Examples
    --------
    >>> from geogrid.locate.index import LayerIndex
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
    """Write the rasters of some layers to a file, whole or not at all.

    Raises
    ------
    OSError
        If the folder is missing or cannot be written to, or is full.
    """
    body = _body(hash_layers(layers), rasters)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=_PART)
    part = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(_MAGIC + hashlib.sha256(body).digest())
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_rasters(path: Path, layers: Sequence[LayerIndex]) -> list[Raster]:
    """Map the rasters of a file that `write_rasters` wrote.

    Parameters
    ----------
    path
        The file.
    layers
        The layers that it was built from.

    Raises
    ------
    OSError
        If it is missing or cannot be read.
    FileError
        If it is damaged, of another version, not ours, or not of these layers.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise _refusal()
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if hashlib.sha256(mapped[_START - _LENGTH :]).digest() != mapped[len(_MAGIC) : _START - _LENGTH]:
        raise _refusal()
    end = _START + int.from_bytes(mapped[_START - _LENGTH : _START], "little")
    try:
        head = json.loads(bytes(mapped[_START:end]))
        rasters = [_raster(mapped[end:], entry) for entry in head["rasters"]]
        sound = head["layers"] == hash_layers(layers) and all(_is_sound(raster) for raster in rasters)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _refusal() from error  # whole, but written by a program that laid it out in another way
    if not sound:
        raise _refusal()
    return rasters


def _refusal() -> FileError:
    return FileError(
        "The raster file is damaged, of another version or of other layers.",
        code="raster_file",
        remedy="Remove it; it is built anew.",
    )


def _body(name: str, rasters: Sequence[Raster]) -> bytes:
    """Return the length of the JSON, the JSON and the arrays."""
    arrays = bytearray()
    entries = []
    for raster in rasters:
        where = {}
        for array_name in _ARRAYS:
            array = np.ascontiguousarray(getattr(raster, array_name))
            arrays += bytes(-len(arrays) % _ALIGNMENT)
            where[array_name] = {"type": array.dtype.str, "shape": array.shape, "offset": len(arrays)}
            arrays += array.tobytes()
        numbers = {number: getattr(raster, number) for number in _NUMBERS}
        fields = [astuple(field) for field in raster.fields]
        entries.append({"numbers": numbers, "fields": fields, "arrays": where})
    text = json.dumps({"layers": name, "rasters": entries}).encode()
    text += b" " * (-(_START + len(text)) % _ALIGNMENT)
    return len(text).to_bytes(_LENGTH, "little") + text + arrays


def _raster(arrays: memoryview, entry: dict[str, Any]) -> Raster:
    return Raster(
        **entry["numbers"],
        **{name: _array(arrays, entry["arrays"][name]) for name in _ARRAYS},
        fields=tuple(MaskField(*field) for field in entry["fields"]),
    )


def _array(arrays: memoryview, where: dict[str, Any]) -> Any:  # noqa: ANN401 - of whichever type the entry says
    count = int(np.prod(where["shape"]))
    return np.frombuffer(arrays, where["type"], count, where["offset"]).reshape(where["shape"])


def _is_sound(raster: Raster) -> bool:
    """Return whether the arrays fit each other: compiled code follows them without looking."""
    starts, listed = raster.starts, raster.listed
    return bool(
        raster.cells.shape == (raster.side**2,)
        and raster.cells.min() >= -len(raster.base)
        and starts.shape == (len(raster.base) + 1,)
        and (starts[0], starts[-1]) == (0, len(listed))
        and (np.diff(starts) > 0).all()
        and listed.min(initial=0) >= 0
        and listed.max(initial=-1) < len(raster.masks)
        and raster.edges.shape == (len(raster.masks), 4)
        and len(raster.members) == sum(field.count for field in raster.fields)
    )


def _remove_oldest(directory: Path) -> None:
    files = sorted(directory.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)
    for path in files[:-_KEPT]:
        path.unlink(missing_ok=True)


def _remove_abandoned(directory: Path) -> None:
    for path in directory.glob(f"*{_SUFFIX}*{_PART}"):
        if path.stat().st_mtime < time.time() - _ABANDONED_S:
            path.unlink(missing_ok=True)
