"""The filter of ledger entries, shared by pages, lists, figures and exports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geogrid.model import Bounds

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.model import EntryState


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Filter of ledger entries. ``None`` disables a filter.

    Attributes
    ----------
    area
        Code of a street, community, village or grid.
    round
        Id of an inspection round.
    since, until
        Found at or after `since` and before `until`.
    rectified
        Whether the problem is rectified, struck off or not.
    past_due_at
        Due before this time and not rectified.
    bounds
        Bounds of the user.
    """

    area: str | None = None
    round: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    category: str | None = None
    department: str | None = None
    state: EntryState | None = None
    rectified: bool | None = None
    past_due_at: datetime | None = None
    bounds: Bounds = field(default_factory=Bounds)
