"""Tests of reporting, reading, listing and importing incidents, on a real database."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geogrid.errors import ConflictError, InputError, NotFoundError, QueryError
from geogrid.geo import datums
from geogrid.incidents.query import BoundingBox, IncidentQuery, Standing
from geogrid.incidents.rule_set import load_rules
from geogrid.model import SYSTEM, Bounds, Layer, LocateStatus, Point, Report
from geogrid.rules.routing import load_routing, parse_routing
from geogrid.services.incident_import import import_incidents
from geogrid.services.incidents import list_incidents, read_incident, report_incident
from geogrid.services.layer_generations import load_locator
from geogrid.tabular.row_model import TableRow

pytestmark = pytest.mark.both_databases

RULES = load_rules()
TELEPHONE = Report(
    datetime(2026, 3, 1, 8, tzinfo=UTC),
    "Z06",
    "resident",
    Point(113.3058, 40.0912),
    "gcj02",
    external_id="a-1",
)
ROW = {"reported_at": "2026-03-01T08:00", "category": "Z01", "lon": "113.2988", "lat": "40.09"}
CONTENT = json.loads(load_routing().text)
# Routing rules that assign bikes to a department other than that of their category.
CONTENT["rules"].insert(
    0, {"name": "bikes", "title": "单车", "when": {"categories": ["Z06"]}, "then": {"department": "城市管理"}}
)
ROUTED = replace(RULES, routing=parse_routing(CONTENT))


@pytest.fixture
def context(store):
    return store, load_locator(store), RULES


def test_report_keeps_its_point_and_gets_grids(context):
    kept = report_incident(*context, TELEPHONE, SYSTEM)
    again = read_incident(context[0], SYSTEM, kept.id)
    assert again == kept
    assert again.report == TELEPHONE
    assert again.placement.base_code.startswith("140213051")
    assert again.placement.generation == context[1].generation.id
    assert abs(again.placement.wgs84.lon - 113.29878) < 1e-5


def test_repeated_external_id_of_a_source_is_refused(context):
    report_incident(*context, TELEPHONE, SYSTEM)
    with pytest.raises(ConflictError):
        report_incident(*context, TELEPHONE, SYSTEM)


def test_point_outside_district_is_stored_without_a_grid(context):
    far = Report(TELEPHONE.reported_at, "Z01", "hotline", Point(116.4, 39.9), "wgs84")
    kept = report_incident(*context, far, SYSTEM).placement
    assert kept.locate_status is LocateStatus.OUTSIDE
    assert kept.base_code is kept.street_code is None


@pytest.mark.parametrize("point", [Point(40.09, 113.3), Point(float("inf"), 40.0)])
def test_impossible_point_is_refused(context, point):
    before = list_incidents(context[0], IncidentQuery(), limit=1).items[0].id
    with pytest.raises(InputError):
        report_incident(*context, Report(TELEPHONE.reported_at, "Z01", "patrol", point, "wgs84"), SYSTEM)
    assert list_incidents(context[0], IncidentQuery(), limit=1).items[0].id == before


def test_unknown_id_is_not_found(context):
    with pytest.raises(NotFoundError):
        read_incident(context[0], SYSTEM, 10**9)


def test_pages_contain_every_incident_once_in_order(demo):
    filters = IncidentQuery(street="140213051", category="Z06")
    everything = list_incidents(demo, filters, limit=1_000)
    seen, cursor = [], None
    while True:
        page = list_incidents(demo, filters, cursor=cursor, limit=37)
        seen += page.items
        cursor = page.next
        if cursor is None:
            break
    assert seen[:1_000] == everything.items
    assert len({incident.id for incident in seen}) == len(seen)
    keys = [(incident.report.reported_at, incident.id) for incident in seen]
    assert keys == sorted(keys, reverse=True)


def test_incidents_with_equal_time_are_ordered_by_id(context):
    kept = [
        report_incident(*context, replace(TELEPHONE, external_id=f"same-{number}"), SYSTEM).id for number in range(3)
    ]
    seen, cursor = [], None
    for _ in kept:
        page = list_incidents(context[0], IncidentQuery(), cursor=cursor, limit=1)
        seen += [incident.id for incident in page.items]
        cursor = page.next
    assert seen == kept[::-1]


def test_pages_are_stable_while_incidents_arrive(context):
    first = list_incidents(context[0], IncidentQuery(), limit=10)
    expected = list_incidents(context[0], IncidentQuery(), limit=20).items[10:]
    report_incident(*context, TELEPHONE, SYSTEM)
    assert list_incidents(context[0], IncidentQuery(), cursor=first.next, limit=10).items == expected


@pytest.mark.parametrize("cursor", ["x", "!!!!", "MS4=", "YWJj", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjE=", "é"])
def test_invalid_cursor_is_refused(demo, cursor):
    with pytest.raises(QueryError) as caught:
        list_incidents(demo, IncidentQuery(), cursor=cursor)
    assert caught.value.code == "cursor"


@pytest.mark.parametrize("cursor", ["MC4tOTk5OTk5OTk5OTk5OTk5OTk5OTk=", "MC45OTk5OTk5OTk5OTk5OTk5OTk5OQ=="])
def test_cursor_beyond_all_ids_gives_an_empty_page(demo, cursor):
    assert list_incidents(demo, IncidentQuery(), cursor=cursor).items == []


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_limit_out_of_range_is_refused(demo, limit):
    with pytest.raises(QueryError):
        list_incidents(demo, IncidentQuery(), limit=limit)


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        (IncidentQuery(category="Z04"), lambda i: i.report.category == "Z04"),
        (IncidentQuery(status=Standing.OPEN), lambda i: i.report.handled_at is None),
        (IncidentQuery(source="hotline"), lambda i: i.report.source == "hotline"),
        (IncidentQuery(street="140213058"), lambda i: i.placement.street_code == "140213058"),
        (IncidentQuery(community="140213051002"), lambda i: i.placement.community_code == "140213051002"),
        (IncidentQuery(grid="140213051002007"), lambda i: i.placement.base_code == "140213051002007"),
        (IncidentQuery(layer=Layer.RURAL), lambda i: i.placement.base_layer is Layer.RURAL),
        (IncidentQuery(layer=Layer.DEDICATED), lambda i: i.placement.dedicated_code is not None),
        (
            IncidentQuery(box=BoundingBox(113.29, 40.08, 113.31, 40.1)),
            lambda i: 113.29 <= i.placement.wgs84.lon <= 113.31 and 40.08 <= i.placement.wgs84.lat <= 40.1,
        ),
        (
            IncidentQuery(since=datetime(2022, 3, 1, tzinfo=UTC), until=datetime(2022, 3, 2, tzinfo=UTC)),
            lambda i: i.report.reported_at.date().isoformat() == "2022-03-01",
        ),
    ],
)
def test_each_filter_returns_only_matching_incidents(demo, filters, holds):
    found = list_incidents(demo, filters, limit=300).items
    assert found
    assert all(holds(incident) for incident in found)


def imported(context, rows, *, commit=True, datum="wgs84"):
    return import_incidents(
        *context,
        [TableRow(number, row) for number, row in enumerate(rows, start=2)],
        SYSTEM,
        datum=datum,
        commit=commit,
    )


def test_period_includes_its_start_and_excludes_its_end(context):
    moment = TELEPHONE.reported_at
    kept = report_incident(*context, TELEPHONE, SYSTEM)
    later = IncidentQuery(since=moment)
    assert [incident.id for incident in list_incidents(context[0], later).items] == [kept.id]
    earlier = IncidentQuery(since=moment - timedelta(hours=1), until=moment)
    assert list_incidents(context[0], earlier).items == []


def test_filter_by_dedicated_grid(demo):
    found = list_incidents(demo, IncidentQuery(layer=Layer.DEDICATED), limit=1).items[0].placement
    assert list_incidents(demo, IncidentQuery(grid=found.dedicated_code)).items


def test_import_stores_valid_rows_and_reports_invalid_rows(context):
    rows = [
        ROW,
        {**ROW, "lat": "113.3", "lon": "40.09"},
        {**ROW, "category": "??"},
        {**ROW, "lon": "120"},
        {**ROW, "reported_at": "2999-01-01"},
    ]
    report = imported(context, rows)
    assert (report.rows, report.accepted, report.outside, report.committed) == (5, 2, 1, True)
    assert [(refusal.row, refusal.code) for refusal in report.refused] == [
        (3, "coordinates_swapped"),
        (4, "category_unknown"),
        (6, "time_in_future"),
    ]
    recent = IncidentQuery(since=datetime.now(UTC) - timedelta(days=3_000), until=None, category="Z01")
    assert [incident.placement.locate_status for incident in list_incidents(context[0], recent, limit=2).items] == [
        LocateStatus.OUTSIDE,
        LocateStatus.INSIDE,
    ]


def test_dry_run_reports_the_same_without_writing(context):
    rows = [ROW, {**ROW, "lon": "x"}]
    dry = imported(context, rows, commit=False)
    newest = list_incidents(context[0], IncidentQuery(), limit=1).items[0]
    assert newest.report.synthetic
    wet = imported(context, rows)
    assert (dry.accepted, dry.refused) == (wet.accepted, wet.refused)
    assert not list_incidents(context[0], IncidentQuery(), limit=1).items[0].report.synthetic


def test_repeated_import_creates_no_duplicates(context):
    rows = [{**ROW, "external_id": "k1"}, {**ROW, "external_id": "k2"}, {**ROW, "external_id": "k1"}]
    first, second = imported(context, rows), imported(context, rows)
    assert (first.accepted, [refusal.row for refusal in first.refused]) == (2, [4])
    assert (second.accepted, [refusal.row for refusal in second.refused]) == (0, [2, 3, 4])


def test_projected_coordinates_out_of_range_are_refused(context):
    report = imported(context, [{**ROW, "lon": "1e300", "lat": "1e300", "datum": "EPSG:4547"}])
    assert report.refused[0].code == "out_of_range"


def test_empty_file_imports_nothing(context):
    assert imported(context, []).rows == 0


def claiming(locator, layers, count=30):
    """Yield rows with GCJ-02 coordinates that claim the grids that contain them."""
    points = layers[Layer.URBAN].geometry.representative_point().iloc[:count]
    lon, lat = datums.from_wgs84(points.x.to_numpy(), points.y.to_numpy(), "gcj02")
    for number, (x, y, code) in enumerate(zip(lon, lat, layers[Layer.URBAN]["code"], strict=False), start=2):
        values = {"reported_at": "2022-01-01T08:00", "category": "Z01", "lon": x, "lat": y, "grid_code": code}
        yield TableRow(number, values)


@pytest.mark.parametrize("commit", [False, True])
def test_suspected_wrong_datum_prevents_the_import(store, locator, layers, commit):
    def run_import(datum, **options):
        rows = claiming(locator, layers)
        return import_incidents(store, locator, RULES, rows, SYSTEM, datum=datum, commit=commit, **options)

    def count():
        with store.read() as connection:
            return connection.exec_driver_sql("SELECT count(*) FROM incidents").scalar()

    before = count()
    suspected = run_import("wgs84")
    (found,) = suspected.suspicions
    assert (found.datum, found.better, found.better_agree, found.claims) == ("wgs84", "gcj02", 1.0, 30)
    assert (suspected.accepted, suspected.committed, count()) == (30, False, before)
    right = run_import("gcj02")
    assert (right.suspicions, right.committed, count()) == ([], commit, before + 30 * commit)
    if commit:
        newest = list_incidents(store, IncidentQuery(since=datetime(2022, 1, 1, tzinfo=UTC)), limit=1)
        assert newest.items
    accepted = run_import("wgs84", accept_datum=True)
    assert (accepted.committed, count()) == (commit, before + 60 * commit)


@pytest.mark.parametrize(("department", "accepted"), [("城市管理", 1), ("交通运输", 0)])
def test_import_bounds_use_the_routed_department(context, department, accepted):
    store, locator, _ = context
    actor = replace(SYSTEM, bounds=Bounds(departments=(department,)))
    rows = [TableRow(1, ROW | {"category": "Z06"})]
    report = import_incidents(store, locator, ROUTED, rows, actor, datum="wgs84", commit=True)
    assert (report.accepted, [refusal.code for refusal in report.refused]) == (
        accepted,
        ["out_of_bounds"] * (1 - accepted),
    )
