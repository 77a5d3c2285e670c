"""Measure what grows with the number of incidents: loading, saved columns, first map, density, queue, page, figures.

The incidents are synthetic, see `half_years`, with one step each. Processor time is that of the calling thread or the
service; on PostgreSQL the server works in its own processes. Queries are medians of runs with different streets and
months, after a warm-up run.

    python benchmarks/bench_growth.py [INCIDENTS ...] [--keep FOLDER] [--plans]

By default 100,000 incidents on SQLite. GEOGRID_BENCH_POSTGIS_URL names a server: a database is created there for each
size and dropped at the end. ``--keep`` keeps the files and databases and uses them again. Ten million incidents need
14 GB on SQLite, 10 GB on PostgreSQL and 20 minutes to fill.
"""

from __future__ import annotations

import argparse
import gc
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import ProxyHandler, build_opener

import bench_loop
from half_years import fill, size
from machine import describe
from sqlalchemy import create_engine, func, make_url, select, text

from geogrid.incidents.query import IncidentQuery
from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE, SYSTEM, Point, Report
from geogrid.services import saved_columns
from geogrid.services.incident_cache import IncidentCache
from geogrid.services.incident_steps import read_history
from geogrid.services.incidents import report_incident
from geogrid.services.layer_generations import load_locator
from geogrid.store.database import Store
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INCIDENTS = 100_000
RUNS = 7


@dataclass(frozen=True)
class Seconds:
    """Wall-clock time and processor time of the calling thread."""

    wall: float
    processor: float


def main() -> None:
    """Measure each size on each database."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("incidents", nargs="*", type=lambda text: int(text.replace("_", "")), default=[INCIDENTS])
    parser.add_argument("--keep", type=Path, help="folder of the files; databases are kept too")
    parser.add_argument("--plans", action="store_true", help="print the query plans")
    options = parser.parse_args()
    print(describe())
    for wanted in options.incidents:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
            home = options.keep or Path(folder)
            home.mkdir(parents=True, exist_ok=True)
            measure(f"sqlite:///{home / f'growth-{wanted}.db'}", wanted, home, plans=options.plans)
            if server := os.environ.get("GEOGRID_BENCH_POSTGIS_URL"):
                with postgresql_database(server, f"geogrid_growth_{wanted}", keep=options.keep is not None) as url:
                    measure(url, wanted, home, plans=options.plans)


def measure(url: str, wanted: int, home: Path, *, plans: bool) -> None:
    """Fill a database and print what its size costs."""
    store = Store(url)
    store.upgrade()
    took = fill(store, wanted)
    with store.read() as connection:
        number = connection.execute(select(func.count()).select_from(incidents)).scalar_one()
        print(f"\n## {connection.dialect.name}: {number:,} incidents\n")
    print(f"filled in {took:.0f} s; {(size(store) or 0) / number:,.0f} bytes an incident with its step\n")
    _measure_columns(store, home)
    _measure_start(url, home)
    _measure_queries(store, plans=plans)
    store.close()


def _measure_columns(store: Store, home: Path) -> None:
    directory = home / "index"
    saved = saved_columns.SavedColumns(store, directory)
    saved.path.unlink(missing_ok=True)
    cache = IncidentCache(store, directory)
    _show("load all from the database", [_time(cache.refresh)])
    _show("write the file", [_time(cache.save)])
    print(f"{'size of the file':48} {saved.path.stat().st_size / 1e6:8.0f} MB")
    _show("load all from the file", [_time(IncidentCache(store, directory).refresh) for _ in range(RUNS)])
    everything = IncidentQuery()
    _show("density of all", [_time(lambda: cache.read_density(everything)) for _ in range(RUNS)])
    month = next(bench_loop.run_parameters()).filter()
    _show("density of a month", [_time(lambda: cache.read_density(month)) for _ in range(RUNS)])
    _show("refresh after a new report", [_refresh_after_report(store, cache) for _ in range(RUNS)])
    loaded = IncidentCache(store, directory)
    _show("load from the file and the changes since", [_time(loaded.refresh)])


def _refresh_after_report(store: Store, cache: IncidentCache) -> Seconds:
    newest = cache.refresh()
    report = Report(datetime.now(UTC), "Z06", "hotline", Point(113.2988, 40.09), "wgs84", synthetic=True)
    report_incident(store, load_locator(store, raster=False), load_rules(), report, CONSOLE)
    taken = _time(cache.refresh)
    if len(cache.refresh().number) != len(newest.number) + 1:
        raise RuntimeError("The new report is missing.")
    return taken


def _measure_queries(store: Store, *, plans: bool) -> None:
    calls = bench_loop.measured_calls(store)
    names = ("queue of a street, first page", "queue of all, first page", "queue: category, overdue")
    chosen = {name: calls[name] for name in (*names, "KPI of a street and month")}
    with store.read() as connection:
        last = connection.execute(select(func.max(incidents.c.id))).scalar_one()
    chosen["page of an incident"] = lambda parameters: read_history(
        store, SYSTEM, last * (parameters.first.toordinal() % 997 + 1) // 1_000
    )
    for name, call in chosen.items():
        median, worst, lines = bench_loop.run(store, call)
        print(f"{name:48} median {median * 1000:8.1f} ms   worst {worst * 1000:8.1f} ms")
        if plans:
            print("\n".join(lines))


def _measure_start(url: str, home: Path) -> None:
    """Print the times from the start of `geogrid serve` until it answers, and from then to the first heat map."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [Path(sys.executable).with_name("geogrid"), "serve", "--port", str(port)]
    environment = {**os.environ, "GEOGRID_HOME": str(home), "GEOGRID_DATABASE_URL": url, "GEOGRID_TICK_S": "0"}
    begin = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/health")
            ready, used = time.perf_counter(), _processor_time(process.pid)
            _show("start of the service", [Seconds(ready - begin, used)])
            _wait_for(f"http://127.0.0.1:{port}/maps/heatmap")
            wall = time.perf_counter() - ready
            _show("first heat map after the start", [Seconds(wall, _processor_time(process.pid) - used)])
        finally:
            process.terminate()


def _wait_for(address: str) -> None:
    opener, deadline = build_opener(ProxyHandler({})), time.monotonic() + 900
    while time.monotonic() < deadline:
        with suppress(OSError), opener.open(address) as answer:
            if answer.status == HTTPStatus.OK and answer.read():
                return
        time.sleep(0.02)
    raise TimeoutError(f"geogrid serve does not answer at {address}.")


def _processor_time(pid: int) -> float:
    """Return the processor seconds of a process on Linux; 0 on other systems."""
    try:
        values = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def _time(call: Callable[[], object]) -> Seconds:
    gc.collect()
    begin, used = time.perf_counter(), time.thread_time()
    call()
    return Seconds(time.perf_counter() - begin, time.thread_time() - used)


def _show(name: str, runs: list[Seconds]) -> None:
    wall = statistics.median(run.wall for run in runs)
    processor = statistics.median(run.processor for run in runs)
    print(f"{name:48} {wall:8.3f} s wall {processor:8.3f} s processor   median of {len(runs)}", flush=True)


@contextmanager
def postgresql_database(server: str, name: str, *, keep: bool) -> Iterator[str]:
    """Create a database on a server, yield its URL, and drop it at the end; `keep` uses and keeps an existing one."""
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        exists = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).first()
        if not (exists and keep):
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
            connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        if not keep:
            with engine.connect() as connection:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


if __name__ == "__main__":
    main()
