"""`GET /v1/incidents/export`, and the links to it."""

import csv
import html
import io
import re

import pytest

from geogrid.incidents.export_writers import IncidentFormat
from geogrid.model import Bounds, Grant, Role
from geogrid.services.api_keys import create_key

ADDRESS = "/v1/incidents/export"


def headers(store, *roles, **grant):
    return {"Authorization": f"Bearer {create_key(store, 'other', Grant(frozenset(roles), **grant))}"}


@pytest.mark.parametrize("form", list(IncidentFormat))
def test_list_is_exported_in_every_format(client, form):
    response = client.get(ADDRESS, params={"format": form, "street": "140213050", "from": "2022-03-01"})
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == form.media_type
    assert response.headers["content-disposition"] == f'attachment; filename="incidents-2022-03-01{form.suffix}"'
    assert response.headers["cache-control"] == "no-store"
    start = {"csv": b"\xef\xbb\xbf", "xlsx": b"PK", "geojson": b"{", "gpkg": b"SQLite format 3", "parquet": b"PAR1"}
    assert response.content.startswith(start[form])


def test_export_has_the_rows_of_the_list(client):
    asked = {"street": "140213050,140213051", "hours": "8-18", "status": "handled"}
    listed = client.get("/v1/incidents", params={**asked, "limit": 1_000}).json()["items"]
    content = client.get(ADDRESS, params={**asked, "format": "csv", "lang": "en"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [int(row["id"]) for row in rows] == [incident["id"] for incident in listed]
    assert len(rows) > 10
    assert rows[0]["filters"] == "Status: handled; Street: 140213050 永泰街道, 140213051 古城街道; Hours: 8:00–18:59"


def test_export_is_refused_without_login_and_without_permission(client, store):
    asked = {"format": "csv"}
    anonymous = client.get(ADDRESS, params=asked, headers={"Authorization": ""})
    assert anonymous.status_code == 401
    worker = client.get(ADDRESS, params=asked, headers=headers(store, Role.GRID_WORKER))
    assert (worker.status_code, worker.json()["code"]) == (403, "permission")
    planner = client.get(ADDRESS, params=asked, headers=headers(store, Role.PLANNER))
    assert planner.status_code == 200


def test_export_is_within_the_bounds_of_the_key_and_in_the_audit_log(client, store):
    bounded = headers(store, Role.SUPERVISOR, bounds=Bounds(areas=("140213051",)))
    features = client.get(ADDRESS, params={"format": "geojson"}, headers=bounded).json()["features"]
    assert {feature["properties"]["street_code"] for feature in features} == {"140213051"}
    record = client.get("/v1/audit").json()["items"][0]
    assert (record["action"], record["what"]) == ("incidents.export", f"geojson, {len(features)} incidents: all")


@pytest.mark.parametrize(
    ("asked", "field"),
    [({}, "format"), ({"format": "xls"}, "format"), ({"format": "csv", "weekday": "8"}, "weekday")],
)
def test_invalid_export_is_a_problem(client, asked, field):
    response = client.get(ADDRESS, params=asked)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert field in response.text


@pytest.mark.parametrize("figure", ["", "&figure=overdue"])
def test_page_links_to_the_exports_of_its_list(client, store, figure):
    query = f"from=2022-03-01&to=2022-03-31&category=Z06&step=day&lang=en{figure}"
    page = client.get(f"/incidents?{query}").text
    links = [html.unescape(link) for link in re.findall(rf'href="({ADDRESS}\?[^"]*)"', page)]
    assert {link.rpartition("format=")[2] for link in links} == set(IncidentFormat)
    content = client.get(links[0]).content.decode("utf-8-sig")
    n = int(re.search(r'id="n">([\d,]+)<', page)[1].replace(",", ""))
    assert len(list(csv.DictReader(io.StringIO(content)))) == n
    assert ADDRESS not in client.get(f"/incidents?{query}", headers=headers(store, Role.GRID_WORKER)).text
