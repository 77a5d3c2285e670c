"""Files of incident columns, which a service maps into memory when it starts.

A file is a cache: `read_column_file` refuses a file that is damaged or of another version. It contains no more than
`Columns` does, so no names and no texts of reports.

::

    "geogrid columns 1"  and a line feed: file type and version
    SHA-256              32 bytes, of everything after it
    length               8 bytes, length of the JSON
    JSON                 label of the caller; number of rows; type, offset and values of each column
    arrays               each at a multiple of 64 bytes, with zeros for new rows at the end
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

from geogrid.errors import FileError
from geogrid.stats.coded_column import NONE, Coded
from geogrid.stats.growing_columns import GrowingColumns, arrays_by_name, roomy
from geogrid.stats.incident_arrays import Columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_MAGIC: Final = b"geogrid columns 1\n"
_DIGEST: Final = 32
_LENGTH: Final = 8
_START: Final = len(_MAGIC) + _DIGEST + _LENGTH
_ALIGNMENT: Final = 64
_MAX_HEAD: Final = 1 << 28
_PARTIAL: Final = ".part"


@dataclass(frozen=True, slots=True)
class ColumnFile:
    """The content of a file: the label that the writer gave it, and the columns, mapped into memory."""

    label: dict[str, Any]
    columns: GrowingColumns


def write_column_file(path: Path, columns: Columns, label: Mapping[str, Any]) -> None:
    """Write columns to a file, atomically; only its owner can read it.

    Parameters
    ----------
    path
        The file.
    columns
        The columns.
    label
        A JSON object that says of which data the columns are.

    Raises
    ------
    OSError
        If the folder is missing, not writable or full.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=_PARTIAL)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(file, columns, label)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_column_file(path: Path) -> ColumnFile:
    """Return the content of a file. New rows and changes are written to the memory of this process only.

    Raises
    ------
    OSError
        If the file is missing or not readable.
    FileError
        If the file is damaged or of another version.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise _file_error()
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    if hashlib.sha256(mapped[_START - _LENGTH :]).digest() != mapped[len(_MAGIC) : _START - _LENGTH]:
        raise _file_error()
    end = _START + int.from_bytes(mapped[_START - _LENGTH : _START], "little")
    try:
        head = json.loads(bytes(mapped[_START:end]))
        return ColumnFile(head["label"], _decode(mapped[end:], head["rows"], head["columns"]))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _file_error() from error  # the hash is right, but the layout is of another program


def read_label(path: Path) -> dict[str, Any] | None:
    """Return the label of a file without checking the file, or None if it has none."""
    try:
        with path.open("rb") as file:
            start = file.read(_START)
            length = int.from_bytes(start[-_LENGTH:], "little")
            if len(start) < _START or not start.startswith(_MAGIC) or length > _MAX_HEAD:
                return None
            return dict(json.loads(file.read(length))["label"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def _file_error() -> FileError:
    return FileError(
        "The file of incident columns is damaged or of another version.",
        code="column_file",
        remedy="Remove the file; it will be rebuilt.",
    )


def _write(file: IO[bytes], columns: Columns, label: Mapping[str, Any]) -> None:
    arrays, rows = arrays_by_name(columns), len(columns.number)
    entries, offset = {}, 0
    for name, array in arrays.items():
        values = getattr(columns, name).values if isinstance(getattr(columns, name), Coded) else None
        entries[name] = {"type": array.dtype.str, "offset": offset, "values": values}
        offset += _aligned(roomy(rows) * array.itemsize)
    text = json.dumps({"label": label, "rows": rows, "columns": entries}).encode()
    text += b" " * (_aligned(_START + len(text)) - _START - len(text))
    digest = hashlib.sha256()
    file.write(_MAGIC + bytes(_DIGEST))
    for part in (len(text).to_bytes(_LENGTH, "little"), text, *_padded(arrays, roomy(rows))):
        digest.update(part)
        file.write(part)
    file.seek(len(_MAGIC))
    file.write(digest.digest())


def _padded(arrays: Mapping[str, NDArray[Any]], rows: int) -> list[memoryview | bytes]:
    """Return the bytes of each array, and the zeros after it."""
    parts: list[memoryview | bytes] = []
    for array in arrays.values():
        content = np.ascontiguousarray(array).view(np.uint8).data
        parts += [content, bytes(_aligned(rows * array.itemsize) - len(content))]
    return parts


def _aligned(length: int) -> int:
    return length + -length % _ALIGNMENT


def _decode(arrays: memoryview, rows: int, entries: Mapping[str, Any]) -> GrowingColumns:
    """Return the columns of a file.

    Raises
    ------
    ValueError
        If a column does not fit to the others.
    """
    buffers = {
        field.name: np.frombuffer(arrays, entry["type"], roomy(rows), entry["offset"])
        for field in fields(Columns)
        if (entry := entries[field.name])
    }
    columns: dict[str, Any] = {
        name: buffer[:rows]
        if entries[name]["values"] is None
        else _decode_coded(buffer[:rows], tuple(entries[name]["values"]))
        for name, buffer in buffers.items()
    }
    return GrowingColumns(Columns(**columns), buffers)


def _decode_coded(index: NDArray[Any], values: tuple[Any, ...]) -> Coded[Any]:
    if index.min(initial=NONE) < NONE or index.max(initial=NONE) >= len(values):
        raise ValueError("An index has no value.")
    return Coded(values, index)
