"""A district with sources, levels, duties and departments of its own, from a report to figures, pages and files."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from geogrid.errors import FileError
from geogrid.incidents.category_faults import find_category_faults
from geogrid.incidents.rule_references import find_reference_faults
from geogrid.incidents.rule_set import build_rules, parse_rules
from geogrid.rules.rule_texts import read_included
from geogrid.services.escalation import escalate_due
from geogrid.services.layer_generations import load_locator
from tests.support.fixed_rules import FixedRules

GRID = "140213051003008"
REPORT = {"lon": 113.2988, "lat": 40.09, "datum": "wgs84", "category": "Z06", "description": "synthetic"}
VOCABULARY = """
[[sources]]
code = "walk"
name = "巡防队"
name_en = "foot patrol"
default_for = ["patrol", "desk"]

[[sources]]
code = "app_1"
name = "随手拍"
name_en = "citizen app"

[[sources]]
code = "phone"
name = "电话"
name_en = "telephone"
default_for = ["import"]

[[levels]]
code = "grid"
name = "片区"
name_en = "block"
layer = "grid"

[[levels]]
code = "district"
name = "县级"
name_en = "county"
layer = "district"

[[duties]]
code = "block_leader"
name = "片区长"
name_en = "Block leader"
level = "grid"

[[duties]]
code = "stair_leader"
name = "楼栋长"
name_en = "Stairwell leader"
level = "grid"

