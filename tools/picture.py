"""Take the screenshots for the documentation: ``make picture``.

The script starts a service with new demo data on a free port, and opens each page in Chromium as an anonymous user. The
screenshot of the README is written to docs/images/, those of the how-to guides to docs/pictures/, as small PNG files
with a palette. ``python tools/picture.py NAME...`` takes only the screenshots whose names begin with NAME.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
DESK, PHONE = (1366, 768), (390, 844)
#: Maximum size of a screenshot in bytes; the number of colours is reduced to meet it.
MAX_BYTES = 120_000
COLOURS = (224, 192, 128, 96, 64, 48, 32)
#: URL fragment with the view of the map, which opens the drawer of a grid.
GRID = "#14/40.0900/113.2988/140213051003008"
#: Account for the screenshots of the desk, in the temporary demo data.
ACCOUNT, PASSWORD = "desk", "of the pictures only"
HALF_YEAR = "from=2022-01-01&to=2022-06-30"
#: Pages that require a login.
CLOSED = {"desk": "/desk", "telephone": "/m"}
#: Name, and path with query. Each page is taken in both languages, in desktop and phone size.
PAGES = {
    "heatmap": f"/maps/heatmap?{HALF_YEAR}",
    "timeline": f"/maps/timeline?{HALF_YEAR}&step=month&category=Z02",
    "density": f"/maps/density?{HALF_YEAR}",
    "hotspots": f"/maps/hotspots?{HALF_YEAR}&category=Z02&weekday=5&hours=18-22",
    "rates": f"/maps/rates?{HALF_YEAR}&measure=overdue_share&by=community",
    "difference": "/maps/compare?from=2022-04-01&to=2022-06-30&show=difference&by=community",
    "compare": "/maps/compare?from=2022-06-01&to=2022-06-30&category=Z06",
    "explorer": f"/maps/explorer?{HALF_YEAR}{GRID}",
    "figures": "/figures?from=2022-06-01&to=2022-06-30",
}
#: Prints, which the service renders without a browser.
SHEETS = {
    "sheet-timeline": f"/maps/timeline.png?{HALF_YEAR}&step=hour",
    "sheet-explorer": "/maps/explorer.png?street=140213050",
}


@dataclass(frozen=True, slots=True)
class Shot:
    """A screenshot to take: output file, path of the page, and viewport size."""

    out: Path
    path: str
    size: tuple[int, int]


def main() -> int:
    """Take the screenshots and return the exit status."""
    browser = next((path for name in ("chromium", "google-chrome", "chrome") if (path := shutil.which(name))), None)
    if browser is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 2
    prefixes = tuple(sys.argv[1:]) or ("",)
    with serve_demo() as origin, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for shot in shots():
            if shot.out.stem.startswith(prefixes):
                write_shot(chromium, origin, shot)
        chromium.close()
    return 0


def shots() -> Iterator[Shot]:
    """Yield all screenshots."""
    yield Shot(ROOT / "docs" / "images" / "heatmap.png", "/maps/heatmap", DESK)
    folder = ROOT / "docs" / "pictures"
    for name, path in (PAGES | CLOSED).items():
        for language in ("zh", "en"):
            for ending, size in (("", DESK), ("-phone", PHONE)):
                yield Shot(folder / f"{name}-{language}{ending}.png", with_language(path, language), size)
    for name, path in SHEETS.items():
        for language in ("zh", "en"):
            yield Shot(folder / f"{name}-{language}.png", with_language(path, language), DESK)


def with_language(path: str, language: str) -> str:
    """Return a path with the language in its query.

    >>> with_language("/maps/explorer?to=2022-06-30#14", "en")
    '/maps/explorer?to=2022-06-30&lang=en#14'
    """
    page, mark, place = path.partition("#")
    return f"{page}{'&' if '?' in page else '?'}lang={language}{mark}{place}"


def write_shot(chromium: Browser, origin: str, shot: Shot) -> None:
    """Take a screenshot of a page, or download a print, and write it."""
    content = reduce_colours(
        download_print(origin + shot.path, shot.size)
        if ".png?" in shot.path
        else take_screenshot(chromium, origin, shot)
    )
    shot.out.parent.mkdir(parents=True, exist_ok=True)
    shot.out.write_bytes(content)
    print(f"{shot.out.relative_to(ROOT)}: {len(content) / 1000:.0f} KB")


def download_print(address: str, size: tuple[int, int]) -> bytes:
    """Return a print, reduced to the viewport width, as PNG."""
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - a loopback address
        sheet = Image.open(io.BytesIO(answer.read()))
    sheet.thumbnail((size[0], size[0]))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def take_screenshot(chromium: Browser, origin: str, shot: Shot) -> bytes:
    """Return the screenshot of a page as PNG."""
    page = chromium.new_page(viewport={"width": shot.size[0], "height": shot.size[1]})
    if shot.path.split("?")[0] in CLOSED.values():
        page.goto(f"{origin}/login")
        page.fill("input[name=name]", ACCOUNT)
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk*")
    # A page with an open event stream never becomes idle.
    answer = page.goto(origin + shot.path, wait_until="load")
    if answer is None or not answer.ok:
        raise RuntimeError(shot.path)
    page.wait_for_timeout(2_000)
    picture = page.screenshot()
    page.close()
    return picture


def reduce_colours(picture: bytes) -> bytes:
    """Return a PNG with as many colours as `MAX_BYTES` permits."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in COLOURS:
        out = io.BytesIO()
        # The other methods assign most colours to the background and turn red to brown.
        reduced = image.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
        reduced.save(out, "PNG", optimize=True)
        if out.tell() <= MAX_BYTES:
            break
    return out.getvalue()


@contextmanager
def serve_demo() -> Iterator[str]:
    """Start a service with new demo data, and yield its URL."""
    geogrid = Path(sys.executable).parent / "geogrid"
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "GEOGRID_HOME": home}
        commands = ((["demo"], None), (["users", "add", ACCOUNT, "--role", "dispatcher", "--password-stdin"], PASSWORD))
        for words, text in commands:
            subprocess.run(  # noqa: S603 - our own command
                [geogrid, *words], env=environment, check=True, input=text, text=True, stdout=subprocess.DEVNULL
            )
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        service = subprocess.Popen([geogrid, "serve", "--port", str(port)], env=environment)  # noqa: S603 - our own command
        try:
            wait_for(f"http://127.0.0.1:{port}/health", service)
            yield f"http://127.0.0.1:{port}"
        finally:
            service.terminate()
            service.wait()


def wait_for(address: str, service: subprocess.Popen[bytes]) -> None:
    """Wait until a URL of a running service responds."""
    for _ in range(300):
        if service.poll() is not None:
            raise ChildProcessError(address)
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - a loopback address
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(address)


if __name__ == "__main__":
    sys.exit(main())
