"""The maps for planners over HTTP and in Chromium, beside plain Folium with everything in its page.

`geogrid serve` on SQLite, one process, warm: the demo's half-year first, then a million incidents in the period, which
is the demo repeated backwards in time as `bench_loop.py` has it. All incidents are synthetic. Pages are asked for by
somebody without a key. Plain Folium draws the same incidents, all of them, and the same grids. All take turns, A B A B.

- `answer`: from the request to the last byte of the packed page, median and 95 % of the requests.
- `page`, `first visit`, `second map`: kilobytes (1,000) packed: of the page alone; of all that comes over the wire
  for it with an empty cache; and of a map that is opened after another of the visit.
- `first picture`: from the begin of the navigation to the first frame in Chromium (1366 by 768) after grids have been
  drawn and each heat canvas shows something, with an empty cache; and as the second map of a visit.

    python benchmarks/bench_maps.py [INCIDENTS] [FILE] [ROUNDS]

0 INCIDENTS leave the second part out. A FILE is kept, and used again if it is there.
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

from first_picture import chromium, look, visit
from half_years import fill
from load_loop import serving
from machine import describe
from plain_folium import handing_out, plain_page

from geogrid.demo.preparation import prepare_demo
from geogrid.services.figures import get_newest_day
from geogrid.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

INCIDENTS = 1_000_000
REQUESTS = 20
ROUNDS = 5
_PLAIN = "plain Folium"
_WEEKS_A_HALF = 26


@dataclass(frozen=True, slots=True)
class Map:
    """A map: the path of its page, on how many canvases it has heat, and which map came before it in the visit."""

    path: str
    heats: int
    before: str


@dataclass(slots=True)
class Found:
    """What was measured of a map: seconds and kilobytes, a value a round or a request."""

    answers: list[float] = field(default_factory=list)
    page_kb: float = 0.0
    pictures: list[float] = field(default_factory=list)
    first_kb: list[float] = field(default_factory=list)
    second_kb: list[float] = field(default_factory=list)
    second_pictures: list[float] = field(default_factory=list)


def main() -> None:
    """Measure the demo, then a store of many."""
    words = sys.argv[1:]
    wanted = int(words[0].replace("_", "")) if words else INCIDENTS
    rounds = int(words[2]) if len(words) > 2 else ROUNDS  # noqa: PLR2004
    print(describe())
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        measure(Path(folder) / "demo.db", 0, rounds)
        if wanted:
            measure(Path(words[1]) if len(words) > 1 else Path(folder) / "geogrid.db", wanted, rounds)


def measure(path: Path, wanted: int, rounds: int) -> None:
    """Prepare a store and print what its maps take."""
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    fill(store, wanted) if wanted else prepare_demo(store)
    maps = maps_of(store, halves=-(-wanted // 59_369) or 1)
    found = {name: Found() for name in (*maps, _PLAIN)}
    with serving(store, 1) as port, chromium() as browser:
        ask(port, maps, found)
        for _ in range(rounds):
            see(browser, f"http://127.0.0.1:{port}", maps, found)
            see_plain(browser, store, found[_PLAIN])
    store.close()
    print(f"\n## {wanted or 59_369:,} incidents; load {os.getloadavg()[1]:.1f}\n")
    print("\n".join(table(found)))


def maps_of(store: Store, halves: int) -> dict[str, Map]:
    """Return the maps, with all incidents of the store in their periods."""
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


def ask(port: int, maps: dict[str, Map], found: dict[str, Found]) -> None:
    """Ask for all pages in turn, after a first time that does not count."""
    for number in range(REQUESTS + 1):
        for name, one in maps.items():
            begin = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request("GET", one.path, headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            took = time.perf_counter() - begin
            if answer.status != http.HTTPStatus.OK or answer.headers["Content-Encoding"] != "gzip":
                raise RuntimeError(one.path)
            if number:
                found[name].answers.append(took)
                found[name].page_kb = len(content) / 1000


def see(browser: Browser, origin: str, maps: dict[str, Map], found: dict[str, Found]) -> None:
    """Open each map first in a visit, and as the second map of another."""
    for name, one in maps.items():
        with visit(browser) as context:
            seen = look(context, origin + one.path, one.heats)
            found[name].pictures.append(seen.picture_s)
            found[name].first_kb.append(seen.wire_kb)
        with visit(browser) as context:
            look(context, origin + one.before, 0)
            seen = look(context, origin + one.path, one.heats)
            found[name].second_kb.append(seen.wire_kb)
            found[name].second_pictures.append(seen.picture_s)


def see_plain(browser: Browser, store: Store, found: Found) -> None:
    """Make the page of plain Folium and open it."""
    begin = time.perf_counter()
    page = plain_page(store)
    found.answers.append(time.perf_counter() - begin)
    found.page_kb = len(page) / 1000
    with handing_out(page) as address, visit(browser) as context:
        seen = look(context, address, 1)
    found.pictures.append(seen.picture_s)
    found.first_kb.append(seen.wire_kb)


def table(found: dict[str, Found]) -> Iterator[str]:
    """Yield the rows of a table."""
    yield "| | answer, ms: median · 95 % | page, KB | first visit, KB | first picture, s | second map, KB | its one |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, one in found.items():
        late = max(one.answers) if len(one.answers) < REQUESTS else statistics.quantiles(one.answers, n=20)[-1]
        times = f"{statistics.median(one.answers) * 1000:,.0f} · {late * 1000:,.0f}"
        second = f"{statistics.median(one.second_kb):,.0f}" if one.second_kb else ""
        again = f"{statistics.median(one.second_pictures):.2f}" if one.second_pictures else ""
        yield (
            f"| {name} | {times} | {one.page_kb:,.0f} | {statistics.median(one.first_kb):,.0f} "
            f"| {statistics.median(one.pictures):.2f} | {second} | {again} |"
        )


if __name__ == "__main__":
    main()
