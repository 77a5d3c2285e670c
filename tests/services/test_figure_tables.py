"""Figures by formulas: the published vector, the demo, and the incidents behind every figure."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from geogrid.errors import ConflictError, QueryError
from geogrid.incidents.query import HourRange, IncidentQuery
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.local_time import LOCAL_ZONE, day_span
from geogrid.model import SYSTEM, Actor, Bounds, IncidentSource, Point, Report, Role
from geogrid.rules.categories import load_categories
from geogrid.rules.formulas import FigureSide, load_formulas
from geogrid.services.figure_tables import By, Earlier, figure_table, list_behind
from geogrid.services.figures import kpi
from geogrid.services.incident_steps import take_step
from geogrid.services.incidents import import_incidents, list_incidents, report_incident
from geogrid.services.layers import load_locator
from geogrid.services.pages import MAX_PAGE
from geogrid.store.tables import incidents
from geogrid.tabular.table_rows import TableRow

pytestmark = pytest.mark.both_databases

FORMULAS, RULES = load_formulas(), load_rules()
HALF_YEAR = (date(2022, 1, 1), date(2022, 6, 30))
DECEMBER = (date(2016, 12, 1), date(2016, 12, 31))
LATER = datetime(2026, 1, 1, tzinfo=UTC)


def rates(row):
    return {figure.code: figure.rate for figure in row.figures}


def trace(store, chosen, code, part, limit=MAX_PAGE, now=LATER):
    """Return the numbers of all incidents behind a part of a figure, page by page."""
    numbers, cursor = [], None
    while True:
        page = list_behind(store, FORMULAS, chosen, code, part, cursor=cursor, limit=limit, now=now)
        numbers += [incident.id for incident in page.items]
        cursor = page.next
        if cursor is None:
            return numbers


def test_the_published_bulletin(store):
    """天门, December 2016: 972 due to be closed, 911 closed, 737 of them in time. The incidents are made up."""
    due = datetime(2016, 12, 6, 10, tzinfo=LOCAL_ZONE)
    closed_at = [due] * 737 + [due + timedelta(days=5)] * (911 - 737) + [None] * (972 - 911)
    rows = [
        {
            "reported_at": "2016-12-05T08:00",
            "category": "Z01",
            "lon": 113.2988,
            "lat": 40.09,
            "due_at": due.isoformat(),
            "handled_at": due.isoformat(),
            "closed_at": moment and moment.isoformat(),
        }
        for moment in closed_at
    ]
    numbered = (TableRow(number, row) for number, row in enumerate(rows, start=2))
    done = import_incidents(store, load_locator(store), RULES, numbered, SYSTEM, datum="wgs84", commit=True)
    assert done.accepted == 972
    found = rates(figure_table(store, FORMULAS, IncidentQuery(), DECEMBER).total)
    assert (found["closing_rate"].numerator, found["closing_rate"].denominator) == (911, 972)
    assert found["closing_rate"].value == 0.9372
    assert (found["closed_in_time_rate"].numerator, found["closed_in_time_rate"].value) == (737, 0.7582)


def test_the_half_year(demo):
    total = figure_table(demo, FORMULAS, IncidentQuery(), HALF_YEAR).total
    found = rates(total)["handled_rate"]
    assert (found.numerator, found.denominator, found.value) == (58_621, 59_369, 0.9874)
    assert total.counts["open"] + total.counts["void"] + total.counts["merged"] == 59_369 - 58_621


def test_streets_differ_in_what_is_late(demo):
    rows = figure_table(demo, FORMULAS, IncidentQuery(), HALF_YEAR, by=By.STREET).rows
    in_time = sorted(rates(row)["in_time_rate"].value for row in rows)
    assert len(in_time) == 18
    assert in_time[0] > 0.75
    assert in_time[-1] > in_time[0] + 0.05


@pytest.mark.parametrize("by", [by for by in By if by is not By.GRID])
def test_rows_add_up_to_the_total(demo, by):
    table = figure_table(demo, FORMULAS, IncidentQuery(street="140213051"), HALF_YEAR, by=by)
    whole = figure_table(demo, FORMULAS, IncidentQuery(street="140213051"), HALF_YEAR).total
    assert table.total == whole
    for code in FORMULAS.counts:
        assert sum(row.counts[code] for row in table.rows) == whole.counts[code], code


def test_by_grid_a_dedicated_grid_counts_beside_the_base_grid(demo):
    table = figure_table(demo, FORMULAS, IncidentQuery(street="140213051"), HALF_YEAR, by=By.GRID)
    for row in table.rows[:3] + table.rows[-3:]:
        alone = figure_table(demo, FORMULAS, IncidentQuery(grid=row.key), HALF_YEAR).total
        assert row.counts == alone.counts
    assert sum(row.counts["received"] for row in table.rows) > table.total.counts["received"]


def test_a_day_ends_at_midnight_of_the_district(demo):
    days = figure_table(demo, FORMULAS, IncidentQuery(), HALF_YEAR, by=By.DAY).rows
    assert {row.key for row in days if row.counts["received"]} >= {"2022-01-01", "2022-06-30"}
    for row in days[40:43]:
        day = date.fromisoformat(row.key)
        assert row.counts == figure_table(demo, FORMULAS, IncidentQuery(), (day, day)).total.counts
    weeks = figure_table(demo, FORMULAS, IncidentQuery(), HALF_YEAR, by=By.WEEK).rows
    assert all(date.fromisoformat(row.key).weekday() == 0 for row in weeks)
    months = figure_table(demo, FORMULAS, IncidentQuery(), HALF_YEAR, by=By.MONTH).rows
    assert [row.key for row in months] == [f"2022-0{month}" for month in range(1, 7)]


@pytest.mark.parametrize(
    ("weekday", "hours"),
    [(5, HourRange(18, 22)), (7, None), (None, HourRange(22, 5)), (1, HourRange(0, 0)), (None, HourRange(5, 5))],
)
def test_days_of_the_week_and_hours_are_those_of_the_district(demo, weekday, hours):
    with demo.read() as connection:
        moments = connection.execute(select(incidents.c.reported_at).where(incidents.c.category == "Z02")).scalars()
        local = [moment.astimezone(LOCAL_ZONE) for moment in moments]
    if weekday:
        local = [moment for moment in local if moment.isoweekday() == weekday]
    if hours:
        length = (hours.last - hours.first) % 24
        local = [moment for moment in local if (moment.hour - hours.first) % 24 <= length]
    chosen = IncidentQuery(category="Z02", weekday=weekday, hours=hours)
    assert kpi(demo, chosen).received == len(local) > 0


def test_a_month_is_compared_with_the_month_before_and_the_year_before(demo):
    march, february = (date(2022, 3, 1), date(2022, 3, 31)), (date(2022, 2, 1), date(2022, 2, 28))
    table = figure_table(demo, FORMULAS, IncidentQuery(), march, by=By.STREET, compare=list(Earlier))
    assert table.periods == {Earlier.BEFORE: february, Earlier.YEAR: (date(2021, 3, 1), date(2021, 3, 31))}
    before = figure_table(demo, FORMULAS, IncidentQuery(), february, by=By.STREET)
    assert table.total.compared[Earlier.BEFORE].counts == before.total.counts
    for row, then in zip(table.rows, before.rows, strict=True):
        assert (row.key, row.compared[Earlier.BEFORE].counts) == (then.key, then.counts)
    assert table.total.compared[Earlier.YEAR].counts["received"] == 0


@pytest.mark.parametrize(
    ("days", "by", "code"),
    [
        ((date(2022, 1, 1), None), None, "compare_period"),
        (HALF_YEAR, By.MONTH, "compare_by"),
        (HALF_YEAR[::-1], None, "period"),
    ],
)
def test_a_comparison_needs_a_period(demo, days, by, code):
    with pytest.raises(QueryError) as caught:
        figure_table(demo, FORMULAS, IncidentQuery(), days, by=by, compare=[Earlier.BEFORE])
    assert caught.value.code == code


@given(
    street=st.sampled_from(["140213051", "140213058", "140213064", "140213067"]),
    category=st.none() | st.sampled_from(sorted(load_categories())),
    source=st.none() | st.sampled_from(IncidentSource),
    first=st.integers(0, 150),
    length=st.integers(0, 40),
    now=st.datetimes(datetime(2022, 1, 1), datetime(2022, 8, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - zoned
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_figure_is_its_incidents(demo, street, category, source, first, length, now):
    days = HALF_YEAR[0] + timedelta(first), HALF_YEAR[0] + timedelta(first + length)
    since, until = day_span(*days)
    chosen = IncidentQuery(since=since, until=until, street=street, category=category, source=source)
    total = figure_table(demo, FORMULAS, chosen, days, now=now).total
    for code, number in total.counts.items():
        assert len(trace(demo, chosen, code, FigureSide.NUMERATOR, now=now)) == number, code
    for figure in total.figures:
        behind = {part: trace(demo, chosen, figure.code, part, limit=97, now=now) for part in FigureSide}
        assert len(behind[FigureSide.NUMERATOR]) == figure.rate.numerator
        assert len(behind[FigureSide.DENOMINATOR]) == figure.rate.denominator
        assert len(behind[FigureSide.EXCLUDED]) == sum(figure.excluded.values()), "no incident is left out twice"
        assert set(behind[FigureSide.NUMERATOR]) <= set(behind[FigureSide.DENOMINATOR])
        assert not set(behind[FigureSide.EXCLUDED]) & set(behind[FigureSide.DENOMINATOR])


def test_worker_and_department_lead_to_their_incidents(demo):
    for by, field in ((By.WORKER, "worker"), (By.DEPARTMENT, "department")):
        row = figure_table(demo, FORMULAS, IncidentQuery(street="140213051"), HALF_YEAR, by=by).rows[0]
        since, until = day_span(*HALF_YEAR)
        chosen = IncidentQuery(since=since, until=until, street="140213051", **{field: row.key})
        assert len(trace(demo, chosen, "handled_in_time", FigureSide.NUMERATOR)) == row.counts["handled_in_time"] > 0


def test_what_lies_out_of_bounds_is_not_shown(demo):
    bounds = Bounds(areas=("140213067",), categories=("Z06",))
    chosen = IncidentQuery(since=day_span(*HALF_YEAR)[0], within=bounds)
    seen = trace(demo, chosen, "received", FigureSide.NUMERATOR)
    alone = IncidentQuery(since=chosen.since, street="140213067", category="Z06")
    assert seen == [incident.id for incident in list_incidents(demo, alone, limit=MAX_PAGE).items]


def test_what_runs_is_judged_when_it_is_due_and_a_stopped_clock_never(store):
    """One incident through its loop: not dated, not yet due, overdue, and then suspended before it is due."""
    locator = load_locator(store)
    begin = datetime(2026, 3, 2, 1, tzinfo=UTC)
    report = Report(begin, "Z01", IncidentSource.PATROL, Point(113.2988, 40.09), "wgs84")
    supervisor = Actor("t", "测试员", frozenset({Role.SUPERVISOR, Role.HANDLER}))
    number = report_incident(store, locator, RULES, report, supervisor).id
    month = (date(2026, 3, 1), date(2026, 3, 31))

    def counts(now):
        total = figure_table(store, FORMULAS, IncidentQuery(), month, now=now).total.counts
        names = ("no_due_time", "not_yet_due", "to_handle", "overdue", "due_suspended")
        return [name for name in names if total[name]]

    def step(action, now, **more):
        take_step(store, locator, RULES, supervisor, number, StepRequest(action, **more), now=now)

    assert counts(begin) == ["no_due_time"]
    step("file", begin)
    step("dispatch", begin, department="城市管理")
    assert counts(begin) == ["not_yet_due"]
    assert counts(begin + timedelta(days=1)) == ["to_handle", "overdue"]
    step("suspend", begin + timedelta(hours=1), note="等待配件")
    assert counts(begin + timedelta(days=1)) == ["due_suspended"]


def test_figures_wait_until_all_incidents_are_restated(store, moved):
    with pytest.raises(ConflictError):
        figure_table(store, FORMULAS, IncidentQuery(by_generation=moved), HALF_YEAR)
