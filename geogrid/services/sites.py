"""Inspected sites and inspection rounds: import, list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.errors import ConflictError, NotFoundError
from geogrid.incidents.grid_assignment import assign_points
from geogrid.local_time import day_span
from geogrid.model import SitePlace
from geogrid.services.pagination import MAX_PAGE, check_limit, cut_page
from geogrid.store import sites as table
from geogrid.store.filter_values import check_area
from geogrid.store.ledger import site_conditions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from geogrid.ledger.site_file_reader import SiteList
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Round, Site, SiteDraft
    from geogrid.services.pagination import Page
    from geogrid.store.database import Store
    from geogrid.tabular.row_model import Refusal


@dataclass(frozen=True, slots=True)
class SiteImport:
    """The result of an import of sites.

    Attributes
    ----------
    rows, added, changed, unchanged
        The numbers of rows, and of new, changed and unchanged sites.
    outside
        The number of sites outside the district; they are stored without a grid.
    refused
        The refused rows, each with its reason.
    committed
        Whether the changes were stored.
    """

    rows: int
    added: int
    changed: int
    unchanged: int
    outside: int
    refused: list[Refusal]
    committed: bool


def import_sites(
    store: Store, locator: Locator, site_list: SiteList, round_name: str, first: date, last: date, *, commit: bool
) -> SiteImport:
    """Store the sites of an inspection round in one transaction; the code identifies a site, and no site is deleted.

    Parameters
    ----------
    store, locator
        The database and the active layers.
    site_list
        The sites from `geogrid.ledger.site_file_reader.read_sites`.
    round_name, first, last
        The name and the days of the round; an existing round keeps its other sites.
    commit
        False checks without writing.

    Raises
    ------
    QueryError
        If the last day precedes the first.
    ConflictError
        If the round with this name has other days.
    """
    day_span(first, last)
    drafts = site_list.drafts
    places = locate_sites(drafts, locator)
    with store.write() if commit else store.read() as connection:
        existing_round = table.find_round(connection, round_name)
        if existing_round and (existing_round.first, existing_round.last) != (first, last):
            raise ConflictError(
                f"The round with this name lasts from {existing_round.first} to {existing_round.last}.",
                code="round_days",
                field="round",
            )
        known_sites = table.read_known_sites(connection)
        new = [row for row, draft in enumerate(drafts) if draft.code not in known_sites]
        changed = [
            row
            for row, draft in enumerate(drafts)
            if draft.code in known_sites and known_sites[draft.code][1] != table.encode_details(draft)
        ]
        if commit:
            inspection_round = existing_round or table.add_round(connection, round_name, first, last, synthetic=False)
            table.add_sites(connection, [(drafts[row], places[row]) for row in new])
            table.update_sites(
                connection, {known_sites[drafts[row].code][0]: (drafts[row], places[row]) for row in changed}
            )
            stored_sites = table.read_known_sites(connection)
            table.add_sites_to_round(connection, inspection_round.id, [stored_sites[draft.code][0] for draft in drafts])
    return SiteImport(
        rows=len(drafts) + len(site_list.refused),
        added=len(new),
        changed=len(changed),
        unchanged=len(drafts) - len(new) - len(changed),
        outside=sum(place.grid_code is None for place in places),
        refused=site_list.refused,
        committed=commit,
    )


def locate_sites(drafts: Sequence[SiteDraft], locator: Locator) -> list[SitePlace]:
    """Return the placements of sites; areas are placed by a point inside them."""
    points = shapely.point_on_surface(np.array([draft.shape for draft in drafts], dtype=object))
    placements = assign_points(shapely.get_x(points), shapely.get_y(points), locator)
    return [
        SitePlace(
            wgs84=placement.wgs84,
            generation=placement.generation,
            street_code=placement.street_code,
            community_code=placement.community_code,
            grid_code=placement.responsible_code,
        )
        for placement in placements
    ]


def list_sites(
    store: Store,
    actor: Actor,
    *,
    area: str | None = None,
    round_id: int | None = None,
    after: int = 0,
    limit: int = 100,
) -> Page[Site, int]:
    """Return a page of the sites within the bounds of the actor, in import order.

    Raises
    ------
    QueryError
        If the limit or the area code is not valid.
    """
    check_limit(limit, MAX_PAGE)
    conditions = site_conditions(area, actor.bounds)
    with store.read() as connection:
        check_area(connection, area)
        sites = table.page_sites(connection, conditions, after=after, limit=limit + 1, round_id=round_id)
    return cut_page(sites, limit)


def list_rounds(store: Store) -> list[tuple[Round, int]]:
    """Return all rounds with their site counts, newest first."""
    with store.read() as connection:
        return table.list_rounds(connection)


def get_round_id(store: Store, name: str) -> int:
    """Return the id of the round with a name.

    Raises
    ------
    NotFoundError
        If it does not exist.
    """
    with store.read() as connection:
        inspection_round = table.find_round(connection, name)
    if inspection_round is None:
        raise NotFoundError(
            "No inspection round has this name.",
            code="round_unknown",
            field="round",
            remedy="List them: geogrid sites rounds.",
        )
    return inspection_round.id
