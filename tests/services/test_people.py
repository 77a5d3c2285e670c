"""Lists of people taken in, and who is in office: against the real database."""

from dataclasses import replace
from datetime import date

import pytest

from geogrid.errors import InputError, QueryError
from geogrid.model import CONSOLE, Duty, Post
from geogrid.services.people import import_posts, list_people_of_area, list_posts
from geogrid.store.people import PostFilter
from geogrid.store.tables import metadata, posts
from geogrid.tabular.table_rows import TableRow

pytestmark = pytest.mark.both_databases

CODE, OTHER = "140213051003008", "140213051003007"
LEADER = {"code": CODE, "duty": "网格长", "name": "甲某", "valid_from": "2026-03-01"}
WORKER = {"code": CODE, "duty": "网格员", "name": "乙某", "valid_from": "2026-03-01", "phone": "13800000000"}
SECOND = {**WORKER, "name": "丙某", "valid_from": "2026-07-01"}
EVERYBODY = PostFilter()


def taken(store, rows, *, commit=True, **options):
    numbered = [TableRow(number, row) for number, row in enumerate(rows, start=2)]
    done = import_posts(store, numbered, CONSOLE, commit=commit, **options)
    return done, (done.added, done.changed, done.unchanged, len(done.ended), len(done.refused))


def table(store):
    """Every row of the table, with all columns."""
    with store.read() as connection:
        return connection.execute(posts.select().order_by(posts.c.id)).all()


def everything(store):
    """The database, byte for byte or at least row for row."""
    with store.read() as connection:
        if store.is_sqlite:
            return connection.connection.driver_connection.serialize()
        return [connection.execute(table.select()).all() for table in metadata.sorted_tables]


def names(store, day):
    return [post.name for post in list_people_of_area(store, "urban", CODE, date.fromisoformat(day))]


def test_the_demo_has_no_people(demo):
    assert list_posts(demo, EVERYBODY).items == []


def test_a_list_comes_back_as_it_was(store):
    done, counts = taken(
        store, [LEADER, {**WORKER, "title": "专职", "organisation": "某单位", "valid_to": "2026-12-31"}]
    )
    assert (counts, done.rows, done.committed) == ((2, 0, 0, 0, 0), 2, True)
    assert list_people_of_area(store, "urban", CODE, date(2026, 3, 1)) == [
        Post("urban", CODE, Duty.LEADER, "甲某", "", "", "", date(2026, 3, 1), None),
        Post("urban", CODE, Duty.WORKER, "乙某", "专职", "某单位", "13800000000", date(2026, 3, 1), date(2026, 12, 31)),
    ]


def test_both_days_of_a_post_count(store):
    taken(store, [{**LEADER, "valid_to": "2026-03-02"}])
    days = ("2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03")
    assert [names(store, day) for day in days] == [[], ["甲某"], ["甲某"], []]


def test_the_same_list_again_changes_nothing(store):
    taken(store, [LEADER, WORKER])
    before = table(store)
    assert taken(store, [WORKER, LEADER])[1] == (0, 0, 2, 0, 0)
    assert table(store) == before


@pytest.mark.parametrize(
    "change", [{"valid_to": "2026-12-31"}, {"phone": "13800000001"}, {"title": "专职"}, {"organisation": "某单位"}]
)
def test_other_details_change_a_post_and_its_neighbours_stay(store, change):
    taken(store, [LEADER, WORKER])
    leader, worker = table(store)
    assert taken(store, [{**WORKER, **change}])[1] == (0, 1, 0, 0, 0)
    after = table(store)
    assert after[0] == leader
    assert after[1].id == worker.id
    field = next(iter(change))
    assert str(getattr(after[1], field)) == change[field] != str(getattr(worker, field))


def test_another_first_day_area_or_duty_is_another_post(store):
    taken(store, [WORKER])
    others = [{**WORKER, "valid_from": "2027-01-01"}, {**WORKER, "code": OTHER}, {**WORKER, "duty": "楼长"}]
    assert taken(store, others)[1] == (3, 0, 0, 0, 0)


def test_a_complete_list_ends_whom_it_does_not_name(store):
    taken(store, [LEADER, WORKER, {**WORKER, "name": "丁某", "valid_to": "2026-06-30"}])
    done, counts = taken(store, [LEADER, SECOND], complete_from=date(2026, 7, 1))
    assert counts == (1, 0, 1, 1, 0)
    assert [(post.name, post.valid_to) for post in done.ended] == [("乙某", date(2026, 6, 30))]
    assert names(store, "2026-06-30") == ["甲某", "丁某", "乙某"]
    assert names(store, "2026-07-01") == ["甲某", "丙某"]
    before = table(store)
    assert taken(store, [LEADER, SECOND], complete_from=date(2026, 7, 1))[1] == (0, 0, 2, 0, 0)
    assert table(store) == before


def test_a_complete_list_of_one_grid_leaves_the_people_of_others(store):
    taken(store, [LEADER, {**WORKER, "code": OTHER}])
    assert taken(store, [SECOND], complete_from=date(2026, 7, 1))[1] == (1, 0, 0, 1, 0)
    assert names(store, "2026-07-01") == ["丙某"]
    assert list_people_of_area(store, "urban", OTHER, date(2026, 7, 1))[0].name == "乙某"


