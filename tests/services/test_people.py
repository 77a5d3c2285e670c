"""Tests of imported posts and their terms, on a real database."""

from dataclasses import replace
from datetime import date

import pytest

from geogrid.errors import InputError, QueryError
from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE, Post
from geogrid.services.people import import_posts, list_people_of_area, list_posts
from geogrid.store.people import PostFilter
from geogrid.store.tables import metadata, posts
from geogrid.tabular.row_model import TableRow

pytestmark = pytest.mark.both_databases

PROFILE = load_rules().profile
CODE, OTHER = "140213051003008", "140213051003007"
LEADER = {"code": CODE, "duty": "网格长", "name": "甲某", "valid_from": "2026-03-01"}
WORKER = {"code": CODE, "duty": "网格员", "name": "乙某", "valid_from": "2026-03-01", "phone": "13800000000"}
SECOND = {**WORKER, "name": "丙某", "valid_from": "2026-07-01"}
ALL_POSTS = PostFilter()


def import_list(store, rows, *, commit=True, **options):
    numbered = [TableRow(number, row) for number, row in enumerate(rows, start=2)]
    done = import_posts(store, numbered, CONSOLE, PROFILE, commit=commit, **options)
    return done, (done.added, done.changed, done.unchanged, len(done.ended), len(done.refused))


def table(store):
    """Return all rows of the table of posts."""
    with store.read() as connection:
        return connection.execute(posts.select().order_by(posts.c.id)).all()


def everything(store):
    """Return the contents of the database: the bytes on SQLite, the rows on PostgreSQL."""
    with store.read() as connection:
        if store.is_sqlite:
            return connection.connection.driver_connection.serialize()
        return [connection.execute(table.select()).all() for table in metadata.sorted_tables]


def names(store, day):
    return [post.name for post in list_people_of_area(store, PROFILE, "urban", CODE, date.fromisoformat(day))]


def test_demo_has_no_posts(demo):
    assert list_posts(demo, ALL_POSTS).items == []


def test_imported_posts_are_returned_unchanged(store):
    done, counts = import_list(
        store, [LEADER, {**WORKER, "title": "专职", "organisation": "某单位", "valid_to": "2026-12-31"}]
    )
    assert (counts, done.rows, done.committed) == ((2, 0, 0, 0, 0), 2, True)
    assert list_people_of_area(store, PROFILE, "urban", CODE, date(2026, 3, 1)) == [
        Post("urban", CODE, "leader", "甲某", "", "", "", date(2026, 3, 1), None),
        Post("urban", CODE, "worker", "乙某", "专职", "某单位", "13800000000", date(2026, 3, 1), date(2026, 12, 31)),
    ]


def test_first_and_last_day_of_a_post_are_included(store):
    import_list(store, [{**LEADER, "valid_to": "2026-03-02"}])
    days = ("2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03")
    assert [names(store, day) for day in days] == [[], ["甲某"], ["甲某"], []]


def test_repeated_import_changes_nothing(store):
    import_list(store, [LEADER, WORKER])
    before = table(store)
    assert import_list(store, [WORKER, LEADER])[1] == (0, 0, 2, 0, 0)
    assert table(store) == before


@pytest.mark.parametrize(
    "change", [{"valid_to": "2026-12-31"}, {"phone": "13800000001"}, {"title": "专职"}, {"organisation": "某单位"}]
)
def test_new_details_change_only_their_post(store, change):
    import_list(store, [LEADER, WORKER])
    leader, worker = table(store)
    assert import_list(store, [{**WORKER, **change}])[1] == (0, 1, 0, 0, 0)
    after = table(store)
    assert after[0] == leader
    assert after[1].id == worker.id
    field = next(iter(change))
    assert str(getattr(after[1], field)) == change[field] != str(getattr(worker, field))


def test_other_first_day_area_or_duty_is_a_new_post(store):
    import_list(store, [WORKER])
    others = [{**WORKER, "valid_from": "2027-01-01"}, {**WORKER, "code": OTHER}, {**WORKER, "duty": "楼长"}]
    assert import_list(store, others)[1] == (3, 0, 0, 0, 0)


def test_complete_list_ends_missing_posts(store):
    import_list(store, [LEADER, WORKER, {**WORKER, "name": "丁某", "valid_to": "2026-06-30"}])
    done, counts = import_list(store, [LEADER, SECOND], complete_from=date(2026, 7, 1))
    assert counts == (1, 0, 1, 1, 0)
    assert [(post.name, post.valid_to) for post in done.ended] == [("乙某", date(2026, 6, 30))]
    assert names(store, "2026-06-30") == ["甲某", "丁某", "乙某"]
    assert names(store, "2026-07-01") == ["甲某", "丙某"]
    before = table(store)
    assert import_list(store, [LEADER, SECOND], complete_from=date(2026, 7, 1))[1] == (0, 0, 2, 0, 0)
    assert table(store) == before


def test_complete_list_of_one_grid_keeps_posts_of_others(store):
    import_list(store, [LEADER, {**WORKER, "code": OTHER}])
    assert import_list(store, [SECOND], complete_from=date(2026, 7, 1))[1] == (1, 0, 0, 1, 0)
    assert names(store, "2026-07-01") == ["丙某"]
    assert list_people_of_area(store, PROFILE, "urban", OTHER, date(2026, 7, 1))[0].name == "乙某"


