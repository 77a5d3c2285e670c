"""Sites and inspection rounds with the figures of their entries, on both databases."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from geogrid.ledger.ledger_filter import LedgerFilter, SiteFilter, SiteState
from geogrid.model import CONSOLE, Bounds
from geogrid.services.ledger import list_entries
from geogrid.services.ledger_lists import count_ledger
from geogrid.services.site_figures import list_kinds, list_round_figures, list_site_figures
from geogrid.services.sites import list_sites
from geogrid.store.sites import add_round, add_sites_to_round

NOON = datetime(2022, 6, 1, 4, tzinfo=UTC)
STREET = "140213051"


@pytest.mark.both_databases
def test_figures_of_sites_sum_to_those_of_the_ledger(store):
    page = list_site_figures(store, CONSOLE, SiteFilter(), limit=1_000, now=NOON)
    total = count_ledger(store, CONSOLE, LedgerFilter(), now=NOON).total
    assert (len(page.items), page.total, page.next) == (500, 500, None)
    assert sum(row.figures.found for row in page.items) == total.found == 4_253
    assert sum(row.figures.rectified.numerator for row in page.items) == total.rectified.numerator == 3_853
    assert sum(row.figures.struck_off for row in page.items) == total.struck_off
    assert sum(row.figures.past_due for row in page.items) == total.past_due < 400
    assert {row.rounds for row in page.items} == {1}
    entries = list_entries(store, CONSOLE, LedgerFilter(site=page.items[0].site.id)).items
    assert len(entries) == page.items[0].figures.found > 0


@pytest.mark.both_databases
def test_states_of_sites_divide_them(store):
    everything = list_site_figures(store, CONSOLE, SiteFilter(), limit=1_000).items
    expected = Counter(row.state for row in everything)
    assert set(expected) == set(SiteState)
    for state, n in expected.items():
        found = list_site_figures(store, CONSOLE, SiteFilter(state=state), limit=1_000)
        assert found.total == len(found.items) == n
        assert {row.state for row in found.items} == {state}


@pytest.mark.both_databases
def test_rounds_count_sites_and_entries_within_bounds(store):
    with store.write() as connection:
        empty = add_round(connection, "下一轮", date(2023, 1, 1), date(2023, 1, 31), synthetic=False)
        add_sites_to_round(connection, empty.id, [1, 2, 3])
    planned, first = list_round_figures(store, CONSOLE)
    assert (planned.round.name, planned.sites.planned, planned.sites.with_problems) == ("下一轮", 3, 0)
    assert (planned.figures.found, planned.figures.rectified.value) == (0, None)
    assert (first.sites.planned, first.sites.with_problems) == (500, 487)
    assert (first.figures.found, first.figures.rectified.value) == (4_253, 0.9059)
    rounds = list_site_figures(store, CONSOLE, SiteFilter(round=empty.id), limit=10).items
    assert [(row.site.id, row.rounds, row.figures.found) for row in rounds] == [(1, 2, 0), (2, 2, 0), (3, 2, 0)]
    bounded = replace(CONSOLE, bounds=Bounds(areas=(STREET,)))
    inside = next(row for row in list_round_figures(store, bounded) if row.round.id == first.round.id)
    assert inside.sites.planned == len(list_sites(store, bounded, limit=1_000).items)
    assert inside.figures == count_ledger(store, CONSOLE, LedgerFilter(area=STREET)).total


@pytest.mark.both_databases
def test_sites_are_filtered_and_paged(store):
    assert list_kinds(store, CONSOLE) == sorted(
        ["business_block", "hospital", "institution", "market", "park", "school", "street_point"]
    )
    seen, after = [], 0
    while after is not None:
        page = list_site_figures(store, CONSOLE, SiteFilter(area=STREET, kind="school"), after=after, limit=2)
        seen += page.items
        after = page.next
    assert page.total == len(seen) == len({row.site.id for row in seen}) > 2
    assert all((row.site.kind, row.site.place.street_code) == ("school", STREET) for row in seen)
