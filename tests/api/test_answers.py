"""What the API answers: to a dispatcher, a planner, a client, and to bad input."""

import json

import pytest

from geogrid.services.keys import create_key, revoke_key

TELEPHONE = {"lon": 113.3058, "lat": 40.0912, "datum": "gcj02"}
REPORT = {**TELEPHONE, "category": "Z06", "description": "摊主 13800138000"}
PROBLEM = "application/problem+json"


def problem(response, status, code):
    assert response.headers["content-type"] == PROBLEM
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["type"] == f"urn:geogrid:problem:{code}"
    assert body["title"]
    assert body["detail"]
    return body


def test_locate_answers_a_telephone_with_the_fields_that_are_promised(reader):
    answer = reader.get("/v1/locate", params=TELEPHONE)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {
        "point",
        "datum",
        "wgs84",
        "status",
        "generation",
        "synthetic",
        "base",
        "dedicated",
        "community",
        "street",
        "responsible",
    }
    assert body["base"] == {"code": "140213051003008", "name": "仁和美社区第08网格", "layer": "urban"}
    assert body["street"] == {"code": "140213051", "name": "古城街道"}
    assert body["responsible"] == body["base"]
    assert (body["status"], body["generation"], body["dedicated"]) == ("inside", 1, None)
    assert body["point"] == {"lon": 113.3058, "lat": 40.0912}


def test_the_same_numbers_under_another_datum_are_another_grid(reader):
    grids = {
        datum: reader.get("/v1/locate", params={**TELEPHONE, "datum": datum}).json()["base"]["code"]
        for datum in ("gcj02", "wgs84", "bd09")
    }
    assert len(set(grids.values())) == 3


def test_outside_is_an_answer(reader):
    body = reader.get("/v1/locate", params={"lon": 116.4, "lat": 39.9, "datum": "wgs84"}).json()
    assert body["status"] == "outside"
    assert body["base"] is body["street"] is body["responsible"] is None


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"lon": 40.09, "lat": 113.3, "datum": "wgs84"}, "coordinates_swapped"),
        ({"lon": "nan", "lat": 40.09, "datum": "wgs84"}, "not_finite"),
        ({"lon": "1e999", "lat": 40.09, "datum": "wgs84"}, "not_finite"),
        ({"lon": 500, "lat": 40.09, "datum": "gcj02"}, "out_of_range"),
        ({"lon": 113.3, "lat": 40.09, "datum": "mars"}, "datum_unknown"),
        ({"lon": 113.3, "lat": 40.09, "datum": "EPSG:99999"}, "datum_unknown"),
        ({"lon": 113.3, "lat": 40.09}, "datum_missing"),
        ({"lon": "east", "lat": 40.09, "datum": "wgs84"}, "validation"),
        ({"lat": 40.09, "datum": "wgs84"}, "validation"),
    ],
)
def test_a_point_that_cannot_be_located_is_a_problem(reader, params, code):
    problem(reader.get("/v1/locate", params=params), 422, code)


def test_kpi_gives_the_published_figures(reader):
    body = reader.get("/v1/kpi", params={"from": "2022-01-01", "to": "2022-06-30"}).json()
    assert (body["received"], body["handled"], body["handled_rate"]) == (59_369, 58_621, 0.9874)
    counts = body["counts"]
    assert body["open"] + counts["void"] + counts["merged"] == 748
    assert body["synthetic"] == 59_369


def test_months_add_up_to_the_half_year(reader):
    ends = ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30"]
    received = [
        reader.get("/v1/kpi", params={"from": f"2022-{end[:2]}-01", "to": f"2022-{end}"}).json()["received"]
        for end in ends
    ]
    assert sum(received) == 59_369
    assert min(received) > 5_000


def test_no_incidents_have_no_rate(reader):
    body = reader.get("/v1/kpi", params={"from": "1999-01-01", "to": "1999-12-31"}).json()
    assert (body["received"], body["handled_rate"]) == (0, None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2022-02-01&to=2022-01-01", "period"),
        ("from=0", "validation"),
        ("from=0001-01-01", "period"),
        ("from=yesterday", "validation"),
        ("bbox=1,2,3", "bbox"),
        ("layer=street", "validation"),
        ("street=古城", "validation"),
        ("status=lost", "validation"),
    ],
)
def test_filters_that_make_no_sense(reader, query, code):
    problem(reader.get(f"/v1/kpi?{query}"), 422, code)


def test_a_report_comes_back_with_its_grids_and_can_be_read(client):
    made = client.post("/v1/incidents", json=REPORT)
    assert made.status_code == 201
    body = made.json()
    assert body["base_code"] == "140213051003008"
    assert (body["point"], body["datum"]) == ({"lon": 113.3058, "lat": 40.0912}, "gcj02")
    assert (body["status"], body["generation"], body["synthetic"]) == ("reported", 1, False)
    assert body["description"] == "摊主 138****8000"
    assert body.pop("duplicates") == []
    again = client.get(made.headers["location"]).json()
    assert again.pop("merged_finally") is None
    assert again == body
    newest = client.get("/v1/incidents", params={"limit": 1}).json()["items"][0]
    assert newest == body