[[departments]]
name = "综合执法局"
name_en = "Law enforcement"
"""


@pytest.fixture(scope="module")
def texts():
    """The rule files of another district."""
    found = read_included()
    head = found["profile.toml"].split("# Sources of reports.")[0].replace('ledger = "平城"', 'ledger = "某县"')
    files = {name: json.loads(found[name]) for name in found if name != "profile.toml"}
    for category in files["categories.json"]["categories"]:
        category["department"] = "综合执法局"
    limits = files["limits.json"]
    limits |= {"report_in_by_department": {}, "escalate_after": {"grid": 0.5}}
    for category in limits["categories"]:
        category["handle"] = {level: category["handle"][level] for level in ("grid", "district")}
    rest = {"name": "rest", "title": "rest", "when": {}}
    at_night = {"name": "app", "title": "app", "when": {"sources": ["app_1"]}, "then": {"level": "district"}}
    files["routing.json"]["rules"] = [at_night, rest]
    workflow = files["workflow.json"]
    workflow["level_users"] = {}
    for transition in workflow["transitions"]:
        for outcome in transition.get("outcomes", {}).values():
            outcome.update({"raises_to": "district"} if "raises_to" in outcome else {})
            outcome.pop("calls", None)
    figures = files["figures.json"]
    figures["finder_sources"] = ["walk"]
    counts = [count for count in figures["counts"] if not count["code"].startswith("from_")]
    from_app = {"code": "from_app", "name": "随手拍", "name_en": "from the app", "dated_by": ["reported_at"]}
    figures["counts"] = [*counts, from_app | {"where": ["source:app_1"]}]
    written = {name: json.dumps(content, ensure_ascii=False) for name, content in files.items()}
    return written | {"profile.toml": head + VOCABULARY}


@pytest.fixture(scope="module")
def rules(texts):
    return parse_rules(texts)


@pytest.fixture
def district(app, key, rules):
    """Client of a service with these rules, on a copy of the demo, whose incidents have other sources and levels."""
    with TestClient(app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {key}"}) as client:
        state = app.state.geogrid
        app.state.geogrid = replace(state, active_rules=FixedRules(rules))
        yield client


def step(client, incident, **body):
    number, version = incident["id"], incident["version"]
    return client.post(f"/v1/incidents/{number}/transitions", json=body, headers={"If-Match": f'"{version}"'})


def taken(client, incident, **body):
    response = step(client, incident, **body)
    assert response.status_code == 200, response.text
    return response.json()


def reported(client, **changes):
    response = client.post("/v1/incidents", json=REPORT | changes)
    assert response.status_code == 201, response.text
    return response.json()


def test_report_passes_from_the_own_levels_to_figures_pages_and_files(district, store, rules):
    incident = reported(district, source="walk")
    assert (incident["level"], incident["department"]) == ("grid", "综合执法局")
    assert reported(district, source="app_1")["level"] == "district"
    incident = taken(district, incident, action="file")
    incident = taken(district, incident, action="dispatch", department="综合执法局")
    later = datetime.now(UTC) + timedelta(days=10)
    assert incident["id"] in escalate_due(store, load_locator(store), rules, now=later)
    incident = district.get(f"/v1/incidents/{incident['id']}").json()
    assert (incident["level"], incident["escalate_at"]) == ("district", None)
    assert step(district, incident, action="escalate", note="x").json()["code"] == "level_highest"

    today = datetime.now(UTC) - timedelta(days=1)
    since = f"from={today:%Y-%m-%d}"
    rows = district.get(f"/v1/figures?by=source&{since}").json()["rows"]
    assert {row["key"]: row["counts"]["from_app"] for row in rows} == {"walk": 0, "app_1": 1}
    (found,) = district.get(f"/v1/figures/from_app/incidents?{since}").json()["items"]
    assert found["source"] == "app_1"
    finders = district.get(f"/v1/figures?by=finder&{since}").json()["rows"]
    assert sorted(row["counts"]["received"] for row in finders) == [1, 1]

    content = district.get(f"/v1/incidents/export?format=csv&lang=en&{since}").content.decode("utf-8-sig")
    lines = {line["source"]: line["level"] for line in csv.DictReader(io.StringIO(content))}
    assert lines == {"foot patrol": "county", "citizen app": "county"}


@pytest.mark.parametrize(
    ("lang", "source", "citizens", "level"),
    [("zh", "巡防队", "随手拍", "县级"), ("en", "foot patrol", "citizen app", "county")],
)
def test_pages_show_the_own_names_and_no_others(district, lang, source, citizens, level):
    number = reported(district, source="app_1")["id"]
    facts = district.get(f"/desk/incidents/{number}?lang={lang}").text
    assert level in facts
    assert citizens in facts
    form = district.get(f"/desk/new?lang={lang}").text
    assert source in form
    assert ("热线" if lang == "zh" else "hotline") not in form
    assert level in district.get(f"/desk?lang={lang}").text
    for path in ("/maps/heatmap", "/incidents", "/figures?rows=source"):
        page = district.get(
            path, params={"source": "app_1", "lang": lang} | ({"rows": "source"} if "?" in path else {})
        )
        assert (page.status_code, citizens in page.text) == (200, True), path


def test_unknown_values_are_refused_with_the_permitted_ones(district):
    body = district.get("/v1/kpi?source=gossip").json()
    assert (body["code"], body["allowed"]) == ("unknown_value", ["walk", "app_1", "phone"])
    body = district.get("/v1/queue?level=town").json()
    assert (body["code"], body["allowed"]) == ("unknown_value", ["grid", "district"])
    response = district.post("/v1/incidents", json=REPORT | {"source": "hotline2"})
    assert (response.status_code, response.json()["code"]) == (422, "source_unknown")
    assert "walk, app_1, phone" in response.json()["detail"]
    # This district has no default for reports to the API.
    assert district.post("/v1/incidents", json=REPORT).json()["code"] == "missing"
    incident = taken(district, reported(district, source="phone"), action="file")
    refused = step(district, incident, action="dispatch", department="综合执法局", level="leader")
    assert (refused.status_code, refused.json()["code"]) == (422, "level_unknown")
    assert "grid, district" in refused.json()["detail"]
    assert district.get("/v1/people?duty=worker").json()["allowed"] == ["block_leader", "stair_leader"]
    measure = district.get("/v1/areas/figures?measure=patrol_share")
    assert (measure.status_code, measure.json()["code"]) == (422, "measure_not_counted")


def test_stored_values_of_earlier_rules_are_shown_by_their_code(district):
    body = district.get("/v1/incidents?source=hotline&limit=1").json()
    number = body["items"][0]["id"]
    assert body["items"][0]["source"] == "hotline"
    assert district.get(f"/v1/incidents/{number}").status_code == 200
    export = district.get("/v1/incidents/export?format=csv&source=hotline&from=2022-03-01&to=2022-03-02")
    assert export.status_code == 200
    rows = list(csv.DictReader(io.StringIO(export.content.decode("utf-8-sig"))))
    assert rows
    assert {row["来源"] for row in rows} == {"hotline"}
    keys = {row["key"] for row in district.get("/v1/figures?by=source").json()["rows"]}
    assert {"patrol", "hotline"} <= keys
    assert "hotline" in district.get("/figures?rows=source").text
    assert district.get("/maps/heatmap?source=hotline").status_code == 200


def test_vocabulary_lists_all_codes_with_names(district):
    body = district.get("/v1/vocabulary").json()
    assert [row["code"] for row in body["sources"]] == ["walk", "app_1", "phone"]
    assert [(row["code"], row["name"], row["layer"]) for row in body["levels"]] == [
        ("grid", "片区", "grid"),
        ("district", "县级", "district"),
    ]
    assert [row["name_en"] for row in body["duties"]] == ["Block leader", "Stairwell leader"]
    assert body["departments"] == [{"name": "综合执法局", "name_en": "Law enforcement"}]
    assert "Z06" in {row["code"] for row in body["categories"]}


def test_person_with_several_posts_counts_once(district):
    text = f"编码,岗位,姓名,起\n{GRID},片区长、楼栋长,甲某,2020-01-01\n{GRID},stairwell leader,乙某,2020-01-01\n"
    headers = {"Content-Type": "text/csv"}
    done = district.post("/v1/people/import?commit=true", content=text.encode(), headers=headers).json()
    assert (done["rows"], done["added"], done["refused"]) == (2, 3, 0)
    people = district.get(f"/v1/grids/{GRID}").json()["people"]
    assert {duty: len(holders) for duty, holders in people.items()} == {"block_leader": 1, "stair_leader": 2}
    drawer = district.get(f"/maps/grids/{GRID}?lang=zh").text
    assert "片区长、楼栋长" in drawer
    number = reported(district, source="walk")["id"]
    candidates = district.get(f"/v1/incidents/{number}/candidates").json()["candidates"]
    assert [one["people"] for one in candidates if one["grid"]["code"] == GRID] == [2]


def test_import_finds_sources_by_name_and_has_the_default_of_files(district):
    head = "reported_at,category,lon,lat,source\n"
    lines = [
        f"2022-03-01T08:0{n},Z06,113.2988,40.09,{source}\n" for n, source in enumerate(("随手拍", "Foot Patrol", ""))
    ]
    path = "/v1/incidents/import?datum=wgs84&commit=true"
    done = district.post(path, content=(head + "".join(lines)).encode(), headers={"Content-Type": "text/csv"}).json()
    assert (done["accepted"], done["refused"]) == (3, 0)
    newest = district.get("/v1/incidents?source=walk,app_1,phone").json()["items"]
    assert sorted(one["source"] for one in newest) == ["app_1", "phone", "walk"]


def test_ledger_number_has_the_prefix_and_the_first_duty(district):
    site = district.get("/v1/sites?limit=1").json()["items"][0]
    problem = {"site": site["id"], "round": 1, "category": "Z06", "description": "synthetic"}
    problem["found_at"] = "2026-03-01T08:30:00+08:00"
    entry = district.post("/v1/ledger", json=problem)
    assert entry.status_code == 201, entry.text
    assert (entry.json()["number"].split("-")[0], entry.json()["duty"]) == ("某县", "block_leader")
    assert district.post("/v1/ledger", json=problem | {"duty": "leader"}).json()["code"] == "duty_unknown"
    table = district.get("/v1/ledger/lists/responsibility?lang=en").json()
    duties = {row[table["fields"].index("duty")] for row in table["rows"]}
    assert duties == {"Block leader", "leader"}


def fault_places(texts):
    """Return the files and places of all references to something that does not exist."""
    faults = [*find_category_faults(texts), *find_reference_faults(build_rules(texts))]
    return {(fault.file, fault.place) for fault in faults}


def test_all_reference_faults_are_found(texts):
    shipped = read_included()
    assert fault_places(texts | {"profile.toml": shipped["profile.toml"]}) >= {
        ("categories.json", "categories.5.department"),
        ("limits.json", "categories.5.handle"),
        ("routing.json", "rules.0.when.sources"),
        ("figures.json", "finder_sources"),
        ("figures.json", "counts.from_app.where"),
    }
    other = shipped | {"profile.toml": texts["profile.toml"]}
    assert fault_places(other) >= {
        ("limits.json", "escalate_after"),
        ("limits.json", "report_in_by_department.司法行政"),
        ("workflow.json", "level_users.dispute"),
        ("workflow.json", "level_users.dispute.street.departments"),
        ("workflow.json", "transitions.mediate.outcomes.unsettled.calls"),
        ("routing.json", "rules.1.then.level"),
    }
    with pytest.raises(FileError) as caught:
        parse_rules(other)
    assert caught.value.code == "rules"
    assert fault_places(texts) == fault_places(shipped) == set()
