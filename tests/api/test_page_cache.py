"""Map pages that are kept until the data change, and their validators."""

import re

from fastapi.testclient import TestClient

from geogrid.model import Bounds, Grant, Population, Role
from geogrid.services.api_keys import create_key
from geogrid.store.populations import write_populations
from geogrid_api.page_cache import PageCache, pack_page

HEATMAP = "/maps/heatmap?from=2022-01-01&to=2022-06-30"
RATES = "/maps/rates?by=street&measure=per_1000"
REPORT = {"lon": 113.3058, "lat": 40.0912, "datum": "gcj02", "category": "Z06", "description": "路灯"}


def test_page_is_kept_and_confirmed(client):
    first, second = client.get(HEATMAP), client.get(HEATMAP)
    # Folium gives the elements of each page random ids.
    assert first.text == second.text
    unchanged = client.get(HEATMAP, headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    for name in ("etag", "cache-control", "vary", "content-security-policy"):
        assert unchanged.headers[name] == first.headers[name]
    assert first.headers["cache-control"] == "private, no-cache"


def test_client_without_gzip_gets_the_same_page(client):
    packed = client.get(HEATMAP, headers={"Accept-Encoding": "gzip"})
    plain = client.get(HEATMAP, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert packed.headers["etag"] == plain.headers["etag"]
    assert packed.headers["vary"] == "Cookie, Accept-Encoding"


def test_new_incident_changes_the_page(client):
    path = "/maps/heatmap"
    before = client.get(path)
    assert client.post("/v1/incidents", json=REPORT).status_code == 201
    after = client.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert _received(after.text) == _received(before.text) + 1


def test_step_changes_the_page(client):
    path = "/maps/heatmap"
    kept = client.post("/v1/incidents", json=REPORT).json()
    before = client.get(path)
    step = {"action": "void", "note": "误报"}
    headers = {"If-Match": f'"{kept["version"]}"'}
    taken = client.post(f"/v1/incidents/{kept['id']}/transitions", json=step, headers=headers)
    assert taken.status_code == 200, taken.text
    assert client.get(path, headers={"If-None-Match": before.headers["etag"]}).status_code == 200


def test_new_population_changes_maps_by_area_only(client, store):
    before = {path: client.get(path).headers["etag"] for path in (HEATMAP, RATES)}
    with store.write() as connection:
        write_populations(connection, {"140213051": Population(12_345, "list of 2026", synthetic=True)})
    after = {path: client.get(path, headers={"If-None-Match": etag}).status_code for path, etag in before.items()}
    assert after == {HEATMAP: 304, RATES: 200}


def test_user_never_gets_the_page_of_another(client, store):
    bounded = create_key(store, "bounded", Grant(frozenset({Role.LEADER}), Bounds(("140213051",))))
    of_all = client.get(HEATMAP)
    etag = {"If-None-Match": of_all.headers["etag"]}
    own = client.get(HEATMAP, headers={"Authorization": f"Bearer {bounded}", **etag})
    assert own.status_code == 200
    assert 0 < _received(own.text) < _received(of_all.text)
    with TestClient(client.app) as anonymous:
        page = anonymous.get(HEATMAP, headers=etag)
    assert page.status_code == 200
    assert page.headers["etag"] not in (of_all.headers["etag"], own.headers["etag"])


def test_cache_forgets_the_pages_unused_for_longest():
    pages = {name: pack_page(name * 50, {}) for name in ("a", "b", "c")}
    rendered = []

    def get(cache, name):
        def render():
            rendered.append(name)
            return pages[name]

        return cache.get(name, render)

    cache = PageCache(max_bytes=sum(len(pages[name].content) for name in "ab"))
    for name in "abacab":
        assert get(cache, name) is pages[name]
    # The page c takes the place of b, and b then that of c.
    assert "".join(rendered) == "abcb"


def _received(page):
    return int(re.search(r'id="n">([\d,]+)<', page)[1].replace(",", ""))
