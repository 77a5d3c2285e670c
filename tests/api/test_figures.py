"""Figures, their incidents and the queue over HTTP."""

from datetime import datetime

import pytest

from geogrid.local_time import local_zone
from geogrid.model import Grant, Role
from geogrid.services.api_keys import create_key

MARCH = {"from": "2022-03-01", "to": "2022-03-31"}


def figure(body, code):
    return next(figure for figure in body["figures"] if figure["code"] == code)


def test_kpi_returns_numerator_and_denominator_of_each_rate(reader):
    body = reader.get("/v1/kpi", params={**MARCH, "compare": "before,year"}).json()
    found = figure(body, "in_time_rate")
    assert found["rate"] == round(found["numerator"] / found["denominator"], 4)
    assert found["excluded"].keys() >= {"due_void", "due_merged", "no_due_time"}
    before = body["compared"]["before"]
    assert (before["from"], before["to"]) == ("2022-02-01", "2022-02-28")
    then = figure(before, "in_time_rate")
    assert then["points"] == pytest.approx(100 * (found["rate"] - then["rate"]), abs=1e-6)
    assert figure(body["compared"]["year"], "in_time_rate")["points"] is None
    assert reader.get("/v1/figures/formulas").json()["version"] == body["formulas"]


def test_figure_rows_match_their_incident_lists(client):
    body = client.get("/v1/figures", params={**MARCH, "by": "street"}).json()
    row = body["rows"][-1]
    asked = {**MARCH, "street": row["key"], "part": "denominator", "limit": 1000}
    page = client.get("/v1/figures/in_time_rate/incidents", params=asked).json()
    assert len(page["items"]) == figure(row, "in_time_rate")["denominator"]
    assert all(incident["street_code"] == row["key"] for incident in page["items"])


def test_weekday_and_hours_filter_figures(client):
    asked = {"category": "Z02", "weekday": 5, "hours": "18-22"}
    number = client.get("/v1/kpi", params=asked).json()["received"]
    items = client.get("/v1/incidents", params={**asked, "limit": 1000}).json()["items"]
    local = [datetime.fromisoformat(item["reported_at"]).astimezone(local_zone()) for item in items]
    assert 0 < number == len(items)
    assert {moment.isoweekday() for moment in local} == {5}
    assert {moment.hour for moment in local} <= {18, 19, 20, 21, 22}
    rows = client.get("/v1/figures", params={**asked, "by": "street"}).json()["rows"]
    assert sum(row["counts"]["received"] for row in rows) == number
    page = client.get("/maps/heatmap", params={**asked, "lang": "en"}).text
    assert "Friday" in page
    assert "evening 18:00–22:59" in page


def test_figures_by_worker_and_incidents_need_authentication(reader, client):
    for by in ("worker", "finder"):
        assert reader.get("/v1/figures", params={"by": by}).status_code == 401
    assert reader.get("/v1/figures/overdue/incidents").status_code == 401
    row = client.get("/v1/figures", params={**MARCH, "by": "worker"}).json()["rows"][0]
    asked = {**MARCH, "worker": row["key"]}
    page = client.get("/v1/figures/handled_in_time/incidents", params=asked).json()
    assert len(page["items"]) == row["counts"]["handled_in_time"]


def test_worker_filter_needs_permission_to_read_people(client, store):
    bearer = {"Authorization": f"Bearer {create_key(store, 'planner', Grant(frozenset({Role.PLANNER})))}"}
    path = "/v1/figures/handled/incidents"
    assert client.get(path, params={"limit": 1}, headers=bearer).status_code == 200
    for field in ("worker", "finder"):
        response = client.get(path, params={"limit": 1, field: "user:1"}, headers=bearer)
        assert (response.status_code, response.json()["code"]) == (403, "permission")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/figures", 422, "validation"),
        ("/v1/figures?by=mood", 422, "validation"),
        ("/v1/figures?by=street&compare=before", 422, "compare_period"),
        ("/v1/figures?by=street&compare=tomorrow", 422, "validation"),
        ("/v1/figures?by=month&compare=before&from=2022-01-01&to=2022-01-31", 422, "compare_by"),
        ("/v1/figures/happiness/incidents", 404, "figure_unknown"),
        ("/v1/figures/overdue/incidents?cursor=x", 422, "cursor"),
        ("/v1/queue?urgency=soon", 422, "validation"),
        ("/v1/queue?cursor=x", 422, "cursor"),
        ("/v1/kpi?weekday=0", 422, "validation"),
        ("/v1/kpi?hours=18-24", 422, "validation"),
    ],
)
def test_invalid_figure_query_is_a_problem(client, path, status, code):
    response = client.get(path)
    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.full_demo
def test_queue_needs_authentication_and_has_pages(reader, client):
    assert reader.get("/v1/queue").status_code == 401
    first = client.get("/v1/queue", params={"limit": 5, "status": "handling"}).json()
    second = client.get("/v1/queue", params={"limit": 5, "status": "handling", "cursor": first["next"]}).json()
    due = [incident["stage_due_at"] for incident in first["items"] + second["items"]]
    assert len(due) == 10
    assert due == sorted(due)
    assert first["counts"].keys() == {"handling"}
