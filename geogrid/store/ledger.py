"""Queries on ledger entries: insert, update, list, count."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, case, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from geogrid.category_tree import category_tree
from geogrid.errors import NotFoundError
from geogrid.model import EntryProgress, EntryState, LedgerEntry, Point, Site, SitePlace, SiteProblem
from geogrid.store.ledger_tables import evidence, inspection_sites, ledger, ledger_numbers, rounds
from geogrid.store.steps import ENTRY_STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Table

    from geogrid.ledger.ledger_filter import LedgerFilter
    from geogrid.model import Bounds, EntryStep

_AREAS = ("street_code", "community_code", "grid_code")
_PROGRESS = [field.name for field in fields(EntryProgress)]
_PROBLEM = [field.name for field in fields(SiteProblem)]
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to insert, with all its steps."""

    number: str
    problem: SiteProblem
    place: SitePlace
    progress: EntryProgress
    steps: tuple[EntryStep, ...]


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """The numbers of found, rectified, struck-off, past-due and synthetic problems."""

    found: int
    rectified: int
    struck_off: int
    past_due: int
    synthetic: int


def reserve_entry_numbers(connection: Connection, year: int, count: int) -> range:
    """Reserve entry numbers of a year; concurrent requests never receive the same number."""
    new_row = _INSERTS[connection.dialect.name](ledger_numbers).values(year=year, last=count)
    query = new_row.on_conflict_do_update(index_elements=["year"], set_={"last": ledger_numbers.c.last + count})
    last: int = connection.execute(query.returning(ledger_numbers.c.last)).scalar_one()
    return range(last - count + 1, last + 1)


def add_entries(connection: Connection, entries: Sequence[NewEntry]) -> list[int]:
    """Insert entries with their steps and return their ids in the same order."""
    if not entries:
        return []
    statement = insert(ledger).returning(ledger.c.id, sort_by_parameter_order=True)
    ids = list(connection.execute(statement, [_to_row(entry) for entry in entries]).scalars())
    ENTRY_STEPS.add(
        connection, ((entry_id, step) for entry_id, entry in zip(ids, entries, strict=True) for step in entry.steps)
    )
    return ids


def apply_entry_step(connection: Connection, entry_id: int, progress: EntryProgress, step: EntryStep) -> bool:
    """Store a step and the state after it; return False if another user has taken a step in the meantime."""
    query = update(ledger).where(ledger.c.id == entry_id, ledger.c.version == step.number - 1)
    if connection.execute(query.values(_progress_row(progress))).rowcount != 1:
        return False
    ENTRY_STEPS.add(connection, [(entry_id, step)])
    return True


def get_entry(connection: Connection, entry_id: int) -> LedgerEntry:
    """Return one entry.

    Raises
    ------
    NotFoundError
        If no entry has this id.
    """
    row = connection.execute(_QUERY.where(ledger.c.id == entry_id)).first()
    if row is None:
        raise NotFoundError("No ledger entry has this id.", code="entry_unknown", field="id")
    return _from_row(row)


def page_entries(connection: Connection, filters: LedgerFilter, *, after: int, limit: int) -> list[LedgerEntry]:
    """Return at most `limit` entries with an id above `after`, in the order of their ids."""
    query = _QUERY.where(ledger.c.id > after, *entry_conditions(filters)).order_by(ledger.c.id).limit(limit)
    return [_from_row(row) for row in connection.execute(query)]


def count_entries(
    connection: Connection, filters: LedgerFilter, now: datetime, by: str | None = None
) -> dict[str | None, LedgerCounts]:
    """Count the entries of a filter by the values of a column; without a column, under the key ``None``."""
    group = ledger.c[by] if by else None
    counts = count_columns(now)
    if group is None:
        row = connection.execute(select(*counts).where(*entry_conditions(filters))).one()
        return {None: LedgerCounts(*list(row))}
    query = select(group, *counts).where(*entry_conditions(filters)).group_by(group).order_by(group)
    return {row[0]: LedgerCounts(*row[1:]) for row in connection.execute(query)}


