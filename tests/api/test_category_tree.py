"""Categories of two levels over HTTP: list, filters, refusals, pages and limits."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from geogrid.settings import Settings
from geogrid_api.app import create_app
from tests.support.category_groups import GROUPS, followed, grouped_rules
from tests.support.fixed_rules import FixedRules

RULES = grouped_rules()


@pytest.fixture
def client(store, key, tmp_path):
    url = store.url.render_as_string(hide_password=False)
    app = create_app(Settings(home=tmp_path, database_url=url))
    with TestClient(app, headers={"Authorization": f"Bearer {key}"}) as client, followed(RULES.categories):
        app.state.geogrid = replace(app.state.geogrid, active_rules=FixedRules(RULES))
        yield client


def test_list_names_parent_leaf_and_limits(client):
    listed = {one["code"]: one for one in client.get("/v1/categories").json()}
    assert list(listed)[:2] == ["G1", "Z01"]
    assert (listed["G1"]["leaf"], listed["G1"]["limits"], listed["G1"]["parent"]) == (False, None, None)
    assert (listed["Z01"]["leaf"], listed["Z01"]["parent"]) == (True, "G1")
    assert listed["Z01"]["limits"]["code"] == "Z01"


def test_filter_refusal_and_figures_follow_the_tree(client):
    count = lambda code: client.get("/v1/figures", params={"by": "category", "category": code}).json()  # noqa: E731
    assert {row["key"] for row in count("G1")["rows"]} == set(GROUPS["G1"])
    main = client.get("/v1/figures", params={"by": "main_category"}).json()
    assert {row["key"] for row in main["rows"]} == {*GROUPS}
    refused = client.post("/v1/incidents", json={"lon": 113.3, "lat": 40.09, "datum": "wgs84", "category": "G1"})
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["code"] == "category_inner"
    assert all(code in refused.text for code in GROUPS["G1"])
    assert client.get("/v1/incidents", params={"category": "G9"}).status_code == 422


def test_panel_table_and_list_show_groups(client):
    page = client.get("/figures", params={"rows": "main_category", "category": "G1", "lang": "en"}).text
    assert '<optgroup label="Group G1">' in page
    assert '<option value="G1" selected' in page.replace("\n", " ")
    assert 'value="main_category" selected' in page
    assert "rows=category" in page, "a main category leads to its categories"
    assert "category=G1" in page


def test_history_names_the_limits_and_their_category(client):
    body = {"lon": 113.3, "lat": 40.09, "datum": "wgs84", "category": "Z06"}
    number = client.post("/v1/incidents", json=body).json()["id"]
    limits = client.get(f"/v1/incidents/{number}/timeline").json()["limits"]
    assert (limits["code"], limits["title"], limits["handle"]["grid"]["amount"]) == ("Z06", "", 4)
