"""Columns of incidents that grow: new rows are written after the end of the arrays, where nobody reads yet."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geogrid.stats.coded_column import Coded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geogrid.stats.incident_arrays import Columns

#: Share of free rows at the end of a new array: one in this many rows.
_ROOM: Final = 16
_MIN_ROOM: Final = 1_024


class GrowingColumns:
    """The newest version of some columns. Earlier versions stay valid: rows that they contain are never modified.

    Only the columns that a change concerns are copied, since a copy of all columns takes half a second for ten million
    incidents.

    Parameters
    ----------
    columns
        The first version.
    buffers
        The arrays of the columns by name, with free rows after those of `columns`.
    """

    def __init__(self, columns: Columns, buffers: Mapping[str, NDArray[Any]] | None = None) -> None:
        self.columns = columns
        self._buffers = dict(buffers or arrays_by_name(columns))

    def update(self, rows: Columns) -> None:
        """Insert rows after the last id, and replace the rows whose ids exist."""
        change = _Change(self.columns.number, rows.number)
        updated: dict[str, Any] = {}
        for field in fields(self.columns):
            mine, theirs = getattr(self.columns, field.name), getattr(rows, field.name)
            if isinstance(mine, Coded):
                recoded = theirs.recoded(mine.values)
                updated[field.name] = Coded(recoded.values, self._write(field.name, recoded.index, change))
            else:
                updated[field.name] = self._write(field.name, theirs, change)
        self.columns = replace(self.columns, **updated)

    def _write(self, name: str, values: NDArray[Any], change: _Change) -> NDArray[Any]:
        """Return the column after a change, in the same memory if no earlier version can see the difference."""
        buffer = self._buffers[name]
        replaced = values[change.known]
        kind = np.promote_types(buffer.dtype, values.dtype)
        fits = len(buffer) >= change.total and kind == buffer.dtype
        if not (fits and np.array_equal(buffer[change.places], replaced)):
            buffer = np.empty(roomy(change.total), dtype=kind)
            buffer[: change.before] = self._buffers[name][: change.before]
            buffer[change.places] = replaced
            self._buffers[name] = buffer
        if change.total > change.before:
            buffer[change.before : change.total] = values[~change.known]
        return buffer[: change.total]


class _Change:
    """The rows of an update: `known` marks those that exist, `places` contains their positions."""

    def __init__(self, ids: NDArray[np.int64], changed: NDArray[np.int64]) -> None:
        places = np.searchsorted(ids, changed)
        self.known = places < len(ids)
        self.known[self.known] = ids[places[self.known]] == changed[self.known]
        self.places = places[self.known]
        self.before = len(ids)
        self.total = self.before + int(np.count_nonzero(~self.known))


def arrays_by_name(columns: Columns) -> dict[str, NDArray[Any]]:
    """Return the arrays of columns by name; those of dictionary-encoded columns are their indices."""
    values = {field.name: getattr(columns, field.name) for field in fields(columns)}
    return {name: value.index if isinstance(value, Coded) else value for name, value in values.items()}


def roomy(rows: int) -> int:
    """Return the number of rows of an array with room for new rows.

    Examples
    --------
    >>> roomy(0), roomy(1_000_000)
    (1024, 1062500)
    """
    return rows + max(rows // _ROOM, _MIN_ROOM)
