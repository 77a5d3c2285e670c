"""The pages with tables, in a real browser: figures that lead further, and the list of incidents."""

from __future__ import annotations

import csv
import io

import httpx2
import pytest
from scipy.stats import binom

from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE, Bounds, Grant, Role
from geogrid.model.figures import Rate
from geogrid.services.users import add_user
from geogrid.stats.ranking import rank_figures
from geogrid.stats.rate_change import ComparedDays, compare_rates
from geogrid_maps.formatting import format_change

JUNE = "from=2022-06-01&to=2022-06-30"
PASSWORD = "correct horse battery staple"
STREET = "140213051"
SIZES = {"desk": {"width": 1366, "height": 768}, "phone": {"width": 390, "height": 844}}
#: The texts of cells, without what stands small beside them.
CELLS = """rows => rows.map((row) => [...row.cells].map((cell) => {
  const plain = cell.cloneNode(true);
  for (const small of plain.querySelectorAll("small")) small.remove();
  return plain.textContent.trim();
}))"""


def ask(service, path):
    return httpx2.get(service.origin + path, trust_env=False, timeout=60).raise_for_status()


def number(text):
    return int(text.replace(",", ""))


def test_figures_page_agrees_with_the_api(service, visit):
    page = visit(f"{service.origin}/figures?{JUNE}").page
    found = page.locator("tbody tr").evaluate_all(CELLS)
    table = ask(service, f"/v1/figures?by=street&{JUNE}").json()
    assert len(found) == len(table["rows"]) == 18
    for cells, row in zip(found, table["rows"], strict=True):
        counts = row["counts"]
        assert [number(cell) for cell in cells[1:6]] == [
            counts[code] for code in ("received", "handled", "open", "overdue", "reopened")
        ]
        rates = [figure["rate"] for figure in row["figures"]]
        assert [float(cell.rstrip("%")) for cell in cells[6:]] == pytest.approx(
            [100 * rate for rate in rates], abs=0.006
        )
    (total,) = page.locator("tfoot tr").evaluate_all(CELLS)
    assert number(total[1]) == number(page.inner_text("#n")) == table["total"]["counts"]["received"]
    assert "2022-05-01 – 2022-05-31" in page.inner_text("main")
    assert f"{table['total']['counts']['pending']:,} 件" in page.inner_text("#pending")


def test_row_links_to_its_details(service, visit):
    page = visit(f"{service.origin}/figures?{JUNE}&lang=en").page
    (row,) = [row for row in page.locator("tbody tr").all() if "古城街道" in row.inner_text()]
    n = row.locator("td").first.inner_text().split()[0]
    for link in ("古城街道", None):
        with page.expect_navigation():
            page.locator("tbody a", has_text=link).first.click() if link else page.locator("tbody a").first.click()
        if link:
            assert page.inner_text("#n") == n
            assert page.locator("select[name=rows] option:checked").inner_text() == "Community, village"
    assert page.locator("select[name=rows] option:checked").inner_text() == "Categories"
    assert page.locator(".chip").count() == 3
    with page.expect_navigation():
        page.click(".bar a[href^='/maps/density']")
    assert f"street={STREET}" in page.url


def test_rows_are_ranked_by_a_rate_with_the_ranks_that_chance_leaves_open(service, visit, axe):
    page = visit(f"{service.origin}/figures?{JUNE}&lang=en").page
    with page.expect_navigation():
        page.get_by_role("columnheader", name="handled in time / due").locator("a").first.click()
    assert "rank=in_time_rate" in page.url
    figures = {row["key"]: row for row in ask(service, f"/v1/figures?by=street&{JUNE}").json()["rows"]}
    rates = {
        row["key"]: Rate(one["numerator"], one["denominator"])
        for row in figures.values()
        for one in row["figures"]
        if one["code"] == "in_time_rate"
    }
    ranks = sorted(rank_figures(list(rates.values())), key=lambda rank: rank.rank)
    shown = page.locator("tbody .rank").all_inner_texts()
    assert shown == [f"{rank.rank}{'=' if rank.is_tied else ''} {rank.low}–{rank.high}" for rank in ranks]
    values = [float(row[10].rstrip("%")) for row in page.locator("tbody tr").evaluate_all(CELLS)]
    assert values == sorted(values, reverse=True)
    assert page.get_by_role("columnheader", name="handled in time / due").get_attribute("aria-sort") == "descending"
    points = page.locator(".funnel circle")
    assert points.count() == len(rates) == 18
    # The title is the text alternative: name, counts and rate of each.
    assert all(" / " in title for title in points.locator("title").all_text_contents())
    beyond = page.locator(".funnel .beyond-2").count()
    assert beyond == sum(is_beyond(rate, list(rates.values())) for rate in rates.values())
    assert axe(page) == []


def is_beyond(rate, rates):
    """Whether the exact binomial probability of a count, or of a more extreme one, is below 0.1 %."""
    share = sum(one.numerator for one in rates) / sum(one.denominator for one in rates)
    tails = binom.cdf(rate.numerator, rate.denominator, share), binom.sf(rate.numerator - 1, rate.denominator, share)
    return min(tails) < 0.001


def test_rank_by_a_count_has_no_funnel_plot(service, visit):
    page = visit(f"{service.origin}/figures?{JUNE}&rank=overdue").page
    overdue = [number(row[5]) for row in page.locator("tbody tr").evaluate_all(CELLS)]
    assert overdue == sorted(overdue, reverse=True)
    assert page.locator(".funnel").count() == 0
    assert page.locator("tbody .rank").first.inner_text().startswith("1 ")


