"""Pages, files and feeds of a service with another profile name its district, and nothing of the demo's."""

from dataclasses import replace

import pytest
from districts import CHICAGO, DEMO_WORDS, DEQING, rules_of
from fastapi.testclient import TestClient
from zones import district_zone

from tests.support.fixed_rules import FixedRules

PAGES = ["/maps/heatmap", "/maps/timeline", "/maps/explorer", "/maps/density", "/maps/hotspots", "/maps/rates",
         "/maps/compare", "/maps/compare?show=difference", "/incidents", "/figures", "/figures?rows=community", "/desk",
         "/m", "/login", "/account", "/admin", "/admin/layers", "/admin/audit", "/ledger", "/ledger/sites",
         "/ledger/rounds"]  # fmt: skip
FILES = ["/v1/layers/street", "/v1/incidents/export?format=csv", "/figures.csv", "/maps/heatmap.csv",
         "/maps/heatmap.geojson", "/maps/explorer.csv"]  # fmt: skip


@pytest.fixture(params=[CHICAGO, DEQING], ids=lambda place: place.name)
def place(request, client):
    """Give the service the profile of another district; its layers stay those of the demo."""
    state = client.app.state.geogrid
    client.app.state.geogrid = replace(state, active_rules=FixedRules(rules_of(request.param)))
    with district_zone(request.param.zone):
        yield request.param


def foreign(text):
    # The outline of the demo is named after it. Forms name the map services that use a datum.
    text = text.replace('"name":"平城区"', "").replace("平城区", "")
    text = text.replace("GCJ-02（高德、腾讯、手机）", "").replace("GCJ-02 (AMap, Tencent, phones)", "")
    return [word for word in DEMO_WORDS if word in text]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_names_the_district(client, place, lang):
    name = place.name if lang == "zh" else place.name_en
    for path in PAGES:
        query = f"{path}{'&' if '?' in path else '?'}lang={lang}"
        response = client.get(query, headers={"Accept": "text/html"})
        assert name in response.text, (path, response.status_code)
        assert foreign(response.text) == [], path


def test_error_page_names_the_district(client, place):
    response = TestClient(client.app).get("/nowhere", headers={"Accept": "text/html"})
    assert place.name in response.text
    assert foreign(response.text) == []


def test_labels_are_the_names_of_the_layers(client, place):
    page = client.get("/figures?lang=en").text
    street, community = place.layers["street"][1], place.layers.get("community", ("", ""))[1]
    assert f">{street.capitalize()}" in page
    assert f'<option value="community">{community.capitalize()}' in page or not community
    drawer = client.get("/maps/density?lang=en").text
    assert f'<option value="street">{street.capitalize()}</option>' in drawer
    desk = client.get("/desk?lang=en").text
    assert f'data-streets="{place.layers["street"][3].capitalize()}"' in desk


def test_files_have_the_credit_of_the_profile(client, place):
    for path in FILES:
        response = client.get(f"{path}")
        assert response.status_code == 200, path
        assert foreign(response.text) == [], path
        assert (place.credit in response.text) or not place.credit, path
