"""Use cases around what the ledger sums up to: figures, the three lists, files of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from geogrid.errors import QueryError
from geogrid.ledger.export import write_lists
from geogrid.ledger.three_lists import SYNTHETIC, ListName, Names, make_list
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Layer
from geogrid.model.figures import Rate
from geogrid.store import ledger as table
from geogrid.store.generations import generation_at
from geogrid.store.layers import area_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from geogrid.constants import Language
    from geogrid.ledger.export import LedgerFormat
    from geogrid.ledger.query import LedgerFilter
    from geogrid.ledger.three_lists import ListTable
    from geogrid.model import Actor, Category, LedgerEntry
    from geogrid.rules.ledger import LedgerRules
    from geogrid.store.database import Store

#: One file holds so many rows at most.
MAX_ROWS: Final = 50_000
_INSTANT: Final = timedelta(microseconds=1)
_NAMED: Final = (Layer.STREET, Layer.COMMUNITY, Layer.VILLAGE)


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """The figures of some entries.

    Attributes
    ----------
    found
        How many problems were found.
    rectified
        How many of them are put right, struck off or not, and their share.
    struck_off
        How many are struck off.
    overdue
        How many are past their term and not put right.
    synthetic
        How many are made up.
    """

    found: int
    rectified: Rate
    struck_off: int
    overdue: int
    synthetic: int


@dataclass(frozen=True, slots=True)
class LedgerBreakdown:
    """The figures of a choice of entries: all of them, and by the codes of streets and categories, and departments."""

    total: LedgerFigures
    by_street: dict[str | None, LedgerFigures]
    by_department: dict[str | None, LedgerFigures]
    by_category: dict[str | None, LedgerFigures]


def count_ledger(store: Store, actor: Actor, chosen: LedgerFilter, *, now: datetime | None = None) -> LedgerBreakdown:
    """Count the entries that a filter chooses, from the rows; all figures are of one moment."""
    now, chosen = now or datetime.now(UTC), replace(chosen, bounds=actor.bounds)
    with store.read() as connection:
        total = _figures(table.count_entries(connection, chosen, now))[None]
        street, department, category = (
            _figures(table.count_entries(connection, chosen, now, by))
            for by in ("street_code", "department", "category")
        )
    return LedgerBreakdown(total, street, department, category)


def build_lists(
    store: Store,
    actor: Actor,
    rules: LedgerRules,
    categories: Mapping[str, Category],
    chosen: LedgerFilter,
    wanted: Sequence[ListName],
    language: Language,
) -> list[ListTable]:
    """Return lists of the entries that a filter chooses.

    Parameters
    ----------
    store, rules, categories
        The house.
    actor
        Who asks; entries outside of the actor's bounds are left out.
    chosen, wanted, language
        Which entries, which lists, and in what language their headers are.

    Raises
    ------
    QueryError
        If there are more than `MAX_ROWS` entries.
    """
    with store.read() as connection:
        entries = table.page_entries(connection, replace(chosen, bounds=actor.bounds), after=0, limit=MAX_ROWS + 1)
        names = Names(language, rules, categories, _area_names(connection))
    if len(entries) > MAX_ROWS:
        raise QueryError(
            f"These are more than {MAX_ROWS:,} entries.", code="too_many", remedy="Choose an area, a round or a period."
        )
    notes = _notes(chosen, entries, names)
    return [make_list(name, entries, names, notes) for name in wanted]


def export_lists(
    store: Store,
    actor: Actor,
    rules: LedgerRules,
    categories: Mapping[str, Category],
    chosen: LedgerFilter,
    wanted: ListName | None,
    form: LedgerFormat,
    language: Language,
) -> bytes:
    """Return a file of the lists; without a wanted one, of all three where the format holds them, else of problems."""
    some = (wanted,) if wanted else tuple(ListName) if form.holds_many else (ListName.PROBLEMS,)
    return write_lists(build_lists(store, actor, rules, categories, chosen, some, language), form)


def _figures(counts: Mapping[str | None, table.LedgerCounts]) -> dict[str | None, LedgerFigures]:
    return {
        key: LedgerFigures(
            found.found, Rate(found.rectified, found.found), found.struck_off, found.overdue, found.synthetic
        )
        for key, found in counts.items()
    }


def _area_names(connection: Connection) -> dict[str, str]:
    return area_names(connection, generation_at(connection), _NAMED)


def _notes(chosen: LedgerFilter, entries: Sequence[LedgerEntry], names: Names) -> list[str]:
    """Return of what the lists are: period, area, round, source, and whether any of it is made up."""
    found = [entry.problem.found_at for entry in entries]
    last = chosen.until - _INSTANT if chosen.until else max(found, default=None)
    days = [
        f"{day.astimezone(LOCAL_ZONE):%Y-%m-%d}" if day else ""
        for day in (chosen.since or min(found, default=None), last)
    ]
    notes = [names.of("时段：{} 至 {}", "Period: {} to {}").format(*days)]
    if chosen.area is not None:
        area = names.areas.get(chosen.area, chosen.area)
        notes.append(names.of(f"范围：{area}", f"Area: {area}"))
    rounds = ", ".join(dict.fromkeys(entry.round for entry in entries))
    notes.append(names.of(f"轮次：{rounds}", f"Rounds: {rounds}"))
    notes.append(
        names.of(f"来源：geogrid 点位台账，{len(entries):,} 条", f"Source: ledger of geogrid, {len(entries):,} entries")
    )
    if made_up := sum(entry.problem.synthetic for entry in entries):
        notes.append(f"{SYNTHETIC}: {made_up:,} / {len(entries):,}")
    return notes
