"""A service with the demo, a browser that reaches nothing else, and pages that are watched."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
import uvicorn

from geogrid.model import Generation
from geogrid.settings import Settings
from geogrid.store.database import Store
from geogrid_api.app import create_app
from geogrid_maps.district_shapes import prepare_shapes
from geogrid_maps.vendor import is_complete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
#: No name leads anywhere, and no other number either, since the proxy is not there. Playwright's own routing would
#: switch the cache off.
_ALONE = [
    "--no-sandbox",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--proxy-server=http://127.0.0.1:9",
]
#: Said of the vendored heat script, which reads its canvas back to colour it.
_KNOWN = "willReadFrequently"
DESK = {"width": 1366, "height": 768}


_AXE = Path(__file__).resolve().parents[1] / "data" / "npm" / "fetched" / "axe-core" / "axe.min.js"
#: What axe calls findings that keep somebody from using a page.
_GRAVE = ("serious", "critical")


@dataclass(frozen=True)
class Service:
    """A running service: its address, its store, its application."""

    origin: str
    store: Store
    app: FastAPI


@dataclass
class Visit:
    """An open page with all that went wrong in it, and all that it asked for."""

    page: Page
    #: Another origin that the page may load from.
    also: str | None = None
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    #: The kinds of the dialogs that were accepted.
    dialogs: list[str] = field(default_factory=list)
    accepts: bool = False

    def accept_dialogs(self) -> None:
        """Accept dialogs from now on, such as the warning before a page with unsent words is left."""
        self.accepts = True

    def open(self, url: str) -> None:
        """Go to an address; whatever leads elsewhere is a problem."""
        self.page.on("request", lambda request: self._check(request.url, "/".join(url.split("/")[:3])))
        self.page.goto(url)

    def _check(self, url: str, origin: str) -> None:
        self.requests.append(url)
        if not url.startswith((origin, "data:", self.also or origin)):
            self.problems.append(f"outside: {url}")

    def until(self, script: str) -> None:
        """Wait for a script's value to become true; Playwright's own way is stopped by the page's policy."""
        deadline = time.monotonic() + 10
        while not self.page.evaluate(script):
            assert time.monotonic() < deadline, f"still false after 10 s: {script}"
            self.page.wait_for_timeout(20)


@contextmanager
def running(home: Path, fill: Callable[[Store], object] = lambda _: None, **set_up) -> Iterator[Service]:
    """Run a service on a free port over a store, which `fill` fills first, with some settings."""
    settings = Settings(home=home, **set_up)
    store = Store(settings.url)
    store.upgrade()
    fill(store)
    app = create_app(settings)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 300
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            assert time.monotonic() < deadline, "the service is not ready after 300 s"
            time.sleep(0.02)
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        # Fill the caches, which takes longer on a busy machine than clients wait by default.
        httpx2.get(f"{origin}/maps/heatmap", trust_env=False, timeout=300)
        yield Service(origin, store, app)
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()
        store.close()


@pytest.fixture(scope="session")
def run_service():
    return running


@pytest.fixture(scope="session")
def service(copy_demo, tmp_path_factory):
    # A copy, because a service writes: keys, sessions, due incidents.
    home = tmp_path_factory.mktemp("service")
    copy_demo(home, "full")
    with running(home) as found:
        yield found


@pytest.fixture(scope="session")
def shapes(layers):
    return prepare_shapes(Generation(1, "test", synthetic=True), layers)


# Of a module, not of the session: Playwright keeps an event loop running in this thread as long as it lives.
@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if path is None:
        pytest.skip("Chromium is missing, so the map was not tried in a browser. 缺少 Chromium，未做浏览器测试。")
    if not is_complete():
        pytest.skip(
            "The maps' scripts have not been fetched, so the map was not tried. 地图脚本尚未下载，未做浏览器测试。"
        )
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=_ALONE)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def plain_context(browser: Browser):
    """What most pages open in, so that they share a cache as a reader's pages do."""
    context = browser.new_context(viewport=DESK)
    yield context
    context.close()


@pytest.fixture
def visit(browser: Browser, plain_context: BrowserContext):
    """Open addresses; at the end nothing may have gone wrong in any of the pages."""
    visits = []

    def open_page(url: str, *, script: str = "", also: str | None = None, **options) -> Visit:
        context = browser.new_context(**{"viewport": DESK, **options}) if options else plain_context
        found = Visit(context.new_page(), also)
        visits.append(found)
        # The first page of a service waits until its caches are filled, on a busy machine in more than 30 s.
        found.page.set_default_navigation_timeout(120_000)
        if script:
            found.page.add_init_script(script)
        _watch(found)
        found.open(url)
        return found

    yield open_page
    # Before they are closed: what was still under way then is cut off, and no problem.
    problems = [problem for found in visits for problem in found.problems]
    for found in visits:
        found.page.close()
        if found.page.context is not plain_context:
            found.page.context.close()
    assert problems == []


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """A function that returns what axe-core finds grave in an open page: each finding with where it is."""
    if not _AXE.is_file():
        pytest.skip("axe-core has not been fetched, so it was not tried. axe-core 尚未下载，未检查。")
    script = _AXE.read_text(encoding="utf-8")

    def look(page: Page) -> list[str]:
        page.evaluate(script)
        found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
        return [
            f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
            for one in found
            if one["impact"] in _GRAVE
            for node in one["nodes"]
        ]

    return look


def _answer(found: Visit, dialog: Dialog) -> None:
    if found.accepts:
        found.dialogs.append(dialog.type)
        dialog.accept()
    else:
        found.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def _watch(found: Visit) -> None:
    page, problems = found.page, found.problems
    page.on(
        "requestfailed",
        lambda request: (
            # A map that moves on gives up tiles that it has asked for, and a page that is left its requests for the
            # queue; a stream of changes ends when its page is left.
            (
                request.failure == "net::ERR_ABORTED"
                and (
                    request.url.startswith(found.also or "-")
                    or request.url.split("?")[0].endswith(("/desk/queue", "/m/queue"))
                )
            )
            or request.url.endswith("/v1/events")
            or problems.append(f"failed: {request.url}")
        ),
    )
    page.on("response", lambda answer: answer.status < 400 or problems.append(f"{answer.status}: {answer.url}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("dialog", lambda dialog: _answer(found, dialog))
    page.on(
        "console",
        lambda message: (
            message.type not in {"error", "warning"}
            or _KNOWN in message.text
            or problems.append(f"{message.type}: {message.text}")
        ),
    )
