"""The maps' addresses and their headers."""

from __future__ import annotations

import re

import httpx2
import pytest


@pytest.fixture(scope="module")
def client(service):
    with httpx2.Client(base_url=service.origin, trust_env=False) as found:
        yield found


def test_root_redirects_to_the_heat_map(client):
    assert client.get("/").headers["location"] == "/maps/heatmap"


def test_page_has_a_policy_and_cannot_be_framed(client):
    headers = client.get("/maps/heatmap").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == policy["form-action"] == "'self'"
    assert "http" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_shapes_are_cached_for_a_year(client):
    address = re.search(r"/maps/areas/\d+/\w+\.js", client.get("/maps/heatmap").text)[0]
    answer = client.get(address)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text.startswith("const geogridAreas = {")


def test_unknown_version_of_shapes_returns_404(client):
    answer = client.get("/maps/areas/1/0123456789abcdef.js")
    assert answer.status_code == 404
    assert answer.json()["code"] == "areas_unknown"
    assert "cache-control" not in answer.headers


def test_openapi_has_the_maps_but_not_their_scripts(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert "/maps/heatmap" in paths
    assert not [path for path in paths if path.startswith("/maps/areas")]
    names = [parameter["name"] for parameter in paths["/maps/heatmap"]["get"]["parameters"]]
    assert {"from", "to", "category", "layer", "lang"} <= set(names)