def test_post_starting_on_the_day_of_a_complete_list_is_ended(store):
    import_list(store, [SECOND])
    assert import_list(store, [LEADER], complete_from=date(2026, 7, 1))[1] == (1, 0, 0, 1, 0)
    assert [names(store, day) for day in ("2026-06-30", "2026-07-01", "2026-07-02")] == [["甲某"]] * 3
    assert len(table(store)) == 2


def test_post_starting_after_the_day_of_a_complete_list_is_kept(store):
    import_list(store, [SECOND])
    assert import_list(store, [LEADER], complete_from=date(2026, 6, 30))[1] == (1, 0, 0, 0, 0)
    assert names(store, "2026-07-01") == ["甲某", "丙某"]


def test_complete_list_with_a_refused_row_is_not_stored(store):
    import_list(store, [LEADER, WORKER])
    before = table(store)
    done, counts = import_list(store, [LEADER, {**SECOND, "duty": "?"}], complete_from=date(2026, 7, 1))
    assert (counts, done.committed) == ((0, 0, 1, 1, 1), False)
    assert table(store) == before


def test_empty_complete_list_is_refused(store):
    import_list(store, [LEADER])
    with pytest.raises(InputError) as caught:
        import_list(store, [], complete_from=date(2026, 7, 1))
    assert caught.value.code == "complete_empty"
    assert import_list(store, [])[1] == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_extreme_day_is_refused(store, day):
    with pytest.raises(QueryError) as caught:
        import_list(store, [LEADER], complete_from=day)
    assert caught.value.field == "complete_from"


@pytest.mark.parametrize("complete_from", [None, date(2026, 7, 1)])
def test_dry_run_reports_the_same_without_writing(store, complete_from):
    import_list(store, [LEADER, WORKER])
    rows = [{**LEADER, "phone": "110"}, SECOND]
    before = everything(store)
    dry, counts = import_list(store, rows, commit=False, complete_from=complete_from)
    assert everything(store) == before
    wet, same = import_list(store, rows, complete_from=complete_from)
    assert counts == same == (1, 1, 0, 1 if complete_from else 0, 0)
    assert replace(dry, committed=True) == wet


def test_invalid_rows_are_refused_individually(store):
    rows = [LEADER, {**LEADER, "phone": "110"}, {**WORKER, "code": "140213051003999"}, WORKER, {**WORKER, "name": ""}]
    done, counts = import_list(store, rows)
    assert counts == (2, 0, 0, 0, 3)
    assert [(refusal.row, refusal.field, refusal.code) for refusal in done.refused] == [
        (3, None, "row_twice"),
        (4, "code", "code_unknown"),
        (6, "name", "missing"),
    ]
    assert all("140213051003999" not in refusal.reason for refusal in done.refused)


@pytest.mark.parametrize(
    ("code", "layer"),
    [("140213", "district"), ("140213051", "street"), ("140213051003", "community"), ("140213051003501", "dedicated")],
)
def test_layer_is_found_by_code(store, code, layer):
    import_list(store, [{**LEADER, "code": code}])
    assert [post.layer for post in list_posts(store, ALL_POSTS).items] == [layer]


def test_invalid_default_layer_is_refused(store):
    with pytest.raises(InputError):
        import_list(store, [LEADER], layer="Not a name")
    assert import_list(store, [LEADER], layer="rural")[0].refused[0].code == "code_unknown"


def test_posts_are_sorted_by_duty_and_name(store):
    duties = ["责任部门", "派驻人员", "网格员", "网格党支部", "常驻人员", "楼长", "网格长", "片长"]
    import_list(store, [{**LEADER, "duty": duty, "name": name} for duty in duties for name in ("乙", "丙", "甲")])
    found = list_people_of_area(store, PROFILE, "urban", CODE, date(2026, 3, 1))
    assert [post.duty for post in found] == [duty for duty in PROFILE.duties for _ in range(3)]
    assert [post.name for post in found[:3]] == sorted("甲乙丙")
    assert (
        list_people_of_area(store, PROFILE, "urban", OTHER, date(2026, 3, 1))
        == list_people_of_area(store, PROFILE, "rural", CODE, date(2026, 3, 1))
        == []
    )


def test_pages_contain_every_post_once(store):
    import_list(store, [{**WORKER, "name": f"甲某{number}"} for number in range(25)])
    seen, after = [], 0
    while after is not None:
        page = list_posts(store, ALL_POSTS, after=after, limit=10)
        seen += page.items
        after = page.next
    assert seen == list_posts(store, ALL_POSTS, limit=25).items
    assert len(seen) == 25
    with pytest.raises(QueryError):
        list_posts(store, ALL_POSTS, limit=0)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (PostFilter(code=OTHER), ["丙某"]),
        (PostFilter(duty="leader"), ["甲某"]),
        (PostFilter(layer="street"), []),
        (PostFilter(day=date(2026, 6, 30)), ["甲某", "乙某"]),
        (PostFilter(day=date(2026, 7, 1), duty="worker"), ["乙某", "丙某"]),
    ],
)
def test_each_filter_returns_only_matching_posts(store, filters, expected):
    import_list(store, [LEADER, WORKER, {**SECOND, "code": OTHER}])
    assert [post.name for post in list_posts(store, filters).items] == expected


def test_name_with_sql_is_stored_as_text(store):
    name = "甲某'); DROP TABLE posts;--"
    import_list(store, [{**LEADER, "name": name}])
    assert names(store, "2026-03-01") == [name]
