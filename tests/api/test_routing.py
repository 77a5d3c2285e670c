"""Routing rules over HTTP and by command."""

import json
import time

import pytest
from click.testing import CliRunner

from geogrid.cli.main import cli
from geogrid.rules.routing import load_routing


@pytest.mark.full_demo
def test_running_service_uses_newly_activated_rules(client, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    content = json.loads(load_routing().text) | {"version": "house-2"}
    content["rules"] = content["rules"][-1:]
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(content))

    def run(*arguments):
        return CliRunner().invoke(cli, ["routing", *arguments])

    assert run("check", str(path)).exit_code == 0
    dry = run("activate", str(path))
    assert (dry.exit_code, "Dry run" in dry.output) == (0, True)
    assert client.get("/v1/routing").json()["decisions"] == []
    tried = run("test", str(path), "--from", "2022-01-01", "--to", "2022-01-31")
    assert tried.exit_code == 1
    assert "different routing" in tried.output
    assert run("activate", str(path), "--commit").exit_code == 0
    until = time.monotonic() + 2
    while (response := client.get("/v1/routing").json())["rules"]["version"] != "house-2":
        assert time.monotonic() < until
        time.sleep(0.05)
    assert [decided["actor"] for decided in response["decisions"]] == ["console"]
    assert response["decisions"][0]["sha256"] == response["sha256"]
    assert json.loads(run("show", "--json").output)["version"] == "house-2"
    assert "house-2" in run("show").output


@pytest.mark.full_demo
def test_candidate_rules_are_replayed(client):
    rules = json.loads(load_routing().text)
    body = {"rules": rules | {"rules": rules["rules"][-1:]}, "from": "2022-01-01", "to": "2022-01-31"}
    found = client.post("/v1/routing/test", json=body).json()
    assert found["incidents"] > 5_000
    assert found["elsewhere"] == sum(flow["incidents"] for flow in found["flows"]) > 0
    assert found["examples"][0]["after"]["rule"] == "rest"
    wrong = client.post("/v1/routing/test", json=body | {"rules": {**rules, "rules": rules["rules"][:1]}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "routing")
    assert client.post("/v1/routing/test", json=body, headers={"Authorization": ""}).status_code == 401
