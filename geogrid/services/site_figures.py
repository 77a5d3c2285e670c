"""Inspected sites and inspection rounds with the figures of their ledger entries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.ledger.ledger_filter import LedgerFilter, SiteState
from geogrid.services.ledger_lists import to_figures
from geogrid.services.pagination import check_limit, cut_page
from geogrid.store import ledger
from geogrid.store import site_figures as table
from geogrid.store.filter_values import check_area
from geogrid.store.sites import list_rounds

if TYPE_CHECKING:
    from geogrid.ledger.ledger_filter import SiteFilter
    from geogrid.model import Actor, Round, Site
    from geogrid.services.ledger_lists import LedgerFigures
    from geogrid.store.database import Store
    from geogrid.store.site_figures import RoundSites

_NO_ENTRIES = ledger.LedgerCounts(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class SiteFigures:
    """A site with its figures.

    Attributes
    ----------
    rounds
        Number of rounds that contain the site.
    figures
        Figures of its entries within the bounds of the user.
    """

    site: Site
    rounds: int
    figures: LedgerFigures

    @property
    def state(self) -> SiteState:
        """State of the site by its entries."""
        if not self.figures.found:
            return SiteState.CLEAR
        return SiteState.RECTIFIED if self.figures.rectified.numerator == self.figures.found else SiteState.OPEN


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page of sites, the id after which the next page begins, and the number of sites on all pages."""

    items: list[SiteFigures]
    next: int | None
    total: int


@dataclass(frozen=True, slots=True)
class RoundFigures:
    """A round, its sites and its figures, both within the bounds of the user."""

    round: Round
    sites: RoundSites
    figures: LedgerFigures


def list_site_figures(
    store: Store, actor: Actor, filters: SiteFilter, *, after: int = 0, limit: int = 100, now: datetime | None = None
) -> SitePage:
    """Return a page of the sites within the bounds of the actor, in import order.

    Raises
    ------
    QueryError
        If the limit or the area code is not valid.
    """
    check_limit(limit)
    now, filters = now or datetime.now(UTC), replace(filters, bounds=actor.bounds)
    with store.read() as connection:
        check_area(connection, filters.area)
        found = table.page_site_counts(connection, filters, now, after=after, limit=limit + 1)
        total = table.count_sites(connection, filters, now)
    page = cut_page(found, limit)
    items = [SiteFigures(row.site, row.rounds, to_figures(row.counts)) for row in page.items]
    return SitePage(items, page.next, total)


def list_round_figures(store: Store, actor: Actor, *, now: datetime | None = None) -> list[RoundFigures]:
    """Return all rounds with their sites and figures within the bounds of the actor, newest first."""
    now = now or datetime.now(UTC)
    with store.read() as connection:
        rounds = [row for row, _ in list_rounds(connection)]
        sites = table.count_sites_of_rounds(connection, actor.bounds)
        by_round = {
            int(key): counts
            for key, counts in ledger.count_entries(connection, LedgerFilter(bounds=actor.bounds), now, "round").items()
            if key is not None
        }
    return [
        RoundFigures(row, sites.get(row.id, table.RoundSites(0, 0)), to_figures(by_round.get(row.id, _NO_ENTRIES)))
        for row in rounds
    ]


def list_kinds(store: Store, actor: Actor) -> list[str]:
    """Return the kinds of the sites within the bounds of the actor, sorted."""
    with store.read() as connection:
        return table.list_site_kinds(connection, actor.bounds)
