"""Responses of the API to valid and invalid requests."""

import json

import pytest

from geogrid.services.api_keys import create_key, revoke_key

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


def test_locate_returns_documented_fields_for_phone_coordinates(reader):
    response = reader.get("/v1/locate", params=TELEPHONE)
    assert response.status_code == 200
    body = response.json()
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


def test_another_datum_gives_another_grid(reader):
    grids = {
        datum: reader.get("/v1/locate", params={**TELEPHONE, "datum": datum}).json()["base"]["code"]
        for datum in ("gcj02", "wgs84", "bd09")
    }
    assert len(set(grids.values())) == 3


def test_point_outside_the_district_has_status_outside(reader):
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
def test_invalid_point_is_a_problem(reader, params, code):
    problem(reader.get("/v1/locate", params=params), 422, code)


def test_kpi_returns_published_figures(reader):
    body = reader.get("/v1/kpi", params={"from": "2022-01-01", "to": "2022-06-30"}).json()
    assert (body["received"], body["handled"], body["handled_rate"]) == (59_369, 58_621, 0.9874)
    counts = body["counts"]
    assert body["open"] + counts["void"] + counts["merged"] == 748
    assert body["synthetic"] == 59_369


def test_months_sum_to_half_year(reader):
    ends = ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30"]
    received = [
        reader.get("/v1/kpi", params={"from": f"2022-{end[:2]}-01", "to": f"2022-{end}"}).json()["received"]
        for end in ends
    ]
    assert sum(received) == 59_369
    assert min(received) > 5_000


def test_rate_without_incidents_is_null(reader):
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
def test_invalid_filters_are_problems(reader, query, code):
    problem(reader.get(f"/v1/kpi?{query}"), 422, code)


def test_report_returns_grids_and_can_be_read(client):
    made = client.post("/v1/incidents", json=REPORT)
    assert made.status_code == 201
    body = made.json()
    assert body["base_code"] == "140213051003008"
    assert (body["point"], body["datum"]) == ({"lon": 113.3058, "lat": 40.0912}, "gcj02")
    assert (body["status"], body["generation"], body["synthetic"]) == ("reported", 1, False)
    assert body["description"] == "摊主 138****8000"
    assert body.pop("duplicates") == []
    again = client.get(made.headers["location"]).json()
    assert (again.pop("merged_finally"), again.pop("parts")) == (None, [])
    assert again == body
    newest = client.get("/v1/incidents", params={"limit": 1}).json()["items"][0]
    assert newest == body


