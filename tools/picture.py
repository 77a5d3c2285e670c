"""Take the README's picture of the map: ``make picture``.

It serves a fresh demo on a port of its own, opens the page in Chromium and writes docs/images/heatmap.png.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "images" / "heatmap.png"
PORT = 8765
SIZE = (1366, 768)


def main() -> int:
    """Take the picture and return the exit status."""
    browser = next((path for name in ("chromium", "google-chrome", "chrome") if (path := shutil.which(name))), None)
    if browser is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 2
    with served() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.goto(address, wait_until="networkidle")
        page.wait_for_timeout(1_000)
        OUT.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=OUT)
        chromium.close()
    print(OUT.relative_to(ROOT))
    return 0


@contextmanager
def served() -> Iterator[str]:
    """Serve a fresh demo and give the address of its heat map."""
    geogrid = Path(sys.executable).parent / "geogrid"
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "GEOGRID_HOME": home}
        subprocess.run([geogrid, "demo"], env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
        service = subprocess.Popen([geogrid, "serve", "--port", str(PORT)], env=environment)  # noqa: S603 - our own command
        try:
            wait_for(f"http://127.0.0.1:{PORT}/health")
            yield f"http://127.0.0.1:{PORT}/maps/heatmap"
        finally:
            service.terminate()
            service.wait()


def wait_for(address: str) -> None:
    """Return once an address answers."""
    for _ in range(100):
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - a loopback address
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(address)


if __name__ == "__main__":
    sys.exit(main())
