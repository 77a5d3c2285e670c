"""Measure `/v1/locate` alone and beside clients that load heat maps all the time, and the pages of all maps.

`geogrid serve` on SQLite with the demo, or on the database FILE, see `bench_maps.py`. All incidents are synthetic.

- `locate`: latency of one connection, alone and beside 4 clients in processes of their own, alternately. Each client
  loads heat maps of changing periods, so that the service keeps no page that they can use.
- `page`: from the request to the last byte of the compressed page, without other load. `new` pages have a period that
  no request had before; `kept` pages were rendered before; `304` repeats the ETag of the page.

    python benchmarks/load_maps.py [FILE] [RENDER_WORKERS]
"""

from __future__ import annotations

import http.client
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from load_loop import serving
from machine import describe

from geogrid.demo.store_preparation import prepare_demo
from geogrid.services.key_figures import get_newest_day
from geogrid.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.synchronize import Event

CLIENTS: Final = 4
TURNS: Final = 3
TURN_S: Final = 8.0
PAGES: Final = 30
_MAPS: Final = ("heatmap", "timeline", "compare", "explorer", "density", "rates")
_LOCATE: Final = "/v1/locate?lon=113.3058&lat=40.0912&datum=gcj02"
_WARM_UP_S: Final = 40


def main() -> None:
    """Measure one database."""
    words = sys.argv[1:]
    if len(words) > 1:
        os.environ["GEOGRID_RENDER_WORKERS"] = words[1]
    print(describe())
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        store = Store(f"sqlite:///{words[0] if words else Path(folder) / 'demo.db'}")
        store.upgrade()
        prepare_demo(store)
        newest = get_newest_day(store)
        store.close()
        if newest is None:
            raise RuntimeError("The database has no incidents.")
        with serving(store, 1) as port:
            _warm_up(port)
            print("\n".join(measure_locate(port, newest)))
            print("\n".join(measure_pages(port, newest)))


def measure_locate(port: int, newest: date) -> Iterator[str]:
    """Yield the latencies of `/v1/locate` alone and beside the clients of heat maps."""
    alone: list[float] = []
    beside: list[float] = []
    for turn in range(TURNS):
        alone += _locate_for(port, TURN_S)
        stop = multiprocessing.get_context("spawn").Event()
        clients = [_start_client(port, newest, turn * CLIENTS + number, stop) for number in range(CLIENTS)]
        time.sleep(2)
        beside += _locate_for(port, TURN_S)
        stop.set()
        for client in clients:
            client.join()
    ratio = _share(beside, 99) / _share(alone, 99)
    yield f"locate alone: {_times(alone)}"
    yield f"locate beside {CLIENTS} heat map clients: {_times(beside)}; 99 % {ratio:.1f} times as long"


def measure_pages(port: int, newest: date) -> Iterator[str]:
    """Yield the latencies of the pages of all maps."""
    for name in _MAPS:
        new: list[float] = []
        kept: list[float] = []
        unchanged: list[float] = []
        for number in range(PAGES):
            path = f"/maps/{name}?{_period(newest, 20_000 + number)}"
            new.append(_load(port, path)[0])
            seconds, etag = _load(port, path)
            kept.append(seconds)
            unchanged.append(_load(port, path, {"If-None-Match": etag})[0])
        yield f"{name:10} new {_times(new)} | kept {_times(kept)} | 304 {_times(unchanged)}"


def load_maps(port: int, newest: date, seed: int, stop: Event) -> None:
    """Load heat maps of periods that no other client uses, until the event is set."""
    number = 0
    while not stop.is_set():
        _load(port, f"/maps/heatmap?{_period(newest, seed * 500 + number)}")
        number += 1


def _start_client(port: int, newest: date, seed: int, stop: Event) -> multiprocessing.process.BaseProcess:
    arguments = (port, newest, seed, stop)
    client = multiprocessing.get_context("spawn").Process(target=load_maps, args=arguments, daemon=True)
    client.start()
    return client


def _period(newest: date, number: int) -> str:
    """Return a period that ends with the newest day; each number has another first day."""
    return f"from={newest - timedelta(days=170 + number)}&to={newest}"


def _locate_for(port: int, seconds: float) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times = []
    end = time.perf_counter() + seconds
    while (begin := time.perf_counter()) < end:
        connection.request("GET", _LOCATE)
        connection.getresponse().read()
        times.append(time.perf_counter() - begin)
        time.sleep(0.005)
    connection.close()
    return times


def _load(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[float, str]:
    """Return the seconds until the last byte of a page, and its ETag."""
    begin = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip", **(headers or {})})
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status not in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
        raise RuntimeError(f"{path}: {response.status}")
    return time.perf_counter() - begin, response.headers.get("ETag", "")


def _warm_up(port: int) -> None:
    """Load maps until the render processes have started and the objects of all processes are frozen."""
    end = time.perf_counter() + _WARM_UP_S
    while time.perf_counter() < end:
        for name in _MAPS:
            _load(port, f"/maps/{name}")
        time.sleep(1)


def _share(seconds: Sequence[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100)[percent - 1]


def _times(seconds: Sequence[float]) -> str:
    values = (statistics.median(seconds), _share(seconds, 95), _share(seconds, 99))
    median, late, last = (f"{value * 1000:,.1f}" for value in values)
    return f"median {median}, 95 % {late}, 99 % {last} ms"


if __name__ == "__main__":
    main()