def test_a_post_that_was_to_begin_on_that_day_is_never_taken_up(store):
    taken(store, [SECOND])
    assert taken(store, [LEADER], complete_from=date(2026, 7, 1))[1] == (1, 0, 0, 1, 0)
    assert [names(store, day) for day in ("2026-06-30", "2026-07-01", "2026-07-02")] == [["甲某"]] * 3
    assert len(table(store)) == 2


def test_who_begins_after_that_day_is_not_touched(store):
    taken(store, [SECOND])
    assert taken(store, [LEADER], complete_from=date(2026, 6, 30))[1] == (1, 0, 0, 0, 0)
    assert names(store, "2026-07-01") == ["甲某", "丙某"]


def test_a_complete_list_with_a_refused_row_is_not_kept_at_all(store):
    taken(store, [LEADER, WORKER])
    before = table(store)
    done, counts = taken(store, [LEADER, {**SECOND, "duty": "?"}], complete_from=date(2026, 7, 1))
    assert (counts, done.committed) == ((0, 0, 1, 1, 1), False)
    assert table(store) == before


def test_a_complete_list_that_is_empty_is_a_mistake(store):
    taken(store, [LEADER])
    with pytest.raises(InputError) as caught:
        taken(store, [], complete_from=date(2026, 7, 1))
    assert caught.value.code == "complete_empty"
    assert taken(store, [])[1] == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_day_at_the_end_of_the_calendar_is_refused(store, day):
    with pytest.raises(QueryError) as caught:
        taken(store, [LEADER], complete_from=day)
    assert caught.value.field == "complete_from"


@pytest.mark.parametrize("complete_from", [None, date(2026, 7, 1)])
def test_a_dry_run_says_the_same_and_leaves_every_byte(store, complete_from):
    taken(store, [LEADER, WORKER])
    rows = [{**LEADER, "phone": "110"}, SECOND]
    before = everything(store)
    dry, counts = taken(store, rows, commit=False, complete_from=complete_from)
    assert everything(store) == before
    wet, same = taken(store, rows, complete_from=complete_from)
    assert counts == same == (1, 1, 0, 1 if complete_from else 0, 0)
    assert replace(dry, committed=True) == wet


def test_bad_rows_are_refused_one_by_one(store):
    rows = [LEADER, {**LEADER, "phone": "110"}, {**WORKER, "code": "140213051003999"}, WORKER, {**WORKER, "name": ""}]
    done, counts = taken(store, rows)
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
def test_a_code_of_the_layers_in_force_finds_its_layer(store, code, layer):
    taken(store, [{**LEADER, "code": code}])
    assert [post.layer for post in list_posts(store, EVERYBODY).items] == [layer]


def test_a_default_layer_that_is_no_name_is_refused(store):
    with pytest.raises(InputError):
        taken(store, [LEADER], layer="Not a name")
    assert taken(store, [LEADER], layer="rural")[0].refused[0].code == "code_unknown"


def test_people_come_by_duty_then_name(store):
    duties = ["责任部门", "派驻人员", "网格员", "网格党支部", "常驻人员", "楼长", "网格长", "片长"]
    taken(store, [{**LEADER, "duty": duty, "name": name} for duty in duties for name in ("乙", "丙", "甲")])
    found = list_people_of_area(store, "urban", CODE, date(2026, 3, 1))
    assert [post.duty for post in found] == [duty for duty in Duty for _ in range(3)]
    assert [post.name for post in found[:3]] == sorted("甲乙丙")
    assert (
        list_people_of_area(store, "urban", OTHER, date(2026, 3, 1))
        == list_people_of_area(store, "rural", CODE, date(2026, 3, 1))
        == []
    )


def test_pages_hold_every_post_once(store):
    taken(store, [{**WORKER, "name": f"甲某{number}"} for number in range(25)])
    seen, after = [], 0
    while after is not None:
        page = list_posts(store, EVERYBODY, after=after, limit=10)
        seen += page.items
        after = page.next
    assert seen == list_posts(store, EVERYBODY, limit=25).items
    assert len(seen) == 25
    with pytest.raises(QueryError):
        list_posts(store, EVERYBODY, limit=0)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (PostFilter(code=OTHER), ["丙某"]),
        (PostFilter(duty=Duty.LEADER), ["甲某"]),
        (PostFilter(layer="street"), []),
        (PostFilter(day=date(2026, 6, 30)), ["甲某", "乙某"]),
        (PostFilter(day=date(2026, 7, 1), duty=Duty.WORKER), ["乙某", "丙某"]),
    ],
)
def test_each_filter_gives_only_what_it_names(store, chosen, expected):
    taken(store, [LEADER, WORKER, {**SECOND, "code": OTHER}])
    assert [post.name for post in list_posts(store, chosen).items] == expected


def test_what_looks_like_sql_is_a_name(store):
    name = "甲某'); DROP TABLE posts;--"
    taken(store, [{**LEADER, "name": name}])
    assert names(store, "2026-03-01") == [name]
