"""Queries on inspected sites and inspection rounds."""

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

_PlacedSite = tuple["SiteDraft", SitePlace]
SITE_COLUMNS = [column for column in inspection_sites.c if column.name != "geometry"]


def add_round(connection: Connection, name: str, first: date, last: date, *, synthetic: bool) -> Round:
    """Insert a round and return it."""
    values = {"name": name, "first": first, "last": last, "synthetic": synthetic}
    return _round_from_row(connection.execute(insert(rounds).values(values).returning(rounds)).one())


def find_round(connection: Connection, name: str) -> Round | None:
    """Return the round with a name, or None."""
    row = connection.execute(select(rounds).where(rounds.c.name == name)).first()
    return _round_from_row(row) if row else None


def list_rounds(connection: Connection) -> list[tuple[Round, int]]:
    """Return all rounds with their site counts, newest first."""
    count = select(func.count()).where(round_sites.c.round == rounds.c.id).scalar_subquery()
    query = select(rounds, count.label("sites")).order_by(rounds.c.first.desc(), rounds.c.id.desc())
    return [(_round_from_row(row), row.sites) for row in connection.execute(query)]


def read_known_sites(connection: Connection) -> dict[str, tuple[int, bytes]]:
    """Return the id and the encoded details of each site by code; see `encode_details`."""
    return {row.code: (row.id, _encode(row.name, row.kind, row.geometry)) for row in _read_details(connection)}


def encode_details(draft: SiteDraft) -> bytes:
    """Return the changeable details of a site as bytes, for comparison with `read_known_sites`."""
    return _encode(draft.name, draft.kind, draft.shape)


def add_sites(connection: Connection, placed: Sequence[_PlacedSite]) -> list[int]:
    """Insert sites and return their ids in the same order."""
    if not placed:
        return []
    statement = insert(inspection_sites).returning(inspection_sites.c.id, sort_by_parameter_order=True)
    return list(connection.execute(statement, [_to_row(*site) for site in placed]).scalars())


def update_sites(connection: Connection, placed: Mapping[int, _PlacedSite]) -> None:
    """Replace sites, by id."""
    if placed:
        statement = update(inspection_sites).where(inspection_sites.c.id == bindparam("known"))
        connection.execute(statement, [{"known": site_id, **_to_row(*site)} for site_id, site in placed.items()])


def add_sites_to_round(connection: Connection, round_id: int, site_ids: Iterable[int]) -> None:
    """Add sites to a round; existing members stay."""
    existing = set(connection.execute(select(round_sites.c.site).where(round_sites.c.round == round_id)).scalars())
    rows = [{"round": round_id, "site": site_id} for site_id in dict.fromkeys(site_ids) if site_id not in existing]
    if rows:
        connection.execute(insert(round_sites), rows)


def page_sites(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], *, after: int, limit: int, round_id: int | None
) -> list[Site]:
    """Return at most `limit` sites with an id above `after`, in the order of their ids."""
    query = select(*SITE_COLUMNS).where(inspection_sites.c.id > after, *conditions)
    if round_id is not None:
        members = select(round_sites.c.site).where(round_sites.c.round == round_id)
        query = query.where(inspection_sites.c.id.in_(members))
    return [site_from_row(row) for row in connection.execute(query.order_by(inspection_sites.c.id).limit(limit))]


def get_site_in_round(connection: Connection, site_id: int, round_id: int) -> Site:
    """Return a site of a round.

    Raises
    ------
    NotFoundError
        If the round has no site with this id.
    """
    query = select(*SITE_COLUMNS).join(round_sites, round_sites.c.site == inspection_sites.c.id)
    row = connection.execute(query.where(round_sites.c.site == site_id, round_sites.c.round == round_id)).first()
    if row is None:
        raise NotFoundError("The round has no site with this id.", code="site_unknown", field="site")
    return site_from_row(row)


def site_from_row(row: Row[Any]) -> Site:
    """Return the site of a row with `SITE_COLUMNS`."""
    place = SitePlace(Point(row.lon, row.lat), row.generation, row.street_code, row.community_code, row.grid_code)
    return Site(row.id, row.code, row.name, row.kind, place, row.synthetic)


def _read_details(connection: Connection) -> Iterable[Row[Any]]:
    columns = inspection_sites.c
    return connection.execute(select(columns.id, columns.code, columns.name, columns.kind, columns.geometry))


def _encode(name: str, kind: str, shape: Any) -> bytes:  # noqa: ANN401 - shapely has no types
    return b"\0".join((name.encode(), kind.encode(), bytes(shape.wkb)))


def _to_row(draft: SiteDraft, place: SitePlace) -> dict[str, Any]:
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


def _round_from_row(row: Row[Any]) -> Round:
    return Round(row.id, row.name, row.first, row.last, row.synthetic)
