"""Figures and the three lists of the ledger, and their export."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from geogrid.errors import QueryError
from geogrid.incidents.query_description import describe_bounds
from geogrid.incidents.query_field import KnownValues
from geogrid.ledger.export import write_lists
from geogrid.ledger.three_lists import SYNTHETIC, ListName, Names, filter_list, make_list
from geogrid.local_time import local_zone
from geogrid.model import Layer
from geogrid.model.figures import Rate
from geogrid.model.provenance import Provenance
from geogrid.model.synthetic_share import SyntheticShare
from geogrid.services.pagination import check_limit, cut_page
from geogrid.services.provenance import name_rule_codes
from geogrid.store import ledger as table
from geogrid.store.filter_values import check_area
from geogrid.store.generations import generation_at
from geogrid.store.layers import area_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from geogrid.constants import Language
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.ledger.export import LedgerFormat
    from geogrid.ledger.ledger_filter import LedgerFilter
    from geogrid.ledger.three_lists import ListTable
    from geogrid.model import Actor, Generation, LedgerEntry
    from geogrid.store.database import Store

#: Maximum number of rows in a file.
MAX_ROWS: Final = 50_000
_INSTANT: Final = timedelta(microseconds=1)
_NAMED: Final = (Layer.STREET, Layer.COMMUNITY, Layer.VILLAGE)


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """The figures of ledger entries.

    Attributes
    ----------
    found
        The number of problems.
    rectified
        The number and share of rectified problems, struck off or not.
    struck_off
        The number of problems struck off.
    past_due
        The number of problems past their due time and not rectified.
    synthetic
        The number of synthetic problems.
    """

    found: int
    rectified: Rate
    struck_off: int
    past_due: int
    synthetic: int

    @property
    def share(self) -> SyntheticShare:
        """The numbers of synthetic and real problems."""
        return SyntheticShare.of(self.found, self.synthetic)


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of one of the lists.

    Attributes
    ----------
    table, entries
        The rows of the page as a table, and their entries in the same order.
    next
        Id after which the next page begins; None on the last page.
    figures
        Figures of all entries of the filter, whatever the list.
    names
        Display names of states, categories and areas.
    """

    table: ListTable
    entries: list[LedgerEntry]
    next: int | None
    figures: LedgerFigures
    names: Names


@dataclass(frozen=True, slots=True)
class LedgerBreakdown:
    """The figures of ledger entries in total, by street code, by department and by category code."""

    total: LedgerFigures
    by_street: dict[str | None, LedgerFigures]
    by_department: dict[str | None, LedgerFigures]
    by_category: dict[str | None, LedgerFigures]


def count_ledger(store: Store, actor: Actor, filters: LedgerFilter, *, now: datetime | None = None) -> LedgerBreakdown:
    """Return the figures of ledger entries, from one database snapshot."""
    now, filters = now or datetime.now(UTC), replace(filters, bounds=actor.bounds)
    with store.read() as connection:
        check_area(connection, filters.area)
        total = to_figures(table.count_entries(connection, filters, now)[None])
        street, department, category = (
            _by_group(table.count_entries(connection, filters, now, by))
            for by in ("street_code", "department", "category")
        )
    return LedgerBreakdown(total, street, department, category)


def build_lists(
    store: Store,
    actor: Actor,
    rules: RuleSet,
    filters: LedgerFilter,
    list_names: Sequence[ListName],
    language: Language,
) -> list[ListTable]:
    """Return lists of ledger entries.

    Parameters
    ----------
    store, rules
        The database and the active rules.
    actor
        The user; entries outside the bounds of the actor are excluded.
    filters, list_names, language
        The entries, the lists, and the language of the headers.

    Raises
    ------
    QueryError
        If there are more than `MAX_ROWS` entries.
    """
    return _select(store, actor, rules, filters, list_names, language).tables()


@dataclass(frozen=True, slots=True)
class _LedgerSelection:
    """The entries of each list, and the generation of the area names."""

    entries: dict[ListName, list[LedgerEntry]]
    filters: dict[ListName, LedgerFilter]
    names: Names
    generation: Generation

    def tables(self) -> list[ListTable]:
        return [
            make_list(name, entries, self.names, _build_notes(self.filters[name], entries, self.names))
            for name, entries in self.entries.items()
        ]

    def unique_entries(self) -> list[LedgerEntry]:
        """Return each entry once; an entry may be in all three lists."""
        return list({entry.id: entry for entry in self.all_entries()}.values())

    def all_entries(self) -> list[LedgerEntry]:
        return [entry for entries in self.entries.values() for entry in entries]


def _select(
    store: Store,
    actor: Actor,
    rules: RuleSet,
    filters: LedgerFilter,
    list_names: Sequence[ListName],
    language: Language,
) -> _LedgerSelection:
    filters = replace(filters, bounds=actor.bounds)
    by_list = {name: filter_list(name, filters) for name in list_names}
    with store.read() as connection:
        check_area(connection, filters.area)
        entries = {chosen: _read_all(connection, chosen) for chosen in set(by_list.values())}
        generation = generation_at(connection)
        names = Names(language, rules, area_names(connection, generation, _NAMED))
    return _LedgerSelection({name: entries[chosen] for name, chosen in by_list.items()}, by_list, names, generation)