def test_rank_by_an_unknown_figure_names_those_that_exist(service):
    answer = httpx2.get(f"{service.origin}/figures?rank=happiness", trust_env=False, timeout=60)
    assert answer.status_code == 422
    assert "in_time_rate" in answer.text
    assert "happiness" not in answer.text


def test_csv_agrees_with_the_page(service):
    table = ask(service, f"/v1/figures?by=source&{JUNE}").json()
    rows = list(
        csv.DictReader(
            io.StringIO(ask(service, f"/figures.csv?rows=source&{JUNE}&lang=en").content.decode("utf-8-sig"))
        )
    )
    assert [(row["Code"], int(row["received"])) for row in rows[:-1]] == [
        (row["key"], row["counts"]["received"]) for row in table["rows"]
    ]
    assert sum(int(row["received"]) for row in rows[:-1]) == int(rows[-1]["received"])


def test_figures_by_worker_are_not_public(service):
    response = httpx2.get(f"{service.origin}/figures?rows=worker&{JUNE}", trust_env=False, timeout=60)
    assert response.status_code == 422
    assert "worker" not in response.text, "the page names the groupings that exist"


@pytest.mark.parametrize("rows", ["community", "category", "department", "source", "month", "week", "day"])
@pytest.mark.parametrize("size", SIZES)
def test_each_grouping_fits_the_screen_and_passes_axe(service, visit, axe, size, rows):
    language = "&lang=en" if size == "phone" else ""
    page = visit(
        f"{service.origin}/figures?rows={rows}&from=2022-05-01&to=2022-06-30{language}", viewport=SIZES[size]
    ).page
    assert page.locator("tbody tr").count() > 1
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    assert axe(page) == []


@pytest.fixture(scope="module")
def town(run_service, copy_demo, tmp_path_factory):
    home = tmp_path_factory.mktemp("tables")
    copy_demo(home, "full")

    def fill(store):
        grant = Grant(frozenset({Role.DISPATCHER}), Bounds(areas=(STREET,)))
        add_user(store, load_rules(), CONSOLE, name="street", display_name="街道值班", password=PASSWORD, grant=grant)

    with run_service(home, fill) as found:
        yield found


@pytest.mark.parametrize("size", SIZES)
def test_incident_list_respects_the_bounds_of_the_user(town, visit, axe, size):
    page = visit(f"{town.origin}/figures?category=Z02&{JUNE}", viewport=SIZES[size]).page
    with page.expect_navigation():
        page.click(".bar .who")
    page.get_by_label("账号").fill("street")
    page.get_by_label("密码").fill(PASSWORD)
    with page.expect_navigation(url="**/figures?**"):
        page.keyboard.press("Enter")
    assert page.inner_text(".bar .who") == "街道值班"
    with page.expect_navigation():
        page.click("main header a[href^='/incidents']")
    assert "category=Z02" in page.url
    expected = ask(town, f"/v1/kpi?category=Z02&street={STREET}&{JUNE}").json()["received"]
    assert number(page.inner_text("#n")) == expected > 50
    numbers = []
    while True:
        numbers += page.locator("tbody th").all_inner_texts()
        assert all("古城街道" in place for place in page.locator("tbody td:nth-child(5)").all_inner_texts())
        if not page.locator("a[rel=next]").count():
            break
        with page.expect_navigation():
            page.click("a[rel=next]")
    assert len(numbers) == len(set(numbers)) == expected
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    assert axe(page) == []
    first = page.locator("tbody a").first.inner_text()
    with page.expect_navigation():
        page.locator("tbody a").first.click()
    assert page.url == f"{town.origin}/incidents/{first}"


def test_each_number_leads_to_the_incidents_that_it_counts(town, visit):
    page = visit(f"{town.origin}/figures?{JUNE}&rows=category&street={STREET}").page
    with page.expect_navigation():
        page.click(".bar .who")
    page.get_by_label("账号").fill("street")
    page.get_by_label("密码").fill(PASSWORD)
    with page.expect_navigation(url="**/figures?**"):
        page.keyboard.press("Enter")
    row = page.locator("tbody tr").first
    cells = row.locator("td").evaluate_all(
        "cells => cells.map((cell) => [cell.querySelector('a').href, cell.title, cell.querySelector('a').innerText])"
    )
    assert len(cells) == 13
    for href, title, value in cells:
        expected = number(title.split(" / ")[0] if title else value)
        page.goto(href)
        assert number(page.inner_text("#n")) == expected
        assert page.locator("tbody tr").count() == min(expected, 50)
        assert page.locator(".chip", has_text="计入").count() == 1


def test_map_shows_the_change_against_the_preceding_period(service, visit):
    june, may = (ask(service, f"/v1/kpi?{days}").json()["received"] for days in (JUNE, "from=2022-05-01&to=2022-05-31"))
    page = visit(f"{service.origin}/maps/density?{JUNE}&lang=en").page
    change = compare_rates(may, june, ComparedDays(31, 30))
    assert page.inner_text("#before") == f"per day, vs. the preceding period {format_change(change)}"
    assert visit(f"{service.origin}/maps/density?from=2022-06-01").page.locator("#before").count() == 0


@pytest.mark.parametrize("path", ["/figures", "/maps/heatmap", "/maps/compare"])
def test_a_period_with_none_before_it_is_refused_or_shown(service, path):
    answer = httpx2.get(f"{service.origin}{path}?from=1970-01-01&to=9999-12-31", trust_env=False, timeout=60)
    assert answer.status_code in (200, 422)