def test_times_are_on_the_clock_of_the_district(client):
    body = client.post("/v1/incidents", json={**REPORT, "reported_at": "2026-03-01T00:30:00Z"}).json()
    assert body["reported_at"] == "2026-03-01T08:30:00+08:00"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lat": False}, "validation"),
        ({"lat": "40.09"}, "validation"),
        ({"lat": None}, "validation"),
        ({"reported_at": 1}, "validation"),
        ({"reported_at": "2026-03-01T08:30:00"}, "validation"),
        ({"reported_at": "0001-01-01T00:00:00+14:00"}, "time_too_early"),
        ({"reported_at": "2999-01-01T00:00:00Z"}, "time_in_future"),
        ({"category": "Z99"}, "category_unknown"),
        ({"colour": "red"}, "validation"),
        ({"external_id": ""}, "validation"),
        ({"external_id": " "}, "validation"),
        ({"external_id": "n-1 "}, "validation"),
        ({"datum": None}, "datum_missing"),
        ({"description": "长" * 2_001}, "validation"),
        ({"description": "a\u0000b"}, "text_control"),
        ({"lon": 40.09, "lat": 113.3}, "coordinates_swapped"),
    ],
)
def test_a_bad_report_is_refused_and_leaves_nothing(client, change, code):
    newest = client.get("/v1/incidents", params={"limit": 1}).json()
    problem(client.post("/v1/incidents", json={**REPORT, **change}), 422, code)
    assert client.get("/v1/incidents", params={"limit": 1}).json() == newest


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_json_does_not_have(client, number):
    text = json.dumps({**REPORT, "lon": 0}).replace('"lon": 0', f'"lon": {number}')
    answer = client.post("/v1/incidents", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == PROBLEM
    json.loads(answer.text, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/incidents", {**REPORT, "category": "secret-4711"}),
        ("/v1/incidents", {**REPORT, "secret-4711": 1}),
        ("/v1/incidents", {**REPORT, "source": "secret-4711"}),
        ("/v1/incidents", {**REPORT, "datum": "secret-4711"}),
        ("/v1/incidents", {**REPORT, "reported_at": "secret-4711"}),
    ],
)
def test_a_refusal_never_repeats_a_value(client, path, body):
    answer = client.post(path, json=body)
    assert answer.status_code == 422
    assert "secret-4711" not in answer.text


def test_what_is_wrong_is_said_once(reader):
    assert len(reader.get("/v1/kpi?from=yesterday").json()["errors"]) == 1


@pytest.mark.parametrize("body", [b"e\xff", b'{"lon": "\xb9\xe3"}', b"[" * 20_000, b"\xff\xfe{\x00"])
def test_a_body_that_is_no_text_or_too_deep_is_a_documented_problem(client, body):
    answer = client.post("/v1/incidents", content=body, headers={"Content-Type": "application/json"})
    found = problem(answer, 422, "validation")
    assert [(error["pointer"].split("/")[1], error["code"]) for error in found["errors"]] == [("body", "json_invalid")]


def test_a_number_longer_than_any_is_not_there(client):
    problem(client.get(f"/v1/incidents/{'1' * 5_000}"), 404, "not_found")


def test_a_report_is_small(client):
    problem(client.post("/v1/incidents", json={**REPORT, "description": "x" * 65_000}), 413, "content_too_large")


def test_broken_json_is_a_problem(client):
    answer = client.post("/v1/incidents", content='{"lon": ', headers={"Content-Type": "application/json"})
    problem(answer, 422, "validation")


def test_an_external_id_is_taken_once(client):
    assert client.post("/v1/incidents", json={**REPORT, "external_id": "n-1"}).status_code == 201
    problem(client.post("/v1/incidents", json={**REPORT, "external_id": "n-1"}), 409, "external_id_known")


def test_a_body_that_is_too_large_is_refused(client):
    answer = client.post("/v1/incidents/import", content=b"x" * 1_100_000, headers={"Content-Type": "text/csv"})
    problem(answer, 413, "content_too_large")


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/incidents/1"])
def test_incidents_need_a_key(reader, path):
    body = problem(reader.get(path), 401, "key_required")
    assert "Authorization" in body["detail"]
    assert reader.get(path, headers={"Authorization": "Bearer gg_wrong"}).json()["code"] == "key_unknown"
    assert reader.get(path).headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_opens_nothing(client, store):
    key = create_key(store, "leaving")
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/v1/incidents/1", headers=headers).status_code == 200
    revoke_key(store, 2)
    assert client.get("/v1/incidents/1", headers=headers).status_code == 401


def test_pages_follow_their_cursor_to_the_end(client):
    query = {"street": "140213051", "category": "Z08", "limit": 20}
    seen, cursor = [], None
    while True:
        page = client.get("/v1/incidents", params={**query, **({"cursor": cursor} if cursor else {})}).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    total = client.get("/v1/kpi", params={"street": "140213051", "category": "Z08"}).json()["received"]
    assert len(seen) == len(set(seen)) == total > 20


