"""Which entries of the ledger are meant: one filter for pages, lists, figures and exports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geogrid.model import Bounds

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.model import EntryState


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """What an entry must be; None leaves a question open.

    Attributes
    ----------
    area
        The code of a street, a community, a village or a grid.
    round
        The number of an inspection round.
    since, until
        Found at or after `since` and before `until`.
    category, department, state
        One value each.
    overdue_at
        Was to be put right before this moment, and is not.
    bounds
        How far who asks may look.
    """

    area: str | None = None
    round: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    category: str | None = None
    department: str | None = None
    state: EntryState | None = None
    overdue_at: datetime | None = None
    bounds: Bounds = field(default_factory=Bounds)