def read_list_page(
    store: Store,
    actor: Actor,
    rules: RuleSet,
    filters: LedgerFilter,
    list_name: ListName,
    language: Language,
    *,
    after: int = 0,
    limit: int = 100,
) -> ListPage:
    """Return a page of one of the lists, oldest entry first; the parameters are those of `build_lists`.

    Raises
    ------
    QueryError
        If the limit or the area code is not valid.
    """
    check_limit(limit)
    filters = replace(filters, bounds=actor.bounds)
    with store.read() as connection:
        check_area(connection, filters.area)
        found = table.page_entries(connection, filter_list(list_name, filters), after=after, limit=limit + 1)
        figures = to_figures(table.count_entries(connection, filters, datetime.now(UTC))[None])
        names = Names(language, rules, _area_names(connection))
    page = cut_page(found, limit)
    return ListPage(make_list(list_name, page.items, names), page.items, page.next, figures, names)


def read_names(store: Store, rules: RuleSet, language: Language) -> Names:
    """Return the display names of states, categories and areas in a language."""
    with store.read() as connection:
        return Names(language, rules, _area_names(connection))


def export_lists(
    store: Store,
    actor: Actor,
    rules: RuleSet,
    filters: LedgerFilter,
    list_name: ListName | None,
    file_format: LedgerFormat,
    language: Language,
) -> bytes:
    """Return a file with one list; without a list name, with all three lists if the format allows several tables."""
    list_names = (list_name,) if list_name else tuple(ListName) if file_format.holds_many else (ListName.PROBLEMS,)
    selection = _select(store, actor, rules, filters, list_names, language)
    return write_lists(selection.tables(), file_format, _provenance(selection, filters, actor))


def _read_all(connection: Connection, filters: LedgerFilter) -> list[LedgerEntry]:
    entries = table.page_entries(connection, filters, after=0, limit=MAX_ROWS + 1)
    if len(entries) > MAX_ROWS:
        raise QueryError(
            f"There are more than {MAX_ROWS:,} entries.", code="too_many", remedy="Filter by area, round or period."
        )
    return entries


def to_figures(counts: table.LedgerCounts) -> LedgerFigures:
    """Return the figures of counts."""
    return LedgerFigures(
        counts.found, Rate(counts.rectified, counts.found), counts.struck_off, counts.past_due, counts.synthetic
    )


def _by_group(counts: Mapping[str | None, table.LedgerCounts]) -> dict[str | None, LedgerFigures]:
    return {key: to_figures(count) for key, count in counts.items()}


def _area_names(connection: Connection) -> dict[str, str]:
    return area_names(connection, generation_at(connection), _NAMED)


def _provenance(selection: _LedgerSelection, filters: LedgerFilter, actor: Actor) -> Provenance:
    first = filters.since and filters.since.astimezone(local_zone()).date()
    last = filters.until and (filters.until - _INSTANT).astimezone(local_zone()).date()
    return Provenance(
        made_at=datetime.now(UTC),
        synthetic=_share(selection.unique_entries(), grids=selection.generation.synthetic),
        generation=selection.generation,
        days=(first, last),
        filters=tuple(_describe_filters(filters, selection, actor)),
        credit=selection.names.rules.profile.district.credit_label(selection.names.language),
        language=selection.names.language,
    )


def _describe_filters(filters: LedgerFilter, selection: _LedgerSelection, actor: Actor) -> Iterator[str]:
    names = selection.names
    if filters.area is not None:
        yield names.of("范围：", "Area: ") + names.areas.get(filters.area, filters.area)
    if filters.round is not None:
        rounds = dict.fromkeys(entry.round for entry in selection.all_entries())
        yield names.of("轮次：", "Round: ") + (", ".join(rounds) or str(filters.round))
    if filters.category is not None:
        yield names.of("类别：", "Category: ") + names.category(filters.category)
    if filters.department is not None:
        yield names.of("责任部门：", "Department: ") + filters.department
    if filters.state is not None:
        state = names.rules.ledger.states[filters.state]
        yield names.of(f"状态：{state.name}", f"State: {state.name_en}")
    if filters.site is not None:
        sites = dict.fromkeys(entry.site.name for entry in selection.all_entries())
        yield names.of("点位：", "Site: ") + (", ".join(sites) or str(filters.site))
    if filters.past_due_at is not None:
        yield names.of("逾期未整改", "Past due")
    known = name_rule_codes(names.rules, names.language)
    yield from describe_bounds(actor.bounds, known | {KnownValues.STREETS: names.areas}, names.language)


def _build_notes(filters: LedgerFilter, entries: Sequence[LedgerEntry], names: Names) -> list[str]:
    """Return notes on the contents of the lists: period, area, rounds, source, and the share of synthetic entries."""
    times = [entry.problem.found_at for entry in entries]
    last = filters.until - _INSTANT if filters.until else max(times, default=None)
    days = [
        f"{day.astimezone(local_zone()):%Y-%m-%d}" if day else ""
        for day in (filters.since or min(times, default=None), last)
    ]
    notes = [names.of("时段：{} 至 {}", "Period: {} to {}").format(*days)]
    if filters.area is not None:
        area = names.areas.get(filters.area, filters.area)
        notes.append(names.of(f"范围：{area}", f"Area: {area}"))
    rounds = ", ".join(dict.fromkeys(entry.round for entry in entries))
    notes.append(names.of(f"轮次：{rounds}", f"Rounds: {rounds}"))
    notes.append(
        names.of(f"来源：geogrid 点位台账，{len(entries):,} 条", f"Source: ledger of geogrid, {len(entries):,} entries")
    )
    if share := _share(entries):
        notes.append(f"{SYNTHETIC}: {share.synthetic:,} / {len(entries):,}")
    return notes


def _share(entries: Iterable[LedgerEntry], *, grids: bool = False) -> SyntheticShare:
    marks = [entry.problem.synthetic for entry in entries]
    return SyntheticShare.of(len(marks), sum(marks), grids=grids)