CSV = "reported_at,category,lon,lat\n2026-01-02 08:00,Z01,113.3058,40.0912\n2026-01-02 08:00,Z99,113.3,40.1\n"


def test_an_import_reports_each_refused_row(client):
    dry = client.post("/v1/incidents/import?datum=gcj02", content=CSV, headers={"Content-Type": "text/csv"}).json()
    assert (dry["rows"], dry["accepted"], dry["refused"], dry["committed"]) == (2, 1, 1, False)
    assert dry["refusals"][0] == {
        "row": 3,
        "field": "category",
        "code": "category_unknown",
        "reason": "The category is unknown.",
    }
    assert client.get("/v1/kpi?from=2026-01-01").json()["received"] == 0
    wet = client.post(
        "/v1/incidents/import?datum=gcj02&commit=true", content=CSV, headers={"Content-Type": "text/csv; charset=utf-8"}
    ).json()
    assert wet == {**dry, "committed": True}
    assert client.get("/v1/kpi?from=2026-01-01").json()["received"] == 1


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (b"x", "text/plain", "content_type"),
        (b"", "text/csv", "column_missing"),
        (b"{}", "application/geo+json", "geojson"),
        (b"PAR1", "application/vnd.apache.parquet", "parquet"),
    ],
)
def test_a_file_that_cannot_be_imported(client, content, media_type, code):
    answer = client.post("/v1/incidents/import", content=content, headers={"Content-Type": media_type})
    problem(answer, 422, code)


def test_layers_and_grids(reader):
    layers = reader.get("/v1/layers").json()
    assert layers["layers"]["urban"] == 1_073
    assert layers["generation"]["synthetic"] is True
    dedicated = reader.get("/v1/layers/dedicated")
    assert dedicated.headers["content-type"] == "application/geo+json"
    features = dedicated.json()["features"]
    assert len(features) == 273
    code = features[0]["properties"]["code"]
    grid = reader.get(f"/v1/grids/{code}").json()
    assert grid["grid"]["code"] == code
    assert grid["community"]["code"] == code[:12]
    problem(reader.get("/v1/grids/999"), 404, "not_found")
    categories = {row["code"]: row for row in reader.get("/v1/categories").json()}
    assert len(categories) == 11
    assert categories["Z06"]["limits"]["handle"]["grid"] == {"amount": 4.0, "unit": "working_hours"}
    assert categories["Z07"]["limits"]["close"] == {"amount": 2.0, "unit": "working_days"}


def test_layers_that_are_served_say_that_they_are_synthetic(reader):
    for layer in ("street", "community", "village", "urban", "rural", "dedicated"):
        assert "合成示意 synthetic" in reader.get(f"/v1/layers/{layer}").json()["notice"]
    assert "indicative" in reader.get("/v1/layers/district").json()["notice"]


def test_every_answer_is_closed_to_browsers(reader):
    for path in ("/v1/layers", "/v1/incidents", "/nowhere", "/maps/heatmap", "/docs", "/static/own/map.css"):
        headers = reader.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe-eval" not in headers["content-security-policy"], path


def test_unknown_paths_and_methods_are_problems(reader):
    problem(reader.get("/nowhere"), 404, "not_found")
    problem(reader.delete("/v1/kpi"), 405, "method_not_allowed")
    problem(reader.get("/static/own/../../../pyproject.toml"), 404, "not_found")
    problem(reader.get("/static/own/%2e%2e/vendor.py"), 404, "not_found")


def test_a_mistake_of_ours_is_a_problem_that_tells_nothing(reader, demo_app):
    house, demo_app.state.house = demo_app.state.house, None
    try:
        body = problem(reader.get("/v1/layers"), 500, "internal")
    finally:
        demo_app.state.house = house
    assert "NoneType" not in body["detail"]


def test_home_leads_to_the_map_and_health_is_told(reader):
    assert reader.get("/", follow_redirects=False).headers["location"] == "/maps/heatmap"
    assert reader.get("/health").json() == {"status": "ok", "generation": 1}


def test_an_answer_is_explained(reader):
    point = {"lon": 113.2988, "lat": 40.09, "datum": "wgs84"}
    told = reader.get("/v1/locate/explain", params={**point, "accuracy_m": 20, "as_of": "2022-03-01"}).json()
    assert told["membership"] == reader.get("/v1/locate", params=point).json()
    base, dedicated = told["layers"]
    assert (base["layer"], base["code"], base["rule"]) == ("base", "140213051003008", "inside")
    assert (base["border_m"], base["beyond"]) == (0.067, "140213051008003")
    assert sum(candidate["share"] for candidate in base["candidates"]) == pytest.approx(1)
    assert (dedicated["layer"], dedicated["rule"], dedicated["candidates"]) == ("dedicated", "none", [])
    for accuracy in (0, -1, "nan", 5001):
        answer = reader.get("/v1/locate/explain", params={**point, "accuracy_m": accuracy})
        assert answer.status_code == 422
