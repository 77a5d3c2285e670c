"""Figures of closed months over HTTP: the snapshot, the values counted now, page and CSV."""

import csv
import io
import re
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from geogrid.model import CONSOLE, Bounds, Grant, Role
from geogrid.rules.formulas import load_formulas
from geogrid.services.api_keys import create_key
from geogrid.services.reporting_periods import close_period
from geogrid.store.tables import incidents

MARCH = {"from": "2022-03-01", "to": "2022-03-31"}


@pytest.fixture
def restated(client, store):
    """The kpi and the rows by street of March at its closing; since then two late incidents became void."""
    kpi = client.get("/v1/kpi", params=MARCH).json()
    rows = client.get("/v1/figures", params={**MARCH, "by": "street"}).json()["rows"]
    close_period(store, load_formulas(), CONSOLE, date(2022, 3, 31), commit=True)
    late = client.get("/v1/figures/overdue/incidents", params={**MARCH, "limit": 2}).json()["items"]
    with store.write() as connection:
        chosen = incidents.c.id.in_([incident["id"] for incident in late])
        connection.execute(update(incidents).where(chosen).values(status="void"))
    return kpi, rows


def test_figures_show_the_snapshot_and_the_values_counted_now(client, restated):
    kpi, rows = restated
    now = client.get("/v1/kpi", params=MARCH).json()
    assert (now["counts"], now["figures"], now["open"]) == (kpi["counts"], kpi["figures"], kpi["open"])
    assert now["snapshot"] is True
    overdue = kpi["counts"]["overdue"]
    assert now["restated"]["counts"]["overdue"] == {"snapshot": overdue, "now": overdue - 2}
    rate = now["restated"]["rates"]["in_time_rate"]
    assert rate["snapshot"] < rate["now"]
    assert [(note["month"], note["official"]) for note in now["closing"]["snapshots"]] == [("2022-03", True)]
    table = client.get("/v1/figures", params={**MARCH, "by": "street"}).json()
    assert [row["counts"] for row in table["rows"]] == [row["counts"] for row in rows]
    assert sum(count["now"] - count["snapshot"] for count in restated_counts(table, "overdue")) == -2


def restated_counts(table, code):
    found = [row["restated"]["counts"] for row in table["rows"] if row["restated"]]
    return [counts[code] for counts in found if code in counts]


def test_page_shows_both_values_and_the_history(client, restated):
    page = client.get("/figures", params={**MARCH, "lang": "en"}).text
    overdue = restated[0]["counts"]["overdue"]
    foot = page[page.index("<tfoot>") : page.index("</tfoot>")]
    assert re.search(rf">{overdue:,}</a> <small class=\"restated\"[^>]*>→ {overdue - 2:,}</small>", foot)
    assert "The figures are those of the closing. Restated since" in page
    assert "2022-03: closed 20" in page
    filtered = client.get("/figures", params={**MARCH, "lang": "en", "category": "Z06"}).text
    assert "their snapshots do not hold these figures" in filtered
    assert 'id="closing"' not in client.get("/figures", params={"from": "2022-05-01", "to": "2022-05-31"}).text


def test_page_marks_closed_months_beside_others(client, restated):
    page = client.get("/figures", params={"from": "2022-03-01", "to": "2022-04-30", "rows": "month", "lang": "en"}).text
    assert "Rows marked “closed” have the figures of the closing" in page
    assert page.count("<small>closed</small>") == 1, "March, and neither April nor the total"


def test_open_incidents_of_a_closed_month_are_no_reason_to_wait(client, store):
    with store.write() as connection:
        first = select(incidents.c.id).where(incidents.c.reported_at >= datetime(2022, 3, 2, tzinfo=UTC)).limit(1)
        connection.execute(
            update(incidents).where(incidents.c.id == first.scalar_subquery()).values(handled_at=None, due_at=None)
        )
    assert 'id="pending"' in client.get("/figures", params=MARCH).text
    close_period(store, load_formulas(), CONSOLE, date(2022, 3, 31), commit=True)
    assert 'id="pending"' not in client.get("/figures", params=MARCH).text


def test_list_behind_a_figure_has_its_own_number(client, restated):
    page = client.get("/incidents", params={**MARCH, "figure": "overdue", "lang": "en"}).text
    assert page.count("<tr>") - 1 == restated[0]["counts"]["overdue"] - 2


def test_csv_has_both_values(client, restated):
    text = client.get("/figures.csv", params={**MARCH, "lang": "en"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    total, overdue = rows[-1], restated[0]["counts"]["overdue"]
    header = next(name for name in total if name == "not handled in time")
    assert (total[header], total[f"{header} (counted now)"]) == (str(overdue), str(overdue - 2))
    assert all(row["Basis"].startswith("closed; 2022-03: closed 20") for row in rows)
    assert {row["generation"] for row in rows} == {""}, "the basis names that of the closing"
    assert total["received (counted now)"] == "", "only values that differ"
    april = client.get("/figures.csv", params={"from": "2022-04-01", "to": "2022-04-30", "lang": "en"})
    assert "Basis" not in april.content.decode("utf-8-sig")


def test_snapshots_of_a_month_are_a_resource(client, reader, store, restated):
    close_period(store, load_formulas(), CONSOLE, date(2022, 2, 28), commit=True)
    close_period(store, load_formulas(), CONSOLE, date(2022, 3, 31), commit=True)
    path = "/v1/figures/snapshots/2022-03"
    found = client.get(path).json()["snapshots"]
    assert [snapshot["official"] for snapshot in found] == [True, False]
    overdue = [snapshot["counts"]["total"][""].get("overdue", 0) for snapshot in found]
    assert overdue == [restated[0]["counts"]["overdue"] - 2, restated[0]["counts"]["overdue"]]
    assert found[0]["by"] == "console"
    assert reader.get(path).status_code == 401
    answer = client.get("/v1/figures/snapshots/2022-05")
    assert (answer.status_code, answer.json()["code"]) == (404, "snapshot_unknown")
    grant = Grant(frozenset({Role.PLANNER}), Bounds(areas=("140213050",)))
    bounded = {"Authorization": f"Bearer {create_key(store, 'street', grant)}"}
    assert client.get(path, headers=bounded).status_code == 403
