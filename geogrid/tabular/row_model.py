"""Dataclasses of a row of an imported table, and of a row that was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.errors import InputError


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a file, with unconverted values.

    Attributes
    ----------
    number
        The line of a CSV file or row of a sheet, counted from 1 with the header; otherwise the feature or row from 1.
    values
        The values by column name.
    """

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not imported, with the field and the reason."""

    row: int
    field: str | None
    code: str
    reason: str

    @classmethod
    def of(cls, row: int, error: InputError) -> Refusal:
        """Return the refusal of a row with the message and remedy of an error."""
        reason = f"{error.message} {error.remedy}" if error.remedy else error.message
        return cls(row, error.field, error.code, reason)


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    """A row that is no record, such as a note below a list, with the text of its first filled cell."""

    number: int
    text: str
