"""Cache headers and content security policy."""

PERSONAL = (
    "/v1/me",
    "/v1/incidents",
    "/v1/incidents/1",
    "/v1/incidents/1/photos",
    "/v1/incidents/1/timeline",
    "/v1/places?q=gcjd",
    "/v1/people",
    "/v1/cards",
    "/v1/kpi",
    "/incidents/1",
    "/desk",
)
FILES = ("/static/own/map.css", "/static/own/desk.js")
PAGES = ("/desk", "/m", "/desk/new", "/incidents/1")


def test_authenticated_responses_are_not_cached(client):
    told = {path: client.get(path).headers.get("cache-control") for path in PERSONAL}
    assert told == dict.fromkeys(PERSONAL, "no-store")


def test_anonymous_responses_may_be_cached(client, reader):
    assert not {"cache-control"} & {name for path in FILES for name in client.get(path).headers}
    for path in ("/health", "/v1/layers", "/v1/kpi", *FILES):
        assert "no-store" not in reader.get(path).headers.get("cache-control", ""), path


def test_middleware_errors_have_security_headers(client):
    refused = [
        client.post("/v1/incidents", content=b"x" * 2_000_000),
        client.get("/v1/export?format=gpkg", headers={"Range": "bytes=99999999-"}),
    ]
    assert [response.status_code for response in refused] == [413, 416]
    for response in refused:
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")


def test_pages_without_scripts_allow_no_inline_script(client, reader):
    for path, response in [("/login", reader.get("/login")), *((path, client.get(path)) for path in PAGES)]:
        scripts = next(part for part in response.headers["content-security-policy"].split(";") if "script-src" in part)
        assert scripts.split() == ["script-src", "'self'"], path


def test_only_large_responses_are_compressed(reader):
    small, large = reader.get("/health"), reader.get("/openapi.json")
    assert (small.headers["content-length"], "content-encoding" in small.headers) == (str(len(small.content)), False)
    assert (large.headers["content-encoding"], large.headers["vary"]) == ("gzip", "Accept-Encoding")
