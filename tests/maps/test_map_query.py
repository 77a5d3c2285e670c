"""A view and its address."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qs

import pytest

from geogrid.constants import Language
from geogrid.errors import QueryError
from geogrid.incidents.query import HourRange, Standing
from geogrid.local_time import parse_timestamp
from geogrid.model import Layer
from geogrid_maps.map_query import View, compared, presets

FULL = View(
    first=date(2022, 1, 1),
    last=date(2022, 6, 30),
    category="Z06",
    status=Standing.HANDLED,
    source="patrol",
    layer=Layer.URBAN,
    street="140213050",
    community="140213050006",
    weekday=5,
    hours=HourRange(18, 22),
    as_of=datetime(2022, 2, 28, 16, tzinfo=UTC),
    language=Language.EN,
)


def test_an_address_says_all_that_is_not_as_usual():
    assert View().query() == ""
    assert parse_qs(FULL.query()) == {
        "from": ["2022-01-01"], "to": ["2022-06-30"], "category": ["Z06"], "status": ["handled"], "source": ["patrol"],
        "layer": ["urban"], "street": ["140213050"], "community": ["140213050006"], "weekday": ["5"],
        "hours": ["18-22"], "as_of": ["2022-03-01"], "lang": ["en"],
    }  # fmt: skip


def test_an_address_carries_any_text():
    value = "a&b=c#d +é<script>"
    assert parse_qs(View(category=value).query()) == {"category": [value]}


def test_an_address_lists_several_values():
    view = View(category=("Z01", "Z02"), source=("patrol", "hotline"))
    assert parse_qs(view.query()) == {"category": ["Z01,Z02"], "source": ["patrol,hotline"]}
    assert view.filter().category == ("Z01", "Z02")
    assert View(category="Z06").category == ("Z06",)
    assert View(category=()).category is None


def test_a_changed_address_leaves_the_view_alone():
    assert View(category="Z06").query(category=None, first=date(2022, 1, 1)) == "from=2022-01-01"
    assert FULL.query(language=Language.ZH).endswith("community=140213050006&weekday=5&hours=18-22&as_of=2022-03-01")


def test_the_filter_chooses_the_same():
    chosen = FULL.filter()
    assert chosen.since == datetime(2021, 12, 31, 16, tzinfo=UTC)
    assert chosen.until == datetime(2022, 6, 30, 16, tzinfo=UTC)
    for name in ("category", "status", "source", "layer", "street", "community", "weekday", "hours"):
        assert getattr(chosen, name) == getattr(FULL, name)
    assert (chosen.by_generation, FULL.filter(2).by_generation) == (None, 2)


@pytest.mark.parametrize("text", ["2022-03-01", "2022-03-01T08:00:00+08:00", "2022-03-01T08:00:00.000001+08:00"])
def test_a_moment_stays_the_same_in_an_address(text):
    address = View(as_of=parse_timestamp(text)).query()
    assert parse_qs(address) == {"as_of": [text]}


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(QueryError):
        View(first=date(2022, 2, 1), last=date(2022, 1, 1)).filter()


@pytest.mark.parametrize(
    ("newest", "firsts"),
    [
        ("2022-06-30", ["2022-06-30", "2022-06-24", "2022-06-01", "2022-04-01", "2022-01-01"]),
        ("2024-02-29", ["2024-02-29", "2024-02-23", "2024-02-01", "2024-01-01", "2024-01-01"]),
        ("2023-07-01", ["2023-07-01", "2023-06-25", "2023-07-01", "2023-07-01", "2023-07-01"]),
        ("2023-12-31", ["2023-12-31", "2023-12-25", "2023-12-01", "2023-10-01", "2023-07-01"]),
    ],
)
def test_periods_on_offer(newest, firsts):
    found = presets(date.fromisoformat(newest))
    assert list(found) == ["day", "week", "month", "quarter", "half"]
    assert [str(first) for first, _ in found.values()] == firsts
    assert {str(last) for _, last in found.values()} == {newest}


def test_a_period_of_another_age_is_refused_before_one_is_compared_with_it():
    with pytest.raises(QueryError, match="year"):
        compared(View(first=date(370, 3, 19)), date(2022, 6, 30))
