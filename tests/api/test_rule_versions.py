"""Rules over HTTP and by command."""

import json
import time

import pytest
from click.testing import CliRunner

from geogrid.cli.main import cli
from geogrid.rules.routing import load_routing
from geogrid.rules.rule_texts import RULE_FILES, read_included


@pytest.fixture
def last_rule_only():
    """Routing rules of which only the last is left."""
    content = json.loads(load_routing().text) | {"version": "house-2"}
    return json.dumps(content | {"rules": content["rules"][-1:]})


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(cli, ["rules", *map(str, arguments)])


@pytest.mark.full_demo
def test_running_service_uses_newly_activated_rules(client, tmp_path, run, last_rule_only):
    path = tmp_path / "routing.json"
    path.write_text(last_rule_only, encoding="utf-8")
    assert run("check", path).exit_code == 0
    dry = run("import", path)
    assert (dry.exit_code, "Dry run" in dry.output) == (0, True)
    assert len(client.get("/v1/rules").json()["versions"]) == 1
    assert "geogrid rules activate 2 --commit" in run("import", path, "--commit").output
    assert run("diff", 1, 2).exit_code == 1
    assert "+" in run("diff", "--with", path).output
    tried = run("replay", 2, "--from", "2022-01-01", "--to", "2022-01-31")
    assert (tried.exit_code, "different routing" in tried.output) == (1, True)
    dry = run("activate", 2)
    assert (dry.exit_code, "Dry run" in dry.output, "different routing" in dry.output) == (0, True, True)
    assert run("activate", 2, "--commit").exit_code == 0
    until = time.monotonic() + 2
    while client.get("/v1/rules/routing").json()["version"] != "house-2":
        assert time.monotonic() < until
        time.sleep(0.05)
    history = client.get("/v1/rules").json()
    assert history["active"] == 2
    assert [(one["version"], one["actor"]) for one in history["activations"]] == [(1, "geogrid"), (2, "console")]
    assert json.loads(client.get("/v1/rules/files").json()["routing.json"])["version"] == "house-2"
    assert "* version 版本 2" in run("history").output
    planned = run("activate", 1, "--from", "2099-01-01", "--commit")
    assert "2099-01-01 00:00" in planned.output
    assert run("cancel", 3).exit_code == 0
    assert "cancelled" in run("history").output


def test_exported_rules_can_be_edited_and_imported(store, run, tmp_path):
    folder = tmp_path / "rules"
    assert run("export", folder).exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted(RULE_FILES)
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == read_included()
    again = run("export", folder)
    assert isinstance(again.exception, Exception), "nothing is overwritten"
    assert run("diff", "--with", folder).exit_code == 0
    profile = folder / "profile.toml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("Asia/Shanghai", "Asia/X"), encoding="utf-8")
    wrong = run("check", folder)
    assert wrong.exit_code == 1
    assert "profile.toml:9: district.zone" in wrong.output


@pytest.mark.full_demo
def test_candidate_rules_are_replayed(client, last_rule_only):
    body = {"files": {"routing.json": last_rule_only}, "from": "2022-01-01", "to": "2022-01-31"}
    found = client.post("/v1/rules/replay", json=body).json()
    assert found["incidents"] > 5_000, found
    assert found["elsewhere"] == sum(flow["incidents"] for flow in found["flows"]) > 0
    assert found["examples"][0]["after"]["rule"] == "rest"
    wrong = client.post("/v1/rules/replay", json=body | {"files": {"routing.json": "{}"}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "rules")
    assert client.post("/v1/rules/replay", json=body, headers={"Authorization": ""}).status_code == 401


def test_rules_are_checked_imported_and_activated_over_http(client, last_rule_only):
    files = {"files": {"routing.json": last_rule_only}}
    assert client.post("/v1/rules/check", json=files).json() == []
    broken = {"files": {"routing.json": last_rule_only, "cards.json": "[]"}}
    (fault,) = client.post("/v1/rules/check", json=broken).json()
    assert fault["file"] == "cards.json"
    unknown = client.post("/v1/rules/check", json={"files": {"../routing.json": "{}"}})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "rules_file_unknown")
    version = client.post("/v1/rules", json=files)
    assert version.status_code == 201
    body = {"version": version.json()["id"], "active_from": "2099-01-01T00:00:00+08:00"}
    planned = client.post("/v1/rules/activations", json=body)
    assert (planned.status_code, planned.json()["active_from"]) == (201, "2099-01-01T00:00:00+08:00")
    assert client.delete(f"/v1/rules/activations/{planned.json()['id']}").status_code == 204
    assert client.delete(f"/v1/rules/activations/{planned.json()['id']}").status_code == 404
    assert client.post("/v1/rules/activations", json={"version": 99}).status_code == 404
    assert client.get("/v1/rules/files", params={"version": 99}).status_code == 404
