"""The timeline: its pictures against the rows, and its page in a real browser."""

from datetime import date

import numpy as np
import pytest
from sqlalchemy import select

from geogrid.incidents.query import IncidentQuery
from geogrid.local_time import day_span, local_zone
from geogrid.services.incident_animation import build_animation
from geogrid.stats.animation_frames import TimeStep, limit_cells
from geogrid.stats.point_binning import bin_points
from geogrid.store.tables import incidents

SPRING = IncidentQuery(*day_span(date(2022, 3, 1), date(2022, 3, 31)), category="Z02")
PAGE = "/maps/timeline?from=2022-01-01&to=2022-06-30"


@pytest.fixture(scope="module")
def rows(demo):
    """The moments and places of the incidents of `SPRING`, read one by one."""
    columns = incidents.c
    with demo.read() as connection:
        found = connection.execute(
            select(columns.reported_at, columns.lon, columns.lat).where(
                columns.category == "Z02", columns.reported_at >= SPRING.since, columns.reported_at < SPRING.until
            )
        ).all()
    return [(moment.astimezone(local_zone()), lon, lat) for moment, lon, lat in found]


@pytest.mark.parametrize(
    ("step", "key"),
    [
        (TimeStep.MONTH, lambda moment: f"{moment:%Y-%m}-01"),
        (TimeStep.DAY, lambda moment: f"{moment:%Y-%m-%d}"),
        (TimeStep.WEEKDAY, lambda moment: str(moment.isoweekday())),
        (TimeStep.HOUR, lambda moment: str(moment.hour)),
    ],
)
def test_each_step_counts_the_incidents_of_its_time(demo, rows, step, key):
    found = build_animation(demo, SPRING, step)
    assert found.kpi.received == sum(picture.count for picture in found.pictures) == len(rows)
    for picture in found.pictures:
        own = [(lon, lat) for moment, lon, lat in rows if key(moment) == picture.key]
        assert picture.count == len(own)
        cells = bin_points(*np.array(own).reshape(-1, 2).T)
        assert picture.cells.count.tolist() == cells.count.tolist()
        assert picture.cells.lon.tolist() == cells.lon.tolist()


def test_public_cells_have_at_least_three_incidents(demo):
    pictures = build_animation(demo, SPRING, TimeStep.WEEK, coarse=True).pictures
    assert min(picture.cells.count.min(initial=3) for picture in pictures) == 3
    assert [picture.key for picture in pictures] == [
        "2022-02-28", "2022-03-07", "2022-03-14", "2022-03-21", "2022-03-28",
    ]  # fmt: skip


def test_cells_are_merged_without_losing_incidents():
    rng = np.random.default_rng(7)
    pictures = {str(key): bin_points(*rng.uniform((113, 40), (113.4, 40.3), (500, 2)).T) for key in range(3)}
    grown, width = limit_cells(pictures, limit=300)
    assert sum(len(cells.count) for cells in grown.values()) <= 300
    assert width > 0.001
    assert [int(cells.count.sum()) for cells in grown.values()] == [500] * 3


def test_timeline_plays_and_steps(service, visit):
    found = visit(service.origin + PAGE)
    page = found.page
    assert page.inner_text("#n") == "59,369"
    bars = page.locator("#bars button")
    assert bars.count() == 27
    first = page.inner_text("#picture")
    assert first.startswith("起始周 2021-12-27")
    page.focus("#at")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#picture").startswith("起始周 2022-01-03")
    page.select_option("#speed", "200")
    page.click("#play")
    assert page.get_attribute("#picture", "aria-live") == "off"
    found.until("document.getElementById('picture').textContent.includes('2022-01-17')")
    page.click("#play")
    assert page.get_attribute("#picture", "aria-live") == "polite"
    # What is drawn is what is told.
    bars.nth(10).click()
    told = int(bars.nth(10).get_attribute("title").split(": ")[1].split()[0].replace(",", ""))
    assert 0 < page.evaluate("geogrid.layers.heat._latlngs.reduce((sum, [, , count]) => sum + count, 0)") <= told


def test_timeline_by_hour_in_english_on_a_phone(service, visit):
    page = visit(
        service.origin + PAGE + "&step=hour&category=Z02&weekday=5&lang=en", viewport={"width": 390, "height": 844}
    ).page
    assert page.locator("#bars button").count() == 24
    assert page.inner_text("#picture").startswith("00:00–00:59")
    assert page.locator("#player").bounding_box()["width"] <= 390
    assert page.locator(".chip").count() == 3
