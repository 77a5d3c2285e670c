"""Uploaded tables over HTTP: workbooks, saved mappings, and refused encodings and datums."""

import gzip
import io

import openpyxl
import pytest

from geogrid.services.import_mappings import ListKind, save_mapping

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CODE = "140213051003008"
POINTS = b"lon,lat\n113.2988,40.09\n"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/locate/batch?datum=wgs84",
        "/v1/incidents",
        "/v1/incidents/import?datum=wgs84",
        "/v1/people/import",
        "/v1/sessions",
        "/desk/new",
    ],
)
@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_compressed_bodies_are_refused(client, path, encoding):
    answer = client.post(
        path, content=gzip.compress(POINTS), headers={"content-type": "text/csv", "content-encoding": encoding}
    )
    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "identity"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "content_encoding"


def test_identity_is_no_encoding(client):
    headers = {"content-type": "text/csv", "content-encoding": "identity"}
    assert client.post("/v1/locate/batch?datum=wgs84", content=POINTS, headers=headers).status_code == 200
    assert client.get("/v1/categories", headers={"content-encoding": "gzip"}).status_code == 200


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (4439757.88, 440200.26, "wrong way round"),
        (113.2988, 40.09, "they are degrees"),
        (38440200.26, 4439757.88, "zone"),
    ],
)
def test_points_that_do_not_fit_the_datum_are_refused(client, x, y, words):
    single = client.get("/v1/locate", params={"lon": x, "lat": y, "datum": "EPSG:4547"})
    batch = client.post("/v1/locate/batch?datum=EPSG:4547", json={"lon": [x, 440200.26], "lat": [y, 4439757.88]})
    assert (single.status_code, batch.status_code) == (422, 422)
    assert words in single.json()["detail"]
    assert [words in fault["detail"] for fault in batch.json()["errors"]] == [True]


def test_batch_reads_one_column_of_both_coordinates(client):
    body = 'id,location\n1,"113.2988,40.09"\n'
    answer = client.post("/v1/locate/batch?datum=wgs84", content=body, headers={"content-type": "text/csv"})
    assert CODE in answer.text


def test_workbook_of_incidents_is_imported_with_a_saved_mapping(client, store):
    save_mapping(store, ListKind.INCIDENTS, "12345", '[values.category]\n"占道" = "Z01"\n'.encode())
    book = openpyxl.Workbook()
    for row in (["上报时间", "类别", "经度", "纬度"], ["2022/3/1 8:05", "占道", 113.2988, 40.09], ["备注：测试"]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    params = {"datum": "wgs84", "mapping": "12345"}
    headers = {"content-type": XLSX}
    answer = client.post("/v1/incidents/import", content=content.getvalue(), headers=headers, params=params).json()
    assert (answer["accepted"], answer["refused"]) == (1, 0)
    assert answer["left_out"] == [{"number": 3, "text": "备注：测试"}]
    unknown = client.post(
        "/v1/incidents/import", content=content.getvalue(), headers=headers, params=params | {"mapping": "no"}
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "mapping_unknown")
