"""Possible duplicates over HTTP: before, during and after a report."""

import itertools

REPORT = {
    "lon": 113.2988,
    "lat": 40.09,
    "datum": "wgs84",
    "category": "Z06",
    "description": "路口堆放共享单车",
    "reported_at": "2026-03-01T20:00:00+08:00",
}


def test_report_lists_possible_duplicates_also_when_repeated(client):
    first = client.post("/v1/incidents", json=REPORT).json()
    assert first["duplicates"] == []
    headers = {"Idempotency-Key": "k1"}
    body = {**REPORT, "reported_at": "2026-03-01T21:00:00+08:00"}
    second = client.post("/v1/incidents", json=body, headers=headers)
    expected = [{"id": first["id"], "distance_m": 0.0, "hours": 1.0, "score": 0.988, "status": "reported"}]
    assert second.json()["duplicates"] == expected
    again = client.post("/v1/incidents", json=body, headers=headers)
    assert (again.status_code, again.json()) == (201, second.json())
    assert client.get(f"/v1/incidents/{second.json()['id']}/duplicates").json() == expected


def test_duplicates_can_be_searched_before_a_report(client):
    number = client.post("/v1/incidents", json=REPORT).json()["id"]
    asked = {"lon": 113.3058, "lat": 40.0912, "datum": "gcj02", "category": "Z06", "at": "2026-03-01T20:30:00+08:00"}
    (found,) = client.get("/v1/duplicates", params=asked).json()
    assert (found["id"], found["hours"]) == (number, 0.5)
    assert 0 < found["distance_m"] < 2
    assert client.get("/v1/duplicates", params={**asked, "category": "Z07"}).json() == []
    assert client.get("/v1/duplicates", params={**asked, "category": "no"}).json()["code"] == "category_unknown"
    assert client.get("/v1/duplicates", params={**asked, "lat": 113}).status_code == 422


def test_merged_incident_names_final_incident(client):
    numbers = [client.post("/v1/incidents", json=REPORT).json()["id"] for _ in range(3)]
    for number, target in itertools.pairwise(numbers):
        tag = client.get(f"/v1/incidents/{number}").headers["ETag"]
        step = {"action": "merge", "incident": target}
        done = client.post(f"/v1/incidents/{number}/transitions", json=step, headers={"If-Match": tag})
        assert done.status_code == 200
    read = client.get(f"/v1/incidents/{numbers[0]}").json()
    assert (read["merged_into"], read["merged_finally"]) == (numbers[1], numbers[2])
    assert client.get(f"/v1/incidents/{numbers[2]}").json()["merged_finally"] is None
