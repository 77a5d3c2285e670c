"""Whistles over HTTP, and the tick command."""

from click.testing import CliRunner

from geogrid.cli.main import cli

REPORT = {"lon": 113.2988, "lat": 40.09, "datum": "wgs84", "category": "Z06"}


def test_whistle_is_blown_answered_and_rated(client):
    kept = client.post("/v1/incidents", json=REPORT).json()
    path = f"/v1/incidents/{kept['id']}"
    tag = {"If-Match": '"1"'}
    client.post(f"{path}/transitions", json={"action": "file"}, headers=tag)
    body = {"departments": ["城市管理", "生态环境"], "note": "联合整治，联系 13800138000"}
    assert client.post(f"{path}/whistles", json=body).status_code == 428
    assert client.post(f"{path}/whistles", json=body, headers=tag).status_code == 412
    blown = client.post(f"{path}/whistles", json=body, headers={"If-Match": '"2"'})
    assert blown.status_code == 201
    first = blown.json()[0]
    assert first["note"] == "联合整治，联系 138****8000"
    said = client.post(f"/v1/whistles/{first['id']}/report_in", json={"answer": "已到场", "joined": True})
    assert said.json()["joined"] is True
    again = client.post(f"/v1/whistles/{first['id']}/report_in", json={"answer": "已到场", "joined": True})
    assert (again.status_code, again.json()["code"]) == (409, "reported_in")
    assert client.post(f"/v1/whistles/{first['id']}/rate", json={"rating": 5}).json()["rating"] == 5
    assert client.post(f"/v1/whistles/{first['id']}/rate", json={"rating": 0}).status_code == 422
    assert client.post("/v1/whistles/999999/rate", json={"rating": 5}).json()["code"] == "whistle_unknown"
    assert [one["id"] for one in client.get(f"{path}/whistles").json()["items"]] == [first["id"] + 1, first["id"]]
    assert len(client.get("/v1/whistles").json()["items"]) == 2
    assert client.get(path).json()["called"] == ["城市管理", "生态环境"]


def test_whistle_figures_show_numerators_and_denominators(client, reader):
    kept = client.post("/v1/incidents", json=REPORT).json()
    path = f"/v1/incidents/{kept['id']}"
    client.post(f"{path}/transitions", json={"action": "file"}, headers={"If-Match": '"1"'})
    body = {"departments": ["城市管理", "生态环境"], "note": "联合整治"}
    first = client.post(f"{path}/whistles", json=body, headers={"If-Match": '"2"'}).json()[0]
    client.post(f"/v1/whistles/{first['id']}/report_in", json={"answer": "已到场", "joined": True})
    client.post(f"/v1/whistles/{first['id']}/rate", json={"rating": 4})
    table = client.get("/v1/whistles/figures").json()
    [answered] = [row for row in table["rows"] if row["department"] == first["department"]]
    assert (answered["called"], answered["reported_in"], answered["in_time"]) == (1, 1, 1)
    assert (answered["average_rating"], answered["rating_sum"], answered["ratings"]) == (4.0, 4, 1)
    rate = {name: answered["figures"][0][name] for name in ("code", "numerator", "denominator", "rate", "excluded")}
    excluded = {"waiting": 0, "ended": 0}
    assert rate == {"code": "report_in_rate", "numerator": 1, "denominator": 1, "rate": 1.0, "excluded": excluded}
    assert (table["total"]["called"], table["total"]["waiting"]) == (2, 1)
    assert client.get("/v1/whistles/figures", params={"to": "2022-01-01"}).json()["rows"] == []
    assert reader.get("/v1/whistles/figures").status_code == 401

    page = client.get("/figures", params={"rows": "department"}).text
    assert 'id="whistles"' in page
    assert "4.00 (n = 1)" in page
    assert 'id="whistles"' not in client.get("/figures", params={"rows": "street"}).text
    assert 'id="whistles"' not in reader.get("/figures", params={"rows": "department"}).text


def test_mediation_needs_its_kind_and_is_counted_by_it(client, reader):
    path = f"/v1/incidents/{client.post('/v1/incidents', json={**REPORT, 'category': 'J01'}).json()['id']}"

    def mediate(**fields):
        tag = client.get(path).headers["ETag"]
        body = {"action": "mediate", "note": "谈过", "outcome": "unsettled", **fields}
        return client.post(f"{path}/transitions", json=body, headers={"If-Match": tag})

    offered = client.get(f"{path}/transitions").json()["transitions"]
    [step] = [step for step in offered if step["action"] == "mediate"]
    assert step["needs"] == ["note", "outcome", "mediation"]
    assert list(step["mediations"]) == ["people", "administrative", "judicial"]
    assert (mediate().status_code, mediate().json()["code"]) == (422, "mediation_missing")
    assert mediate(mediation="administrative").json()["level"] == "street"
    [call] = client.get(f"{path}/whistles").json()["items"]
    assert call["department"] == "司法行政"
    assert client.get("/v1/workflow").json()["level_users"]["dispute"]["street"]["departments"] == ["司法行政"]

    table = client.get("/v1/mediations/figures").json()
    rows = {row["mediation"]: row["outcomes"] for row in table["rows"]}
    assert rows["administrative"] == {"settled": 0, "unsettled": 1}
    assert rows["people"] == {"settled": 0, "unsettled": 0}
    assert [(one["code"], one["numerator"], one["denominator"]) for one in table["total"]["figures"]] == [
        ("settled", 0, 1),
        ("unsettled", 1, 1),
    ]
    assert reader.get("/v1/mediations/figures").status_code == 401


def test_tick_command_escalates(store, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    done = CliRunner().invoke(cli, ["loop", "tick"])
    assert (done.exit_code, "escalated" in done.output) == (0, True), done.output