def test_times_are_local(client):
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
def test_invalid_report_is_refused_and_not_saved(client, change, code):
    newest = client.get("/v1/incidents", params={"limit": 1}).json()
    problem(client.post("/v1/incidents", json={**REPORT, **change}), 422, code)
    assert client.get("/v1/incidents", params={"limit": 1}).json() == newest


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_nan_and_infinity_in_json_are_refused(client, number):
    text = json.dumps({**REPORT, "lon": 0}).replace('"lon": 0', f'"lon": {number}')
    response = client.post("/v1/incidents", content=text, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.headers["content-type"] == PROBLEM
    json.loads(response.text, parse_constant=pytest.fail)


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
def test_problems_do_not_repeat_input(client, path, body):
    response = client.post(path, json=body)
    assert response.status_code == 422
    assert "secret-4711" not in response.text


def test_shared_parameter_error_is_reported_once(reader):
    assert len(reader.get("/v1/kpi?from=yesterday").json()["errors"]) == 1


@pytest.mark.parametrize("body", [b"e\xff", b'{"lon": "\xb9\xe3"}', b"[" * 20_000, b"\xff\xfe{\x00"])
def test_undecodable_or_deeply_nested_body_is_a_problem(client, body):
    response = client.post("/v1/incidents", content=body, headers={"Content-Type": "application/json"})
    found = problem(response, 422, "validation")
    assert [(error["pointer"].split("/")[1], error["code"]) for error in found["errors"]] == [("body", "json_invalid")]


def test_very_long_id_is_not_found(client):
    problem(client.get(f"/v1/incidents/{'1' * 5_000}"), 404, "not_found")


def test_large_report_is_refused(client):
    problem(client.post("/v1/incidents", json={**REPORT, "description": "x" * 65_000}), 413, "content_too_large")


def test_invalid_json_is_a_problem(client):
    response = client.post("/v1/incidents", content='{"lon": ', headers={"Content-Type": "application/json"})
    problem(response, 422, "validation")


def test_duplicate_external_id_is_a_conflict(client):
    assert client.post("/v1/incidents", json={**REPORT, "external_id": "n-1"}).status_code == 201
    problem(client.post("/v1/incidents", json={**REPORT, "external_id": "n-1"}), 409, "external_id_known")


def test_body_over_limit_is_refused(client):
    response = client.post("/v1/incidents/import", content=b"x" * 1_100_000, headers={"Content-Type": "text/csv"})
    problem(response, 413, "content_too_large")


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/incidents/1"])
def test_incidents_need_authentication(reader, path):
    body = problem(reader.get(path), 401, "key_required")
    assert "Authorization" in body["detail"]
    assert reader.get(path, headers={"Authorization": "Bearer gg_wrong"}).json()["code"] == "key_unknown"
    assert reader.get(path).headers["www-authenticate"] == "Bearer"


def test_revoked_key_is_refused(client, store):
    key = create_key(store, "leaving")
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/v1/incidents/1", headers=headers).status_code == 200
    revoke_key(store, 2)
    assert client.get("/v1/incidents/1", headers=headers).status_code == 401


def test_cursor_visits_all_incidents(client):
    query = {"street": "140213051", "limit": 5}
    seen, cursor = [], None
    while True:
        page = client.get("/v1/incidents", params={**query, **({"cursor": cursor} if cursor else {})}).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    total = client.get("/v1/kpi", params={"street": "140213051"}).json()["received"]
    assert len(seen) == len(set(seen)) == total > 20


CSV = "reported_at,category,lon,lat\n2026-01-02 08:00,Z01,113.3058,40.0912\n2026-01-02 08:00,Z99,113.3,40.1\n"


def test_import_reports_each_refused_row(client):
    dry = client.post("/v1/incidents/import?datum=gcj02", content=CSV, headers={"Content-Type": "text/csv"}).json()
    assert (dry["rows"], dry["accepted"], dry["refused"], dry["committed"]) == (2, 1, 1, False)
    (refusal,) = dry["refusals"]
    assert (refusal["row"], refusal["field"], refusal["code"]) == (3, "category", "category_unknown")
    assert "Use a code or a name of: Z01 占道经营, " in refusal["reason"]
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
def test_invalid_import_file_is_a_problem(client, content, media_type, code):
    response = client.post("/v1/incidents/import", content=content, headers={"Content-Type": media_type})
    problem(response, 422, code)


def test_layers_and_grids_are_readable(reader):
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


def test_synthetic_layers_are_marked(reader):
    for layer in ("street", "community", "village", "urban", "rural", "dedicated"):
        assert "合成示意 synthetic" in reader.get(f"/v1/layers/{layer}").json()["notice"]
    assert "indicative" in reader.get("/v1/layers/district").json()["notice"]


def test_every_response_has_security_headers(reader):
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


def test_internal_error_is_a_problem_without_details(reader, demo_app):
    state, demo_app.state.geogrid = demo_app.state.geogrid, None
    try:
        body = problem(reader.get("/v1/layers"), 500, "internal")
    finally:
        demo_app.state.geogrid = state
    assert "NoneType" not in body["detail"]


def test_home_redirects_to_map_and_health_responds(reader):
    assert reader.get("/", follow_redirects=False).headers["location"] == "/maps/heatmap"
    assert reader.get("/health").json() == {"status": "ok", "generation": 1}


def test_explain_returns_rule_and_distances(reader):
    point = {"lon": 113.2988, "lat": 40.09, "datum": "wgs84"}
    told = reader.get("/v1/locate/explain", params={**point, "accuracy_m": 20, "as_of": "2022-03-01"}).json()
    assert told["membership"] == reader.get("/v1/locate", params=point).json()
    base, dedicated = told["layers"]
    assert (base["layer"], base["code"], base["rule"]) == ("base", "140213051003008", "inside")
    assert (base["border_m"], base["beyond"]) == (0.067, "140213051008003")
    assert sum(candidate["share"] for candidate in base["candidates"]) == pytest.approx(1)
    assert (dedicated["layer"], dedicated["rule"], dedicated["candidates"]) == ("dedicated", "none", [])
    for accuracy in (0, -1, "nan", 5001):
        response = reader.get("/v1/locate/explain", params={**point, "accuracy_m": accuracy})
        assert response.status_code == 422
