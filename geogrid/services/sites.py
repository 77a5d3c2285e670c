"""Use cases around inspected sites and inspection rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.errors import ConflictError, NotFoundError
from geogrid.incidents.grid_assignment import assign_points
from geogrid.local_time import day_span
from geogrid.model import Round, Site, SitePlace
from geogrid.services.pages import IdPage, check_limit, cut_page
from geogrid.store import sites as table
from geogrid.store.ledger import site_conditions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from geogrid.ledger.site_files import SiteList
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, SiteDraft
    from geogrid.store.database import Store
    from geogrid.tabular.table_rows import Refusal


@dataclass(frozen=True, slots=True)
class SiteImport:
    """What became of a list of sites.

    Attributes
    ----------
    rows, added, changed, unchanged
        How many there are, are new, are known with other details, and are known as they are.
    outside
        How many lie outside the district; they are kept, with no grid.
    refused
        The rows that cannot be kept, each with its reason.
    committed
        Whether all this has been stored.
    """

    rows: int
    added: int
    changed: int
    unchanged: int
    outside: int
    refused: list[Refusal]
    committed: bool


def import_sites(
    store: Store, locator: Locator, found: SiteList, name: str, first: date, last: date, *, commit: bool
) -> SiteImport:
    """Take in the sites of a round, all in one transaction; a site is known by its code, and nothing is deleted.

    Parameters
    ----------
    store, locator
        The house.
    found
        From `geogrid.ledger.site_files.read_sites`.
    name, first, last
        The round; one that is there gets these sites besides.
    commit
        False only reports what would happen.

    Raises
    ------
    QueryError
        If the round ends before it begins.
    ConflictError
        If a round of this name has other days.
    """
    day_span(first, last)
    drafts = found.drafts
    places = place_sites(drafts, locator)
    with store.write() if commit else store.read() as connection:
        kept = table.find_round(connection, name)
        if kept and (kept.first, kept.last) != (first, last):
            raise ConflictError(
                f"The round of this name is from {kept.first} to {kept.last}.", code="round_days", field="round"
            )
        known = table.known_sites(connection)
        fresh = [row for row, draft in enumerate(drafts) if draft.code not in known]
        changed = [
            row
            for row, draft in enumerate(drafts)
            if draft.code in known and known[draft.code][1] != table.details(draft)
        ]
        if commit:
            number = kept or table.add_round(connection, name, first, last, synthetic=False)
            table.add_sites(connection, [(drafts[row], places[row]) for row in fresh])
            table.update_sites(connection, {known[drafts[row].code][0]: (drafts[row], places[row]) for row in changed})
            numbers = table.known_sites(connection)
            table.join_round(connection, number.id, [numbers[draft.code][0] for draft in drafts])
    return SiteImport(
        rows=len(drafts) + len(found.refused),
        added=len(fresh),
        changed=len(changed),
        unchanged=len(drafts) - len(fresh) - len(changed),
        outside=sum(place.grid_code is None for place in places),
        refused=found.refused,
        committed=commit,
    )


def place_sites(drafts: Sequence[SiteDraft], locator: Locator) -> list[SitePlace]:
    """Return where sites lie; an area by a point inside it."""
    points = shapely.point_on_surface(np.array([draft.shape for draft in drafts], dtype=object))
    placements = assign_points(shapely.get_x(points), shapely.get_y(points), locator)
    return [
        SitePlace(
            wgs84=placement.wgs84,
            generation=placement.generation,
            street_code=placement.street_code,
            community_code=placement.community_code,
            grid_code=placement.dedicated_code or placement.base_code,
        )
        for placement in placements
    ]


def list_sites(
    store: Store,
    actor: Actor,
    *,
    area: str | None = None,
    of_round: int | None = None,
    after: int = 0,
    limit: int = 100,
) -> IdPage[Site]:
    """Return a page of the sites within an actor's bounds, in the order in which they were first brought.

    Raises
    ------
    QueryError
        If the limit or the area makes no sense.
    """
    check_limit(limit)
    conditions = site_conditions(area, actor.bounds)
    with store.read() as connection:
        found = table.page_sites(connection, conditions, after=after, limit=limit + 1, of_round=of_round)
    return cut_page(found, limit)


def list_rounds(store: Store) -> list[tuple[Round, int]]:
    """Return all rounds with the numbers of their sites, the newest first."""
    with store.read() as connection:
        return table.list_rounds(connection)


def round_number(store: Store, name: str) -> int:
    """Return the number of the round of a name.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    with store.read() as connection:
        found = table.find_round(connection, name)
    if found is None:
        raise NotFoundError(
            "There is no inspection round of this name.",
            code="round_unknown",
            field="round",
            remedy="See: geogrid sites rounds.",
        )
    return found.id
