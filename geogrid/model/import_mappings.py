"""Dataclass of a saved mapping of an imported table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """A mapping file (TOML) that is saved by the name of its source.

    Attributes
    ----------
    list
        The imported list, such as incidents or people.
    name
        Name of the source.
    content
        The mapping file.
    saved_at
        Time of saving, in UTC.
    """

    list: str
    name: str
    content: str
    saved_at: datetime
