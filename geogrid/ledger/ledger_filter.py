"""The filters of ledger entries and of sites, shared by pages, lists, figures and exports."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
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
    site
        Id of a site.
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
    site: int | None = None
    rectified: bool | None = None
    past_due_at: datetime | None = None
    bounds: Bounds = field(default_factory=Bounds)


class SiteState(StrEnum):
    """State of a site by its ledger entries: problems left, all problems rectified, or no problem found."""

    OPEN = "open"
    RECTIFIED = "rectified"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class SiteFilter:
    """Filter of sites. ``None`` disables a filter.

    Attributes
    ----------
    area
        Code of a street, community, village or grid.
    kind
        Kind of the site as imported.
    state
        State by the entries of the round, or of all rounds.
    round
        Id of an inspection round that contains the site.
    bounds
        Bounds of the user.
    """

    area: str | None = None
    kind: str | None = None
    state: SiteState | None = None
    round: int | None = None
    bounds: Bounds = field(default_factory=Bounds)
