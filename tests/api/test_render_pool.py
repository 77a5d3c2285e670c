"""Maps and figures computed in render processes: the same responses, failures, and the end of the processes."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from geogrid.model import EVERY_ROLE, Grant
from geogrid.services.api_keys import create_key
from geogrid.settings import Settings
from geogrid.store.database import Store
from geogrid_api import render_pool
from geogrid_api.app import _ROUTES, create_app
from geogrid_api.map_requests import MapRequest
from geogrid_api.render_pool import MAX_REQUESTS, is_rendered
from geogrid_api.routes.area_figures import AreaFiguresRequest
from geogrid_api.routes.incident_export import export_incidents

pytestmark = pytest.mark.server

STREETS = "/v1/areas/figures?by=street"
START_S = 120


@pytest.fixture(scope="module")
def served(copy_demo, tmp_path_factory):
    """Clients with a key on one database: of an application with one render process, which is ready, and without."""
    home = tmp_path_factory.mktemp("rendering")
    url = copy_demo(home)
    store = Store(url)
    headers = {"Authorization": f"Bearer {create_key(store, 'reader', Grant(EVERY_ROLE))}"}
    store.close()
    with ExitStack() as stack:
        clients = [
            stack.enter_context(
                TestClient(
                    create_app(Settings(home=home, database_url=url, render_workers=number)),
                    raise_server_exceptions=False,
                    headers=headers,
                )
            )
            for number in (1, 0)
        ]
        await_process(clients[0])
        yield clients


@pytest.fixture
def rendering(served):
    """Client of the application with a render process."""
    await_process(served[0])
    return served[0]


@pytest.fixture
def client(served):
    """Client of the application that computes maps itself."""
    return served[1]


@pytest.fixture
def process(rendering):
    """The render process of the client."""
    return rendering.app.state.render_pool.choose()


def await_process(client):
    deadline = time.monotonic() + START_S
    while client.get(STREETS).status_code != 200 or not any(
        process.is_ready for process in client.app.state.render_pool.processes
    ):
        assert time.monotonic() < deadline, "the render process did not start"
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (STREETS, 200),
        ("/v1/areas/hotspots", 200),
        ("/maps/heatmap.csv", 200),
        ("/v1/incidents/export?format=csv", 200),
        ("/v1/areas/figures?by=none", 422),
        ("/maps/heatmap.xls", 422),
        ("/maps/heatmap?street=none", 422),
    ],
)
def test_responses_are_those_of_the_service(rendering, client, path, status):
    forwarded, own = rendering.get(path), client.get(path)
    assert (forwarded.status_code, own.status_code) == (status, status)
    assert without_times(forwarded.content) == without_times(own.content)
    changing = {"date", "content-length", "etag"}
    assert {k: v for k, v in forwarded.headers.items() if k not in changing} == {
        k: v for k, v in own.headers.items() if k not in changing
    }


def test_page_has_its_content_security_policy(rendering):
    response = rendering.get("/maps/heatmap", headers={"Accept-Encoding": "gzip"})
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert response.headers["content-encoding"] == "gzip"
    assert "<!DOCTYPE html>" in response.text


def test_render_process_checks_the_key(rendering):
    assert rendering.get("/maps/heatmap", headers={"Authorization": "Bearer none"}).status_code == 401
    anonymous = {"Authorization": ""}
    assert rendering.get("/v1/incidents/export?format=csv", headers=anonymous).json()["code"] == "key_required"


def test_render_process_counts_new_incidents(rendering):
    before = rendering.get(STREETS).json()["n"]
    report = {"lon": 113.3058, "lat": 40.0912, "datum": "gcj02", "category": "Z06", "description": "路灯"}
    assert rendering.post("/v1/incidents", json=report).status_code == 201
    assert rendering.get(STREETS).json()["n"] == before + 1


def test_killed_process_is_replaced(rendering, process):
    os.kill(process.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(rendering.get, STREETS)
        await_requests(process, 1)
        os.kill(process.pid, signal.SIGKILL)
        failed = waiting.result()
    assert (failed.status_code, failed.json()["code"]) == (503, "rendering_failed")
    assert int(failed.headers["retry-after"]) > 0
    # Such a request must not be computed in the service: it may be the reason why the process ended.
    restarting = rendering.get(STREETS)
    assert restarting.status_code == 503
    # The service may not have noticed the end yet.
    assert restarting.json()["code"] in {"rendering_restarts", "rendering_failed"}
    await_process(rendering)
    assert rendering.get(STREETS).status_code == 200


def test_silent_process_is_replaced(rendering, process, monkeypatch):
    monkeypatch.setattr(render_pool, "_LIMIT_S", 0.5)
    os.kill(process.pid, signal.SIGSTOP)
    slow = rendering.get(STREETS)
    assert (slow.status_code, slow.json()["code"]) == (503, "rendering_slow")
    monkeypatch.undo()
    await_process(rendering)


@pytest.mark.parametrize(("lang", "text"), [("zh", "同时请求的地图和导出过多"), ("en", "Too many maps and exports")])
def test_requests_beyond_the_limit_are_refused(rendering, process, lang, text):
    os.kill(process.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(MAX_REQUESTS) as pool:
        waiting = [pool.submit(rendering.get, STREETS) for _ in range(MAX_REQUESTS)]
        await_requests(process, MAX_REQUESTS)
        page = TestClient(rendering.app).get(f"/maps/heatmap?lang={lang}", headers={"Accept": "text/html"})
        refused = rendering.get(STREETS)
        located = rendering.get("/v1/locate?lon=113.3058&lat=40.0912&datum=gcj02")
        os.kill(process.pid, signal.SIGCONT)
        assert {response.result().status_code for response in waiting} == {200}
    assert located.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (503, "rendering_busy")
    assert int(refused.headers["retry-after"]) > 0
    assert (page.status_code, page.headers["retry-after"]) == (503, refused.headers["retry-after"])
    assert text in page.text
    assert process.requests == 0


def test_every_map_and_area_route_is_rendered():
    routes = [route for module in _ROUTES for route in module.router.routes]
    computing = {route.path for route in routes if route.endpoint is export_incidents or _computes(route.dependant)}
    examples = {path.replace("{kind}.{file_format}", "heatmap.pdf") for path in computing}
    assert len(examples) > 15
    assert not [path for path in examples if not is_rendered({"type": "http", "method": "GET", "path": path})]
    others = {"/v1/locate", "/maps/areas/1/x.js", "/maps/base.pmtiles", "/incidents/1", "/static/own/map.css"}
    assert not [path for path in others if is_rendered({"type": "http", "method": "GET", "path": path})]


def without_times(content):
    """Return a file without the time at which it was written."""
    return re.sub(rb"\d\d:\d\d:\d\d", b"", content)


def _computes(dependant):
    return any(part.call in (MapRequest, AreaFiguresRequest) or _computes(part) for part in dependant.dependencies)


def await_requests(process, number):
    deadline = time.monotonic() + 30
    while process.requests < number:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["terminate", "kill"])
def test_render_process_ends_with_the_service(copy_demo, tmp_path, number):
    copy_demo(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    service = subprocess.Popen(
        [Path(sys.executable).parent / "geogrid", "serve", "--port", str(port), "--render-workers", "1"],
        env={**os.environ, "GEOGRID_HOME": str(tmp_path), "PYTHONUTF8": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with closing(httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60)) as client:
            child = await_child(client, service)
        service.send_signal(number)
        _, errors = service.communicate(timeout=60)
    finally:
        service.kill()
    assert "Traceback" not in errors
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child}").exists():
        assert time.monotonic() < deadline, "the render process is still running"
        time.sleep(0.1)


def await_child(client, service):
    """Load maps until the service has started a render process, and return the id of that process."""
    children = Path(f"/proc/{service.pid}/task/{service.pid}/children")
    deadline = time.monotonic() + START_S
    while not (found := children.read_text().split()):
        assert time.monotonic() < deadline, "no render process has started"
        try:
            client.get(STREETS)
        except httpx2.TransportError:
            time.sleep(0.1)
    return int(found[0])
