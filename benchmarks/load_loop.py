"""Load test: clients report incidents over HTTP while dispatchers process the queue; then the results are checked.

Starts `geogrid serve` with the demo, on SQLite with one worker process, and optionally on PostgreSQL with two. Some
requests are repeated with the same idempotency key, and some connections are dropped. All reports are synthetic.

    python benchmarks/load_loop.py [REPORTS]

GEOGRID_BENCH_POSTGIS_URL is the URL of an empty PostgreSQL database. The exit status is 1 if anything is lost or
duplicated.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING
from urllib.request import ProxyHandler, build_opener

from half_years import size
from load_checks import find_faults
from load_clients import Tally, Wire, dispatch, report
from machine import describe

from geogrid.demo.store_preparation import prepare_demo
from geogrid.model import Grant, Role
from geogrid.services.api_keys import create_key
from geogrid.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_START_S = 60


@dataclass(frozen=True, slots=True)
class Load:
    """Size of the load; dispatchers stop after `patience_s` seconds."""

    reports: int = 10_000
    reporters: int = 16
    dispatchers: int = 4
    patience_s: float = 1_200


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a load.

    Attributes
    ----------
    seconds
        Seconds until the last report was acknowledged, and until the last dispatcher finished.
    tallies
        One for each client.
    faults
        Messages about lost and duplicated data.
    """

    seconds: tuple[float, float]
    tallies: list[Tally]
    faults: list[str]


def main() -> None:
    """Run the load test on both databases."""
    load = Load(int(sys.argv[1].replace("_", ""))) if len(sys.argv) > 1 else Load()
    print(describe())
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        faults = measure(f"sqlite:///{folder}/geogrid.db", 1, load)
    if url := os.environ.get("GEOGRID_BENCH_POSTGIS_URL"):
        faults += measure(url, 2, load)
    sys.exit(1 if faults else 0)


def measure(url: str, workers: int, load: Load) -> list[str]:
    """Prepare a database, run the load test, print the result, and return the faults."""
    store = Store(url)
    store.upgrade()
    prepare_demo(store)
    before = size(store) or 0
    outcome = run(store, workers, load)
    grown = (size(store) or 0) - before
    print(f"\n## {store.url.get_backend_name()}, {workers} worker(s)\n")
    print("\n".join(describe_outcome(load, outcome)))
    print(f"the database grew by {grown / load.reports:,.0f} bytes a report, with its steps and kept answers")
    store.close()
    return outcome.faults


def run(store: Store, workers: int, load: Load) -> Outcome:
    """Run the clients against a service, and return the result with all faults."""
    roles = {"report": Role.API_CLIENT, "dispatch": Role.DISPATCHER, "look": Role.LEADER}
    keys = {name: create_key(store, f"load: {name}", Grant(frozenset({role}))) for name, role in roles.items()}
    reported = threading.Event()
    with serving(store, workers) as port, ThreadPoolExecutor(load.reporters + load.dispatchers) as pool:
        begin = time.monotonic()
        dispatchers = [
            pool.submit(dispatch, Wire("127.0.0.1", port, keys["dispatch"]), seed, reported, begin + load.patience_s)
            for seed in range(load.dispatchers)
        ]
        reporters = [
            pool.submit(report, Wire("127.0.0.1", port, keys["report"]), range(first, load.reports, load.reporters))
            for first in range(load.reporters)
        ]
        try:
            tallies = [reporter.result() for reporter in reporters]
        finally:
            reported.set()
        first = time.monotonic() - begin
        tallies += [dispatcher.result() for dispatcher in dispatchers]
        seconds = (first, time.monotonic() - begin)
        look = Wire("127.0.0.1", port, keys["look"])
        faults = find_faults(store, look, tallies, range(load.reports))
        look.close()
    return Outcome(seconds, tallies, faults)


@contextmanager
def serving(store: Store, workers: int) -> Iterator[int]:
    """Run `geogrid serve`, and yield its port."""
    port = find_free_port()
    with service_process(store, port, workers):
        yield port


@contextmanager
def service_process(store: Store, port: int, workers: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run `geogrid serve` on a port, and yield its process once it answers."""
    command = [Path(sys.executable).with_name("geogrid"), "serve", "--port", str(port), "--workers", str(workers)]
    url = store.url.render_as_string(hide_password=False)
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "GEOGRID_HOME": home, "GEOGRID_DATABASE_URL": url}
        with server_process(command, environment, f"http://127.0.0.1:{port}/health") as process:
            yield process


@contextmanager
def server_process(
    command: Sequence[str | Path], environment: Mapping[str, str], address: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server, and yield its process once an address answers."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _await(address, process)
        yield process
    finally:
        process.terminate()
        process.wait(60)


def find_free_port() -> int:
    """Return a port that no process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _await(address: str, process: subprocess.Popen[bytes]) -> None:
    opener = build_opener(ProxyHandler({}))
    until = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < until:
        try:
            opener.open(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"The server does not answer at {address}.")


def describe_outcome(load: Load, outcome: Outcome) -> Iterator[str]:
    """Yield the lines of the report."""
    reports = sum(len(tally.reports) for tally in outcome.tallies)
    steps = sum(len(tally.taken) for tally in outcome.tallies)
    first, last = outcome.seconds
    yield f"{load.reporters} reporters, {load.dispatchers} dispatchers"
    yield f"{reports:,} reports in {first:.0f} s, {reports / first:.0f} a second"
    yield f"{steps:,} steps in {last:.0f} s, {steps / last:.0f} a second"
    for kind in ("report", "step", "queue", "read"):
        times = [second * 1000 for tally in outcome.tallies for second in tally.seconds.get(kind, [])]
        if len(times) > 1:
            cut = quantiles(times, n=20)
            yield f"{kind:8} {len(times):7,} answers   p50 {cut[9]:7.1f} ms   p95 {cut[18]:7.1f} ms"
    for what in ("dropped", "repeated", "stale", "broken", "busy"):
        yield f"{what:8} {sum(tally.counts.get(what, 0) for tally in outcome.tallies):7,}"
    yield "faults: " + ("; ".join(outcome.faults) or "none")


if __name__ == "__main__":
    main()
