"""Entries of the ledger: written down, taken on, read, counted."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, case, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from geogrid.errors import NotFoundError, QueryError
from geogrid.model import Duty, EntryProgress, EntryState, LedgerEntry, Point, Site, SitePlace, SiteProblem
from geogrid.store.ledger_tables import evidence, inspection_sites, ledger, ledger_numbers, rounds
from geogrid.store.steps import ENTRY_STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Table

    from geogrid.ledger.query import LedgerFilter
    from geogrid.model import Bounds, EntryStep

# Digits of the codes of areas, and the columns that hold them.
_AREAS = {9: "street_code", 12: "community_code", 15: "grid_code"}
_PROGRESS = [field.name for field in fields(EntryProgress)]
_PROBLEM = [field.name for field in fields(SiteProblem)]
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry that is to be written down, with all the steps that it has come by."""

    number: str
    problem: SiteProblem
    place: SitePlace
    progress: EntryProgress
    steps: tuple[EntryStep, ...]


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """How many problems were found, how many of them were put right, struck off, overdue and made up."""

    found: int
    rectified: int
    struck_off: int
    overdue: int
    synthetic: int


def take_numbers(connection: Connection, year: int, count: int) -> range:
    """Return numbers of a year that nobody else is given, even by two who ask at once."""
    first = _INSERTS[connection.dialect.name](ledger_numbers).values(year=year, last=count)
    query = first.on_conflict_do_update(index_elements=["year"], set_={"last": ledger_numbers.c.last + count})
    last: int = connection.execute(query.returning(ledger_numbers.c.last)).scalar_one()
    return range(last - count + 1, last + 1)


def add_entries(connection: Connection, added: Sequence[NewEntry]) -> list[int]:
    """Insert entries with their steps, and return their numbers for programs in the order given."""
    if not added:
        return []
    statement = insert(ledger).returning(ledger.c.id, sort_by_parameter_order=True)
    numbers = list(connection.execute(statement, [_to_row(entry) for entry in added]).scalars())
    ENTRY_STEPS.add(
        connection, ((number, step) for number, entry in zip(numbers, added, strict=True) for step in entry.steps)
    )
    return numbers


def advance_entry(connection: Connection, number: int, progress: EntryProgress, step: EntryStep) -> bool:
    """Take an entry one step on; return False where another has done so meanwhile."""
    query = update(ledger).where(ledger.c.id == number, ledger.c.version == step.number - 1)
    if connection.execute(query.values(_progress_row(progress))).rowcount != 1:
        return False
    ENTRY_STEPS.add(connection, [(number, step)])
    return True


def get_entry(connection: Connection, number: int) -> LedgerEntry:
    """Return one entry.

    Raises
    ------
    NotFoundError
        If there is none of that number.
    """
    row = connection.execute(_QUERY.where(ledger.c.id == number)).first()
    if row is None:
        raise NotFoundError("The ledger has no entry of this number.", code="entry_unknown", field="id")
    return _from_row(row)


def page_entries(connection: Connection, chosen: LedgerFilter, *, after: int, limit: int) -> list[LedgerEntry]:
    """Return at most `limit` entries in the order of their numbers, from just after one."""
    query = _QUERY.where(ledger.c.id > after, *_conditions(chosen)).order_by(ledger.c.id).limit(limit)
    return [_from_row(row) for row in connection.execute(query)]


def count_entries(
    connection: Connection, chosen: LedgerFilter, now: datetime, by: str | None = None
) -> dict[str | None, LedgerCounts]:
    """Count the entries that a filter chooses, from the rows: by a column, or all under None."""
    group = ledger.c[by] if by else None
    late = and_(ledger.c.rectified_at.is_(None), ledger.c.due_at < now)
    counts = (
        func.count(),
        *(
            func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
            for condition in (
                ledger.c.rectified_at.is_not(None),
                ledger.c.struck_off_at.is_not(None),
                late,
                ledger.c.synthetic,
            )
        ),
    )
    if group is None:
        row = connection.execute(select(*counts).where(*_conditions(chosen))).one()
        return {None: LedgerCounts(*row)}
    query = select(group, *counts).where(*_conditions(chosen)).group_by(group).order_by(group)
    return {row[0]: LedgerCounts(*row[1:]) for row in connection.execute(query)}


def site_conditions(area: str | None, bounds: Bounds) -> list[ColumnElement[bool]]:
    """Return what a site must be to lie in an area and within bounds.

    Raises
    ------
    QueryError
        If the code has the length of no area.
    """
    return _places(inspection_sites, area, bounds)


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


def _conditions(chosen: LedgerFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        ledger.c[name] == value
        for name, value in (
            ("round", chosen.round),
            ("category", chosen.category),
            ("department", chosen.department),
            ("state", chosen.state),
        )
        if value is not None
    ]
    if chosen.since is not None:
        found.append(ledger.c.found_at >= chosen.since)
    if chosen.until is not None:
        found.append(ledger.c.found_at < chosen.until)
    if chosen.overdue_at is not None:
        found += [ledger.c.rectified_at.is_(None), ledger.c.due_at < chosen.overdue_at]
    bounds = chosen.bounds
    if bounds.categories:
        found.append(ledger.c.category.in_(bounds.categories))
    if bounds.departments:
        found.append(ledger.c.department.in_(bounds.departments))
    return found + _places(ledger, chosen.area, bounds)


def _places(placed: Table, area: str | None, bounds: Bounds) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if area is not None:
        if len(area) not in _AREAS:
            raise QueryError(
                "The code is none of a street, a community, a village or a grid.",
                code="area",
                field="area",
                remedy="They have 9, 12 and 15 digits.",
            )
        found.append(placed.c[_AREAS[len(area)]] == area)
    if bounds.areas:
        found.append(or_(*(placed.c[name].in_(bounds.areas) for name in _AREAS.values())))
    return found


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
    problem = {name: getattr(row, name) for name in _PROBLEM} | {"duty": Duty(row.duty)}
    progress = {name: getattr(row, name) for name in _PROGRESS} | {"state": EntryState(row.state)}
    place = SitePlace(Point(row.lon, row.lat), row.generation, row.street_code, row.community_code, row.grid_code)
    site = Site(row.site, row.site_code, row.site_name, row.site_kind, place, row.site_synthetic)
    return LedgerEntry(
        row.id, row.number, SiteProblem(**problem), site, row.round_name, EntryProgress(**progress), row.evidence
    )
