"""Tests of snapshots of closed months: frozen figures, restated figures, history."""

from datetime import date

import pytest
from sqlalchemy import select

from geogrid.errors import NotFoundError
from geogrid.incidents.query import IncidentQuery
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.local_time import day_span
from geogrid.model import CONSOLE, Actor, Bounds, Role
from geogrid.rules.formulas import load_formulas
from geogrid.services.figure_tables import ComparisonPeriod, TableGrouping, build_figure_table
from geogrid.services.incident_steps import take_step
from geogrid.services.layer_generations import load_locator
from geogrid.services.period_snapshots import ROW_KINDS, list_month_snapshots
from geogrid.services.reporting_periods import close_period
from geogrid.store.tables import incidents

pytestmark = pytest.mark.both_databases

FORMULAS, RULES = load_formulas(), load_rules()
FEBRUARY = (date(2022, 2, 1), date(2022, 2, 28))
MARCH = (date(2022, 3, 1), date(2022, 3, 31))
SUPERVISOR = Actor("user:9", "supervisor", frozenset({Role.SUPERVISOR}))


def table_of(store, days=MARCH, by=None, compare=(), **filters):
    return build_figure_table(store, FORMULAS, IncidentQuery(**filters), days, by=by, compare=compare)


def close(store, day=MARCH[1], *, commit=True):
    return close_period(store, FORMULAS, CONSOLE, day, commit=commit)


def in_time(row):
    return next(figure.rate for figure in row.figures if figure.code == "in_time_rate")


def void_late(store, count):
    """Reopen and void closed incidents of March that were handled late; return their streets."""
    columns, (since, until) = incidents.c, day_span(*MARCH)
    late = (columns.status == "closed", columns.handled_at > columns.due_at)
    query = select(columns.id, columns.street_code).where(*late, columns.due_at >= since, columns.due_at < until)
    with store.read() as connection:
        rows = connection.execute(query.order_by(columns.id).limit(count)).all()
    locator = load_locator(store)
    for row in rows:
        for action in ("reopen", "void"):
            take_step(store, locator, RULES, SUPERVISOR, row.id, StepRequest(action, note="误报"))
    assert len(rows) == count
    return [row.street_code for row in rows]


@pytest.mark.full_demo
def test_closed_month_keeps_its_rates_and_tells_restated_ones(store):
    before = table_of(store, by=TableGrouping.STREET)
    assert not before.is_official
    done = close(store)
    assert [snapshot.month for snapshot in done.snapshots] == ["2022-01", "2022-02", "2022-03"]
    same = table_of(store, by=TableGrouping.STREET)
    assert same.is_official
    assert same.restated_at is None
    assert [(row.counts, row.figures, row.recomputed) for row in (same.total, *same.rows)] == [
        (row.counts, row.figures, None) for row in (before.total, *before.rows)
    ]
    street = void_late(store, 10)[0]
    after = table_of(store, by=TableGrouping.STREET)
    assert in_time(after.total) == in_time(before.total)
    old, new = in_time(after.total), in_time(after.total.recomputed)
    assert (new.numerator, new.denominator) == (old.numerator, old.denominator - 10)
    assert after.restated_at > after.snapshots[0].snapshot.made_at
    rows = {row.key: row for row in after.rows}
    assert rows[street].recomputed.counts["overdue"] < rows[street].counts["overdue"]
    assert any(row.recomputed is None for row in after.rows), "streets without a change say so"
    # The page of one street is official too: its total, and its communities.
    alone = table_of(store, by=TableGrouping.COMMUNITY, street=street)
    assert (alone.total.counts, alone.total.recomputed.counts) == (
        rows[street].counts,
        rows[street].recomputed.counts,
    )
    assert all(row.from_snapshot for row in alone.rows)
    assert sum(row.counts["received"] for row in alone.rows) == alone.total.counts["received"]


def test_all_kinds_of_rows_are_frozen(store):
    before = {kind: table_of(store, by=TableGrouping(kind.value)) for kind in ROW_KINDS}
    close(store)
    void_late(store, 1)
    for kind, table in before.items():
        after = table_of(store, by=TableGrouping(kind.value))
        assert [(row.key, row.counts) for row in after.rows] == [(row.key, row.counts) for row in table.rows], kind
        changed = [row for row in after.rows if row.recomputed]
        assert len(changed) == 1, kind


def test_rows_by_month_and_sums_of_months_are_official(store):
    before = table_of(store, (date(2022, 1, 1), MARCH[1])).total
    close(store)
    void_late(store, 2)
    assert table_of(store, (date(2022, 1, 1), MARCH[1])).total.counts == before.counts
    half = table_of(store, (date(2022, 1, 1), date(2022, 6, 30)), by=TableGrouping.MONTH)
    assert [row.from_snapshot for row in half.rows] == [True, True, True, False, False, False]
    assert [bool(row.recomputed) for row in half.rows] == [False, False, True, False, False, False]
    assert not half.total.from_snapshot
    april = table_of(store, (date(2022, 4, 1), date(2022, 4, 30)), compare=[ComparisonPeriod.BEFORE]).total
    march = april.compared[ComparisonPeriod.BEFORE]
    assert march.from_snapshot
    assert march.counts["overdue"] == march.recomputed.counts["overdue"] + 2


def test_selections_without_snapshot_are_counted_now(store):
    close(store)
    for filters in ({"category": "Z06"}, {"within": Bounds(areas=("140213050",))}):
        table = table_of(store, **filters)
        assert not table.is_official
        assert [note.official for note in table.snapshots] == [True], "the table says that the month is closed"
    assert not table_of(store, (MARCH[0], date(2022, 3, 30))).is_official


def test_reopened_month_keeps_its_snapshot_as_history(store):
    close(store)
    first = table_of(store).total.counts
    assert not close(store).snapshots, "a month that is closed already is not frozen again"
    close(store, FEBRUARY[1])
    reopened = table_of(store)
    assert not reopened.is_official
    assert [note.official for note in reopened.snapshots] == [False]
    void_late(store, 3)
    again = close(store).snapshots
    assert [snapshot.month for snapshot in again] == ["2022-03"]
    notes = list_month_snapshots(store, "2022-03")
    assert [note.official for note in notes] == [True, False]
    assert notes[0].snapshot.made_at > notes[1].snapshot.made_at
    now = table_of(store)
    assert now.total.recomputed is None
    assert now.total.counts["overdue"] == first["overdue"] - 3
    assert [note.official for note in list_month_snapshots(store, "2022-02")] == [True]
    with pytest.raises(NotFoundError):
        list_month_snapshots(store, "2022-04")


def test_dry_run_shows_the_snapshots_and_stores_none(store):
    assert len(close(store, commit=False).snapshots) == 3
    assert not table_of(store).snapshots


def test_frozen_rates_keep_the_formulas_of_the_closing(store):
    """A later file may define a rate in another way, and have other rates."""
    close(store)
    in_time_rate = FORMULAS.rates["in_time_rate"]
    changed = in_time_rate.model_copy(update={"numerator": "due_handled"})
    added = in_time_rate.model_copy(update={"code": "added"})
    formulas = FORMULAS.model_copy(update={"version": "2", "rates": {"added": added, "in_time_rate": changed}})
    row = build_figure_table(store, formulas, IncidentQuery(), MARCH).total
    old = build_figure_table(store, FORMULAS, IncidentQuery(), MARCH).total
    assert in_time(row) == in_time(old) != in_time(row.recomputed)
    assert [figure.code for figure in row.figures] == ["added", "in_time_rate"]
    assert row.figures[0].rate.value is None
