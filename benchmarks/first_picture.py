"""What a browser loads of a map, and when the map is there to be seen."""

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
#: Notes the first frame after grids have been drawn and each heat canvas shows something. `stroke` draws the shapes of
#: Leaflet, `putImageData` is the last that leaflet.heat does. Milliseconds since the navigation began.
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
class Seen:
    """What became of opening a page.

    Attributes
    ----------
    picture_s
        Seconds from the begin of the navigation to the frame that shows the map.
    wire_kb
        Kilobytes (1,000) that came over the wire until the network was idle, heads and all.
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
    """Begin a visit, with an empty cache."""
    context = browser.new_context(viewport={"width": _SIZE[0], "height": _SIZE[1]})
    yield context
    context.close()


def look(context: BrowserContext, address: str, heats: int) -> Seen:
    """Open an address in a tab of its own, with what the visit has in its cache.

    Parameters
    ----------
    context
        The visit.
    address
        Of the page.
    heats
        On how many canvases heat is drawn.
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
    return Seen(picture / 1000, sum(loaded) / 1000)
