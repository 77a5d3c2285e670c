"""Queries on sites and inspection rounds with the counts of their ledger entries."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from geogrid.ledger.ledger_filter import LedgerFilter, SiteState
from geogrid.store.ledger import LedgerCounts, count_columns, entry_conditions, site_conditions
from geogrid.store.ledger_tables import inspection_sites, ledger, round_sites
from geogrid.store.sites import SITE_COLUMNS, site_from_row

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Subquery

    from geogrid.ledger.ledger_filter import SiteFilter
    from geogrid.model import Bounds, Site

_COUNTS = [field.name for field in fields(LedgerCounts)]


@dataclass(frozen=True, slots=True)
class CountedSite:
    """A site, the number of rounds that contain it, and the counts of its entries."""

    site: Site
    rounds: int
    counts: LedgerCounts

    @property
    def id(self) -> int:
        """Id of the site."""
        return self.site.id


@dataclass(frozen=True, slots=True)
class RoundSites:
    """The number of sites of a round, and of those with an entry in it."""

    planned: int
    with_problems: int


def page_site_counts(
    connection: Connection, filters: SiteFilter, now: datetime, *, after: int, limit: int
) -> list[CountedSite]:
    """Return at most `limit` sites with an id above `after`, in the order of their ids."""
    counts = _count_by_site(filters, now)
    rounds = select(func.count()).where(round_sites.c.site == inspection_sites.c.id).scalar_subquery()
    columns: list[Any] = [*SITE_COLUMNS, rounds.label("rounds"), *_labelled(counts)]
    query = select(*columns).outerjoin(counts, counts.c.site == inspection_sites.c.id)
    query = query.where(inspection_sites.c.id > after, *_conditions(filters, counts))
    query = query.order_by(inspection_sites.c.id).limit(limit)
    return [_from_row(row) for row in connection.execute(query)]


def count_sites(connection: Connection, filters: SiteFilter, now: datetime) -> int:
    """Return the number of sites of a filter."""
    counts = _count_by_site(filters, now)
    query = select(func.count()).select_from(inspection_sites)
    query = query.outerjoin(counts, counts.c.site == inspection_sites.c.id).where(*_conditions(filters, counts))
    return connection.execute(query).scalar_one()


def list_site_kinds(connection: Connection, bounds: Bounds) -> list[str]:
    """Return the kinds of the sites within bounds, sorted."""
    query = select(inspection_sites.c.kind).where(*site_conditions(None, bounds)).distinct()
    return list(connection.execute(query.order_by(inspection_sites.c.kind)).scalars())


def count_sites_of_rounds(connection: Connection, bounds: Bounds) -> dict[int, RoundSites]:
    """Return the number of sites of each round within bounds, by the id of the round."""
    planned = select(round_sites.c.round, func.count()).join(
        inspection_sites, inspection_sites.c.id == round_sites.c.site
    )
    planned = planned.where(*site_conditions(None, bounds)).group_by(round_sites.c.round)
    problems = select(ledger.c.round, func.count(ledger.c.site.distinct()))
    problems = problems.where(*entry_conditions(LedgerFilter(bounds=bounds))).group_by(ledger.c.round)
    found = {row[0]: row[1] for row in connection.execute(problems)}
    return {row[0]: RoundSites(row[1], found.get(row[0], 0)) for row in connection.execute(planned)}


def _count_by_site(filters: SiteFilter, now: datetime) -> Subquery:
    """Return the counts of the entries within bounds by site, of the round of the filter or of all rounds."""
    conditions = entry_conditions(LedgerFilter(round=filters.round, bounds=filters.bounds))
    return select(ledger.c.site, *count_columns(now)).where(*conditions).group_by(ledger.c.site).subquery()


def _from_row(row: Row[Any]) -> CountedSite:
    counts = LedgerCounts(*(getattr(row, f"n_{name}") for name in _COUNTS))
    return CountedSite(site_from_row(row), row.rounds, counts)


def _labelled(counts: Subquery) -> list[ColumnElement[int]]:
    # A site has a column synthetic, too.
    return [func.coalesce(counts.c[name], 0).label(f"n_{name}") for name in _COUNTS]


def _conditions(filters: SiteFilter, counts: Subquery) -> list[ColumnElement[bool]]:
    conditions = site_conditions(filters.area, filters.bounds)
    if filters.kind is not None:
        conditions.append(inspection_sites.c.kind == filters.kind)
    if filters.round is not None:
        members = select(round_sites.c.site).where(round_sites.c.round == filters.round)
        conditions.append(inspection_sites.c.id.in_(members))
    if filters.state is SiteState.CLEAR:
        conditions.append(counts.c.found.is_(None))
    elif filters.state is SiteState.OPEN:
        conditions.append(counts.c.rectified < counts.c.found)
    elif filters.state is SiteState.RECTIFIED:
        conditions.append(counts.c.rectified == counts.c.found)
    return conditions
