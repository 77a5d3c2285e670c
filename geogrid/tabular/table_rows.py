"""Rows of a file, and what is said of those that are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as it stands in the file.

    Attributes
    ----------
    number
        The line of a CSV file or the row of a sheet (from 1, the header too); of the others the feature or row, from 1.
    values
        By column.
    """

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken, and why."""

    row: int
    field: str | None
    code: str
    reason: str
