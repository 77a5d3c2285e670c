"""Inspected sites and the rounds they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from geogrid.errors import NotFoundError
from geogrid.model import Point, Round, Site, SitePlace
from geogrid.store.ledger_tables import inspection_sites, round_sites, rounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Row

    from geogrid.model import SiteDraft

_Placed = tuple["SiteDraft", SitePlace]
SITE_COLUMNS = [column for column in inspection_sites.c if column.name != "geometry"]


def add_round(connection: Connection, name: str, first: date, last: date, *, synthetic: bool) -> Round:
    """Insert a round."""
    values = {"name": name, "first": first, "last": last, "synthetic": synthetic}
    return _round(connection.execute(insert(rounds).values(values).returning(rounds)).one())


def find_round(connection: Connection, name: str) -> Round | None:
    """Return the round of a name, or None."""
    row = connection.execute(select(rounds).where(rounds.c.name == name)).first()
    return _round(row) if row else None


def list_rounds(connection: Connection) -> list[tuple[Round, int]]:
    """Return all rounds with the numbers of their sites, the newest first."""
    count = select(func.count()).where(round_sites.c.round == rounds.c.id).scalar_subquery()
    query = select(rounds, count.label("sites")).order_by(rounds.c.first.desc(), rounds.c.id.desc())
    return [(_round(row), row.sites) for row in connection.execute(query)]


def read_known_sites(connection: Connection) -> dict[str, tuple[int, bytes]]:
    """Return the number and the present details of each site by its code; the details only to be compared."""
    return {row.code: (row.id, _details(row.name, row.kind, row.geometry)) for row in _all(connection)}


def encode_details(draft: SiteDraft) -> bytes:
    """Return what of a site may change, to be compared with `read_known_sites`."""
    return _details(draft.name, draft.kind, draft.shape)


def add_sites(connection: Connection, placed: Sequence[_Placed]) -> list[int]:
    """Insert sites and return their numbers in the order given."""
    if not placed:
        return []
    statement = insert(inspection_sites).returning(inspection_sites.c.id, sort_by_parameter_order=True)
    return list(connection.execute(statement, [_row(*one) for one in placed]).scalars())


def update_sites(connection: Connection, placed: Mapping[int, _Placed]) -> None:
    """Write sites over those of the same numbers."""
    if placed:
        statement = update(inspection_sites).where(inspection_sites.c.id == bindparam("known"))
        connection.execute(statement, [{"known": number, **_row(*one)} for number, one in placed.items()])


def add_sites_to_round(connection: Connection, number: int, sites: Iterable[int]) -> None:
    """Let sites belong to a round; those that do already stay."""
    there = set(connection.execute(select(round_sites.c.site).where(round_sites.c.round == number)).scalars())
    rows = [{"round": number, "site": site} for site in dict.fromkeys(sites) if site not in there]
    if rows:
        connection.execute(insert(round_sites), rows)


def page_sites(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], *, after: int, limit: int, of_round: int | None
) -> list[Site]:
    """Return sites in the order of their numbers, from just after one."""
    query = select(*SITE_COLUMNS).where(inspection_sites.c.id > after, *conditions)
    if of_round is not None:
        members = select(round_sites.c.site).where(round_sites.c.round == of_round)
        query = query.where(inspection_sites.c.id.in_(members))
    return [site_from_row(row) for row in connection.execute(query.order_by(inspection_sites.c.id).limit(limit))]


def get_site_in_round(connection: Connection, site: int, number: int) -> Site:
    """Return a site of a round.

    Raises
    ------
    NotFoundError
        If the round has none of that number.
    """
    query = select(*SITE_COLUMNS).join(round_sites, round_sites.c.site == inspection_sites.c.id)
    row = connection.execute(query.where(round_sites.c.site == site, round_sites.c.round == number)).first()
    if row is None:
        raise NotFoundError("The round has no site of this number.", code="site_unknown", field="site")
    return site_from_row(row)


def site_from_row(row: Row[Any]) -> Site:
    """Return the site of a row of `SITE_COLUMNS`."""
    place = SitePlace(Point(row.lon, row.lat), row.generation, row.street_code, row.community_code, row.grid_code)
    return Site(row.id, row.code, row.name, row.kind, place, row.synthetic)


def _all(connection: Connection) -> Iterable[Row[Any]]:
    found = inspection_sites.c
    return connection.execute(select(found.id, found.code, found.name, found.kind, found.geometry))


def _details(name: str, kind: str, shape: Any) -> bytes:  # noqa: ANN401 - a shape of shapely
    return b"\0".join((name.encode(), kind.encode(), bytes(shape.wkb)))


def _row(draft: SiteDraft, place: SitePlace) -> dict[str, Any]:
    return {
        "code": draft.code,
        "name": draft.name,
        "kind": draft.kind,
        "geometry": draft.shape,
        "synthetic": draft.synthetic,
        "lon": place.wgs84.lon,
        "lat": place.wgs84.lat,
        "generation": place.generation,
        "street_code": place.street_code,
        "community_code": place.community_code,
        "grid_code": place.grid_code,
    }


def _round(row: Row[Any]) -> Round:
    return Round(row.id, row.name, row.first, row.last, row.synthetic)