def count_columns(now: datetime) -> tuple[ColumnElement[int], ...]:
    """Return the aggregates of `LedgerCounts` over rows of the ledger, labelled with its field names."""
    conditions = {
        "rectified": ledger.c.rectified_at.is_not(None),
        "struck_off": ledger.c.struck_off_at.is_not(None),
        "past_due": and_(ledger.c.rectified_at.is_(None), ledger.c.due_at < now),
        "synthetic": ledger.c.synthetic,
    }
    sums = (
        func.coalesce(func.sum(case((condition, 1), else_=0)), 0).label(name) for name, condition in conditions.items()
    )
    return (func.count().label("found"), *sums)


def site_conditions(area: str | None, bounds: Bounds) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for sites in an area and within bounds."""
    return _area_conditions(inspection_sites, area, bounds)


_EVIDENCE = select(func.count()).where(evidence.c.entry == ledger.c.id).scalar_subquery().label("evidence")
_QUERY: Select[Any] = (
    select(
        *ledger.c,
        inspection_sites.c.code.label("site_code"),
        inspection_sites.c.name.label("site_name"),
        inspection_sites.c.kind.label("site_kind"),
        inspection_sites.c.synthetic.label("site_synthetic"),
        inspection_sites.c.lon,
        inspection_sites.c.lat,
        rounds.c.name.label("round_name"),
        _EVIDENCE,
    )
    .join(inspection_sites, inspection_sites.c.id == ledger.c.site)
    .join(rounds, rounds.c.id == ledger.c.round)
)


def entry_conditions(filters: LedgerFilter) -> list[ColumnElement[bool]]:
    """Return the SQL conditions of a filter of entries."""
    conditions: list[ColumnElement[bool]] = [
        ledger.c[name] == value
        for name, value in (
            ("round", filters.round),
            ("department", filters.department),
            ("state", filters.state),
            ("site", filters.site),
        )
        if value is not None
    ]
    if filters.category is not None:
        conditions.append(ledger.c.category.in_(category_tree().expand([filters.category])))
    if filters.since is not None:
        conditions.append(ledger.c.found_at >= filters.since)
    if filters.until is not None:
        conditions.append(ledger.c.found_at < filters.until)
    if filters.rectified is not None:
        conditions.append(ledger.c.rectified_at.is_not(None) if filters.rectified else ledger.c.rectified_at.is_(None))
    if filters.past_due_at is not None:
        conditions += [ledger.c.rectified_at.is_(None), ledger.c.due_at < filters.past_due_at]
    bounds = filters.bounds
    if bounds.categories:
        conditions.append(ledger.c.category.in_(category_tree().expand(bounds.categories)))
    if bounds.departments:
        conditions.append(ledger.c.department.in_(bounds.departments))
    return conditions + _area_conditions(ledger, filters.area, bounds)


def _area_conditions(table: Table, area: str | None, bounds: Bounds) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if area is not None:
        conditions.append(or_(*(table.c[name] == area for name in _AREAS)))
    if bounds.areas:
        conditions.append(or_(*(table.c[name].in_(bounds.areas) for name in _AREAS)))
    return conditions


def _to_row(entry: NewEntry) -> dict[str, Any]:
    place = entry.place
    return {
        "number": entry.number,
        **{name: getattr(entry.problem, name) for name in _PROBLEM},
        "generation": place.generation,
        "street_code": place.street_code,
        "community_code": place.community_code,
        "grid_code": place.grid_code,
        **_progress_row(entry.progress),
    }


def _progress_row(progress: EntryProgress) -> dict[str, Any]:
    return {name: getattr(progress, name) for name in _PROGRESS}


def _from_row(row: Row[Any]) -> LedgerEntry:
    problem = {name: getattr(row, name) for name in _PROBLEM}
    progress = {name: getattr(row, name) for name in _PROGRESS} | {"state": EntryState(row.state)}
    place = SitePlace(Point(row.lon, row.lat), row.generation, row.street_code, row.community_code, row.grid_code)
    site = Site(row.site, row.site_code, row.site_name, row.site_kind, place, row.site_synthetic)
    return LedgerEntry(
        row.id, row.number, SiteProblem(**problem), site, row.round_name, EntryProgress(**progress), row.evidence
    )
