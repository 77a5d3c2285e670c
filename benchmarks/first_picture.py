"""Measure the network traffic of a map in a browser, and the time until it is drawn."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PATIENCE_S = 120
_SIZE = (1366, 768)
#: Records the first frame with grids and all heat canvases, in milliseconds since the start of the navigation. Leaflet
#: draws shapes with `stroke`; leaflet.heat ends with `putImageData`.
_WATCH = """
window.firstPicture = null;
const tell = () => (window.firstPicture = performance.now());
const drawn = new Set();
const watch = (name, what) => {
  const own = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...args) {
    const answer = own.apply(this, args);
    const seen = what(this, ...args);
    if (seen && !drawn.has(seen)) {
      drawn.add(seen);
      if (drawn.size === DRAWN) requestAnimationFrame(() => setTimeout(tell));
    }
    return answer;
  };
};
watch("stroke", () => "grids");
watch("putImageData", (context, image) => image.data.some((value) => value > 0) && context);
"""


@dataclass(frozen=True, slots=True)
class PageMeasurements:
    """Measurements of an opened page.

    Attributes
    ----------
    picture_s
        Seconds from the start of the navigation to the frame with the map.
    wire_kb
        Kilobytes (1,000 bytes) received until the network was idle, including headers.
    """

    picture_s: float
    wire_kb: float


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser."""
    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if path is None:
        raise FileNotFoundError("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--proxy-server=direct://"])
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser) -> Iterator[BrowserContext]:
    """Yield a browser context with an empty cache."""
    context = browser.new_context(viewport={"width": _SIZE[0], "height": _SIZE[1]})
    yield context
    context.close()


def measure_page(context: BrowserContext, address: str, heats: int) -> PageMeasurements:
    """Open a URL in a new tab, with the cache of the visit, and return the measurements.

    Parameters
    ----------
    context
        The visit.
    address
        URL of the page.
    heats
        Number of heat canvases.
    """
    page = context.new_page()
    loaded: list[float] = []
    session = context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    session.send("Network.enable")
    page.add_init_script(_WATCH.replace("DRAWN", str(heats + 1)))
    page.goto(address, timeout=_PATIENCE_S * 1000, wait_until="commit")
    until = time.monotonic() + _PATIENCE_S
    while (picture := page.evaluate("window.firstPicture")) is None:
        if time.monotonic() > until:
            raise TimeoutError(address)
        page.wait_for_timeout(20)
    page.wait_for_load_state("networkidle")
    page.close()
    return PageMeasurements(picture / 1000, sum(loaded) / 1000)
