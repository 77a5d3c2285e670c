"""Measure the maps over HTTP and in Chromium, against plain Folium with all data in the page.

`geogrid serve` on SQLite, one process, warm: first the half-year of the demo, then a million incidents, see
`bench_loop.py`. All incidents are synthetic. Requests are anonymous. Plain Folium draws the same incidents and grids.
The candidates alternate.

- `answer`: from the request to the last byte of the compressed page, median and 95th percentile.
- `page`, `first visit`, `second map`: compressed kilobytes (1,000 bytes) of the page alone; of all requests with an
  empty cache; and of all requests of a map that is opened second in the visit.
- `first picture`: from the start of the navigation to the first frame in Chromium (1366 by 768) with grids and heat,
  with an empty cache; and as the second map of a visit.

    python benchmarks/bench_maps.py [INCIDENTS] [FILE] [ROUNDS]

0 INCIDENTS skip the second part. FILE is kept and reused.
"""

from __future__ import annotations

import http.client
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from first_picture import chromium, measure_page, visit
from half_years import fill
from load_loop import serving
from machine import describe
from plain_folium import handing_out, plain_page

from geogrid.demo.store_preparation import prepare_demo
from geogrid.services.key_figures import get_newest_day
from geogrid.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

INCIDENTS = 100_000
REQUESTS = 20
ROUNDS = 5
_PLAIN = "plain Folium"
_WEEKS_A_HALF = 26


@dataclass(frozen=True, slots=True)
class Map:
    """A map: path of the page, number of heat canvases, and the map opened before it in the visit."""

    path: str
    heats: int
    before: str


@dataclass(slots=True)
class Measurements:
    """Measurements of a map in seconds and kilobytes, one for each round or request."""

    responses: list[float] = field(default_factory=list)
    page_kb: float = 0.0
    pictures: list[float] = field(default_factory=list)
    first_kb: list[float] = field(default_factory=list)
    second_kb: list[float] = field(default_factory=list)
    second_pictures: list[float] = field(default_factory=list)


def main() -> None:
    """Measure the demo, then a database with many incidents."""
    words = sys.argv[1:]
    wanted = int(words[0].replace("_", "")) if words else INCIDENTS
    rounds = int(words[2]) if len(words) > 2 else ROUNDS  # noqa: PLR2004
    print(describe())
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        measure(Path(folder) / "demo.db", 0, rounds)
        if wanted:
            measure(Path(words[1]) if len(words) > 1 else Path(folder) / "geogrid.db", wanted, rounds)


def measure(path: Path, wanted: int, rounds: int) -> None:
    """Prepare a database and print the measurements of its maps."""
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    fill(store, wanted) if wanted else prepare_demo(store)
    maps = maps_of(store, halves=-(-wanted // 59_369) or 1)
    found = {name: Measurements() for name in (*maps, _PLAIN)}
    with serving(store, 1) as port, chromium() as browser:
        measure_requests(port, maps, found)
        for _ in range(rounds):
            measure_browser(browser, f"http://127.0.0.1:{port}", maps, found)
            measure_plain_folium(browser, store, found[_PLAIN])
    store.close()
    print(f"\n## {wanted or 59_369:,} incidents; load {os.getloadavg()[1]:.1f}\n")
    print("\n".join(table(found)))


def maps_of(store: Store, halves: int) -> dict[str, Map]:
    """Return the maps, with a period that contains all incidents."""
    newest = get_newest_day(store)
    period = "?from=2022-01-01&to=2022-06-30" if halves == 1 else ""
    weeks = halves * _WEEKS_A_HALF / 2
    middle = (newest - timedelta(weeks=weeks)) if newest else None
    both = f"?from={middle}&to={newest}"
    heat = f"/maps/heatmap{period}"
    return {
        "heatmap": Map(heat, 1, f"/maps/explorer{period}"),
        "timeline": Map(f"/maps/timeline{period}", 1, heat),
        "compare": Map(f"/maps/compare{both}", 2, heat),
        "explorer": Map(f"/maps/explorer{period}", 0, heat),
    }


def measure_requests(port: int, maps: dict[str, Map], found: dict[str, Measurements]) -> None:
    """Measure requests of all pages alternately, after a warm-up request."""
    for number in range(REQUESTS + 1):
        for name, one in maps.items():
            begin = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request("GET", one.path, headers={"Accept-Encoding": "gzip"})
            response = connection.getresponse()
            content = response.read()
            connection.close()
            took = time.perf_counter() - begin
            if response.status != http.HTTPStatus.OK or response.headers["Content-Encoding"] != "gzip":
                raise RuntimeError(one.path)
            if number:
                found[name].responses.append(took)
                found[name].page_kb = len(content) / 1000


def measure_browser(browser: Browser, origin: str, maps: dict[str, Map], found: dict[str, Measurements]) -> None:
    """Measure each map as the first and as the second map of a visit."""
    for name, one in maps.items():
        with visit(browser) as context:
            seen = measure_page(context, origin + one.path, one.heats)
            found[name].pictures.append(seen.picture_s)
            found[name].first_kb.append(seen.wire_kb)
        with visit(browser) as context:
            measure_page(context, origin + one.before, 0)
            seen = measure_page(context, origin + one.path, one.heats)
            found[name].second_kb.append(seen.wire_kb)
            found[name].second_pictures.append(seen.picture_s)


def measure_plain_folium(browser: Browser, store: Store, found: Measurements) -> None:
    """Measure the page of plain Folium."""
    begin = time.perf_counter()
    page = plain_page(store)
    found.responses.append(time.perf_counter() - begin)
    found.page_kb = len(page) / 1000
    with handing_out(page) as address, visit(browser) as context:
        seen = measure_page(context, address, 1)
    found.pictures.append(seen.picture_s)
    found.first_kb.append(seen.wire_kb)


def table(found: dict[str, Measurements]) -> Iterator[str]:
    """Yield the rows of the result table."""
    yield "| | answer, ms: median · 95 % | page, KB | first visit, KB | first picture, s | second map, KB | its one |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, one in found.items():
        late = max(one.responses) if len(one.responses) < REQUESTS else statistics.quantiles(one.responses, n=20)[-1]
        times = f"{statistics.median(one.responses) * 1000:,.0f} · {late * 1000:,.0f}"
        second = f"{statistics.median(one.second_kb):,.0f}" if one.second_kb else ""
        again = f"{statistics.median(one.second_pictures):.2f}" if one.second_pictures else ""
        yield (
            f"| {name} | {times} | {one.page_kb:,.0f} | {statistics.median(one.first_kb):,.0f} "
            f"| {statistics.median(one.pictures):.2f} | {second} | {again} |"
        )


if __name__ == "__main__":
    main()
