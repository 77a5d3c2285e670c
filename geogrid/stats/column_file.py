"""Files of incident columns, which a service maps into memory when it starts.

A file is a cache: `read_column_file` refuses a file that is damaged or of another version. It contains no more than
`Columns` does, so no names and no texts of reports. The format is that of `geogrid.array_file`. The JSON contains the
label of the caller, the number of rows, and the type, position and values of each column. Zeros for new rows follow
each array.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geogrid.array_file import align, read_array_file, read_head, write_array_file
from geogrid.errors import FileError
from geogrid.stats.coded_column import NONE, Coded
from geogrid.stats.growing_columns import GrowingColumns, arrays_by_name, roomy
from geogrid.stats.incident_arrays import Columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_MAGIC: Final = b"geogrid columns 1\n"


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
    arrays, rows = arrays_by_name(columns), len(columns.number)
    entries, offset = {}, 0
    for name, array in arrays.items():
        values = getattr(columns, name).values if isinstance(getattr(columns, name), Coded) else None
        entries[name] = {"type": array.dtype.str, "offset": offset, "values": values}
        offset += align(roomy(rows) * array.itemsize)
    head = {"label": label, "rows": rows, "columns": entries}
    write_array_file(path, _MAGIC, head, _pad(arrays, roomy(rows)))


def read_column_file(path: Path) -> ColumnFile:
    """Return the content of a file. New rows and changes are written to the memory of this process only.

    Raises
    ------
    OSError
        If the file is missing or not readable.
    FileError
        If the file is damaged or of another version.
    """
    try:
        file = read_array_file(path, _MAGIC, access=mmap.ACCESS_COPY)
        return ColumnFile(file.head["label"], _decode(file.arrays, file.head["rows"], file.head["columns"]))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _file_error() from error  # damaged, or the layout is of another program


def read_label(path: Path) -> dict[str, Any] | None:
    """Return the label of a file without checking the file, or None if it has none."""
    try:
        return dict(read_head(path, _MAGIC)["label"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _file_error() -> FileError:
    return FileError(
        "The file of incident columns is damaged or of another version.",
        code="column_file",
        remedy="Remove the file; it will be rebuilt.",
    )


def _pad(arrays: Mapping[str, NDArray[Any]], rows: int) -> Iterator[memoryview | bytes]:
    """Yield the bytes of each array, and the zeros after it."""
    for array in arrays.values():
        content = np.ascontiguousarray(array).view(np.uint8).data
        yield content
        yield bytes(align(rows * array.itemsize) - len(content))


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
