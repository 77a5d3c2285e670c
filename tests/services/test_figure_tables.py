"""Tests of tables of figures: a published bulletin, the demo, and the incidents of every figure."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from geogrid.errors import ConflictError, QueryError
from geogrid.incidents.query import Finder, HourRange, IncidentQuery
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.local_time import day_span, local_zone
from geogrid.model import SYSTEM, Actor, Bounds, Point, Report, Role
from geogrid.model.figures import Rate
from geogrid.rules.categories import load_categories
from geogrid.rules.formulas import FigureSide, load_formulas
from geogrid.services.figure_tables import ComparisonPeriod, TableGrouping, build_figure_table, list_counted_incidents
from geogrid.services.incident_import import import_incidents
from geogrid.services.incident_steps import take_step
from geogrid.services.incidents import list_incidents, report_incident
from geogrid.services.key_figures import read_kpi
from geogrid.services.layer_generations import load_locator
from geogrid.services.pagination import MAX_PAGE
from geogrid.services.photos import add_photo
from geogrid.store.tables import incidents
from geogrid.tabular.row_model import TableRow

pytestmark = pytest.mark.both_databases

FORMULAS, RULES = load_formulas(), load_rules()
HALF_YEAR = (date(2022, 1, 1), date(2022, 6, 30))
DECEMBER = (date(2016, 12, 1), date(2016, 12, 31))
LATER = datetime(2026, 1, 1, tzinfo=UTC)


def rates(row):
    return {figure.code: figure.rate for figure in row.figures}


def trace(store, filters, code, part, limit=MAX_PAGE, now=LATER):
    """Return the ids of all incidents of one side of a figure, read page by page."""
    numbers, cursor = [], None
    while True:
        page = list_counted_incidents(store, FORMULAS, filters, code, part, cursor=cursor, limit=limit, now=now)
        numbers += [incident.id for incident in page.items]
        cursor = page.next
        if cursor is None:
            return numbers


def test_published_bulletin_is_reproduced(store):
    """天门, December 2016: 972 due to be closed, 911 closed, 737 of them in time; the incidents are synthetic."""
    due = datetime(2016, 12, 6, 10, tzinfo=local_zone())
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
    found = rates(build_figure_table(store, FORMULAS, IncidentQuery(), DECEMBER).total)
    assert (found["closing_rate"].numerator, found["closing_rate"].denominator) == (911, 972)
    assert found["closing_rate"].value == 0.9372
    assert (found["closed_in_time_rate"].numerator, found["closed_in_time_rate"].value) == (737, 0.7582)


def test_demo_half_year_totals(demo):
    total = build_figure_table(demo, FORMULAS, IncidentQuery(), HALF_YEAR).total
    found = rates(total)["handled_rate"]
    assert (found.numerator, found.denominator, found.value) == (58_621, 59_369, 0.9874)
    assert total.counts["open"] + total.counts["void"] + total.counts["merged"] == 59_369 - 58_621


def test_in_time_rates_differ_between_streets(demo):
    rows = build_figure_table(demo, FORMULAS, IncidentQuery(), HALF_YEAR, by=TableGrouping.STREET).rows
    in_time = sorted(rates(row)["in_time_rate"].value for row in rows)
    assert len(in_time) == 18
    assert in_time[0] > 0.75
    assert in_time[-1] > in_time[0] + 0.05


@pytest.mark.parametrize("by", [by for by in TableGrouping if by is not TableGrouping.GRID])
def test_rows_add_up_to_the_total(demo, by):
    table = build_figure_table(demo, FORMULAS, IncidentQuery(street="140213051"), HALF_YEAR, by=by)
    whole = build_figure_table(demo, FORMULAS, IncidentQuery(street="140213051"), HALF_YEAR).total
    assert table.total == whole
    for code in FORMULAS.counts:
        assert sum(row.counts[code] for row in table.rows) == whole.counts[code], code


def test_late_incidents_stay_late_in_their_month_when_they_are_reopened(store):
    due = datetime(2016, 12, 6, 10, tzinfo=local_zone())
    rows = [
        {
            "reported_at": "2016-12-05T08:00",
            "category": "Z01",
            "lon": 113.2988,
            "lat": 40.09,
            "dispatched_at": "2016-12-05T10:00",
            "due_at": due.isoformat(),
            "handled_at": (due + timedelta(days=number % 2)).isoformat(),
            "closed_at": (due + timedelta(days=2)).isoformat(),
        }
        for number in range(20)
    ]
    actor = Actor("user:d", "d", frozenset({Role.DISPATCHER, Role.SUPERVISOR}))
    locator = load_locator(store)
    table = [TableRow(number, row) for number, row in enumerate(rows, start=2)]
    import_incidents(store, locator, RULES, table, SYSTEM, datum="wgs84", commit=True)
    before = build_figure_table(store, FORMULAS, IncidentQuery(), DECEMBER, now=LATER).total
    assert rates(before)["in_time_rate"] == Rate(10, 20)
    since, until = day_span(*DECEMBER)
    for number in trace(store, IncidentQuery(since=since, until=until), "overdue", FigureSide.NUMERATOR):
        take_step(store, locator, RULES, actor, number, StepRequest("reopen", note="again"), now=LATER)
    after = build_figure_table(store, FORMULAS, IncidentQuery(), DECEMBER, now=LATER).total
    assert rates(after)["in_time_rate"] == Rate(10, 20)
    assert (before.counts["reopened"], after.counts["reopened"]) == (0, 10)
    assert after.counts["overdue"] == before.counts["overdue"] == 10


def test_incident_in_dedicated_grid_counts_for_both_grids(demo):
    table = build_figure_table(demo, FORMULAS, IncidentQuery(street="140213051"), HALF_YEAR, by=TableGrouping.GRID)
    for row in table.rows[:3] + table.rows[-3:]:
        alone = build_figure_table(demo, FORMULAS, IncidentQuery(grid=row.key), HALF_YEAR).total
        assert row.counts == alone.counts
    assert sum(row.counts["received"] for row in table.rows) > table.total.counts["received"]


def test_days_weeks_and_months_use_local_time(demo):
    days = build_figure_table(demo, FORMULAS, IncidentQuery(), HALF_YEAR, by=TableGrouping.DAY).rows
    assert {row.key for row in days if row.counts["received"]} >= {"2022-01-01", "2022-06-30"}
    for row in days[40:43]:
        day = date.fromisoformat(row.key)
        assert row.counts == build_figure_table(demo, FORMULAS, IncidentQuery(), (day, day)).total.counts
    weeks = build_figure_table(demo, FORMULAS, IncidentQuery(), HALF_YEAR, by=TableGrouping.WEEK).rows
    assert all(date.fromisoformat(row.key).weekday() == 0 for row in weeks)
    months = build_figure_table(demo, FORMULAS, IncidentQuery(), HALF_YEAR, by=TableGrouping.MONTH).rows
    assert [row.key for row in months] == [f"2022-0{month}" for month in range(1, 7)]


@pytest.mark.parametrize(
    ("weekday", "hours"),
    [(5, HourRange(18, 22)), (7, None), (None, HourRange(22, 5)), (1, HourRange(0, 0)), (None, HourRange(5, 5))],
)
def test_weekday_and_hour_filters_use_local_time(demo, weekday, hours):
    with demo.read() as connection:
        moments = connection.execute(select(incidents.c.reported_at).where(incidents.c.category == "Z02")).scalars()
        local = [moment.astimezone(local_zone()) for moment in moments]
    if weekday:
        local = [moment for moment in local if moment.isoweekday() == weekday]
    if hours:
        length = (hours.last - hours.first) % 24
        local = [moment for moment in local if (moment.hour - hours.first) % 24 <= length]
    filters = IncidentQuery(category="Z02", weekday=weekday, hours=hours)
    assert read_kpi(demo, filters).received == len(local) > 0


def test_comparison_with_previous_month_and_year(demo):
    march, february = (date(2022, 3, 1), date(2022, 3, 31)), (date(2022, 2, 1), date(2022, 2, 28))
    table = build_figure_table(
        demo, FORMULAS, IncidentQuery(), march, by=TableGrouping.STREET, compare=list(ComparisonPeriod)
    )
    assert table.periods == {
        ComparisonPeriod.BEFORE: february,
        ComparisonPeriod.YEAR: (date(2021, 3, 1), date(2021, 3, 31)),
    }
    before = build_figure_table(demo, FORMULAS, IncidentQuery(), february, by=TableGrouping.STREET)
    assert table.total.compared[ComparisonPeriod.BEFORE].counts == before.total.counts
    for row, then in zip(table.rows, before.rows, strict=True):
        assert (row.key, row.compared[ComparisonPeriod.BEFORE].counts) == (then.key, then.counts)
    assert table.total.compared[ComparisonPeriod.YEAR].counts["received"] == 0


@pytest.mark.parametrize(
    ("days", "by", "code"),
    [
        ((date(2022, 1, 1), None), None, "compare_period"),
        (HALF_YEAR, TableGrouping.MONTH, "compare_by"),
        (HALF_YEAR[::-1], None, "period"),
    ],
)
def test_comparison_without_a_period_is_refused(demo, days, by, code):
    with pytest.raises(QueryError) as caught:
        build_figure_table(demo, FORMULAS, IncidentQuery(), days, by=by, compare=[ComparisonPeriod.BEFORE])
    assert caught.value.code == code


@given(
    street=st.sampled_from(["140213051", "140213058", "140213064", "140213067"]),
    category=st.none() | st.sampled_from(sorted(load_categories())),
    source=st.none() | st.sampled_from(["patrol", "hotline", "inspection"]),
    first=st.integers(0, 150),
    length=st.integers(0, 40),
    now=st.datetimes(datetime(2022, 1, 1), datetime(2022, 8, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - zoned
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_figure_equals_the_number_of_listed_incidents(demo, street, category, source, first, length, now):
    days = HALF_YEAR[0] + timedelta(first), HALF_YEAR[0] + timedelta(first + length)
    since, until = day_span(*days)
    filters = IncidentQuery(since=since, until=until, street=street, category=category, source=source)
    total = build_figure_table(demo, FORMULAS, filters, days, now=now).total
    for code, number in total.counts.items():
        assert len(trace(demo, filters, code, FigureSide.NUMERATOR, now=now)) == number, code
    for figure in total.figures:
        behind = {part: trace(demo, filters, figure.code, part, limit=97, now=now) for part in FigureSide}
        assert len(behind[FigureSide.NUMERATOR]) == figure.rate.numerator
        assert len(behind[FigureSide.DENOMINATOR]) == figure.rate.denominator
        assert len(behind[FigureSide.EXCLUDED]) == sum(figure.excluded.values()), "no incident is excluded twice"
        assert set(behind[FigureSide.NUMERATOR]) <= set(behind[FigureSide.DENOMINATOR])
        assert not set(behind[FigureSide.EXCLUDED]) & set(behind[FigureSide.DENOMINATOR])


def test_worker_and_department_rows_list_their_incidents(demo):
    for by, field in ((TableGrouping.WORKER, "worker"), (TableGrouping.DEPARTMENT, "department")):
        row = build_figure_table(demo, FORMULAS, IncidentQuery(street="140213051"), HALF_YEAR, by=by).rows[0]
        since, until = day_span(*HALF_YEAR)
        filters = IncidentQuery(since=since, until=until, street="140213051", **{field: row.key})
        assert len(trace(demo, filters, "handled_in_time", FigureSide.NUMERATOR)) == row.counts["handled_in_time"] > 0


@pytest.mark.both_databases
def test_workers_show_what_they_found_beside_what_they_handled(store):
    """Let one worker find two problems on patrol, and another handle one of them and one of the hotline."""
    locator = load_locator(store)
    begin = datetime(2026, 3, 2, 1, tzinfo=UTC)
    finder = Actor("finder", "甲", frozenset({Role.GRID_WORKER, Role.DISPATCHER}))
    handler = Actor("handler", "乙", frozenset({Role.SUPERVISOR, Role.HANDLER, Role.GRID_WORKER}))
    sources = ("patrol", "patrol", "hotline")
    Image.new("RGB", (64, 48), "teal").save(picture := io.BytesIO(), "JPEG")
    jpeg = picture.getvalue()
    numbers = []
    for minute, source in enumerate(sources):
        report = Report(begin + timedelta(minutes=minute), "Z01", source, Point(113.2988, 40.09), "wgs84")
        numbers.append(report_incident(store, locator, RULES, report, finder).id)
    for number in numbers[1:]:
        for action in ("file", "dispatch", "accept", "feed_back"):
            more = {"department": "城市管理"} if action == "dispatch" else {}
            photos = (add_photo(store, handler, number, jpeg).id,) if action == "feed_back" else ()
            request = StepRequest(action, note="done", photos=photos, **more)
            take_step(store, locator, RULES, handler, number, request, now=begin + timedelta(hours=1))
    days = (date(2026, 3, 1), date(2026, 3, 31))
    rows = {
        row.key: row for row in build_figure_table(store, FORMULAS, IncidentQuery(), days, by=TableGrouping.WORKER).rows
    }
    assert {key: (row.found, row.counts["handled"]) for key, row in rows.items()} == {
        "finder": (2, 0),
        "handler": (0, 2),
        None: (None, 0),
    }
    found = build_figure_table(store, FORMULAS, IncidentQuery(), days, by=TableGrouping.FINDER).rows
    assert [(row.key, row.found, row.counts["handled"]) for row in found] == [("finder", None, 1), (None, None, 1)]
    assert (
        trace(store, IncidentQuery(finder=Finder("finder", ("patrol",))), "received", FigureSide.NUMERATOR)
        == numbers[1::-1]
    )


def test_listed_incidents_respect_bounds(demo):
    bounds = Bounds(areas=("140213067",), categories=("Z06",))
    filters = IncidentQuery(since=day_span(*HALF_YEAR)[0], within=bounds)
    seen = trace(demo, filters, "received", FigureSide.NUMERATOR)
    alone = IncidentQuery(since=filters.since, street="140213067", category="Z06")
    assert seen == [incident.id for incident in list_incidents(demo, alone, limit=MAX_PAGE).items]


def test_overdue_counts_follow_due_time_and_suspension(store):
    """Follow an incident: without due time, not yet due, overdue, then suspended before its due time."""
    locator = load_locator(store)
    begin = datetime(2026, 3, 2, 1, tzinfo=UTC)
    report = Report(begin, "Z01", "patrol", Point(113.2988, 40.09), "wgs84")
    supervisor = Actor("t", "测试员", frozenset({Role.SUPERVISOR, Role.HANDLER}))
    number = report_incident(store, locator, RULES, report, supervisor).id
    month = (date(2026, 3, 1), date(2026, 3, 31))

    def counts(now):
        total = build_figure_table(store, FORMULAS, IncidentQuery(), month, now=now).total.counts
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


def test_figures_require_complete_restatements(store, moved):
    with pytest.raises(ConflictError):
        build_figure_table(store, FORMULAS, IncidentQuery(by_generation=moved), HALF_YEAR)
