"""Measure `GET /v1/locate` of `geogrid serve` against a FastAPI route that returns a constant of the same size.

Both servers run in one process each with the settings of `geogrid serve`, and get the same queries over 16 keep-alive
connections in turn, A B A B. A row has the medians of all rounds and their ratio. Requests per CPU second of the server
process depend less on other load than requests per second.

    python benchmarks/bench_service.py [--rounds 9] [--seconds 2]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final
from urllib.request import ProxyHandler, build_opener

import uvicorn
from fastapi import FastAPI
from fastapi.responses import Response
from load_loop import find_free_port, server_process, service_process
from machine import describe

from geogrid.demo.store_preparation import prepare_demo
from geogrid.store.database import Store
from geogrid_api.cli import make_config

if TYPE_CHECKING:
    from collections.abc import Sequence

CONNECTIONS: Final = 16
#: Table rows by datum parameter.
ROWS: Final = {"wgs84": "WGS 84", "gcj02": "GCJ-02"}
LOCATE: Final = "/v1/locate"
CONSTANT: Final = "/constant"
_SAMPLE: Final = "?lon=113.3&lat=40.09&datum="
_CLIENTS: Final = Path(__file__).with_name("service_clients.py")
#: Few incidents: locating does not read them.
_INCIDENTS: Final = 600
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Target:
    """A route of a running server process."""

    pid: int
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Rate:
    """Number of responses, and the CPU and wall time of the server for them in seconds."""

    responses: int
    cpu_s: float
    wall_s: float


def main() -> None:
    """Run the benchmark, or the constant server as its subprocess."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--constant", nargs=2, metavar=("PORT", "BODY"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.constant:
        serve_constant(int(options.constant[0]), options.constant[1].encode())
        return
    print(describe())
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder, ExitStack() as stack:
        store = Store(f"sqlite:///{folder}/geogrid.db")
        stack.callback(store.close)
        store.upgrade()
        prepare_demo(store, incidents=_INCIDENTS)
        port = find_free_port()
        locate = Target(stack.enter_context(service_process(store, port, 1)).pid, port, LOCATE)
        print("\n| | locate per CPU s | constant per CPU s | share | locate per s | constant per s | share |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        for datum, name in ROWS.items():
            with ExitStack() as row:
                constant = start_constant(row, read_sample(port, datum))
                print(f"| {name} | {compare((locate, constant), datum, options.rounds, options.seconds)} |", flush=True)


def serve_constant(port: int, body: bytes) -> None:
    """Serve a FastAPI route that returns a constant, with the settings of `geogrid serve`."""
    app = FastAPI()

    @app.get(CONSTANT)
    async def read_constant() -> Response:
        return Response(body, media_type="application/json")

    config = make_config(app, workers=1)
    config.port = port
    uvicorn.Server(config).run()


def start_constant(stack: ExitStack, body: bytes) -> Target:
    """Start the constant server; the stack stops it."""
    port = find_free_port()
    command = [sys.executable, __file__, "--constant", str(port), body.decode()]
    address = f"http://127.0.0.1:{port}{CONSTANT}"
    return Target(stack.enter_context(server_process(command, os.environ, address)).pid, port, CONSTANT)


def read_sample(port: int, datum: str) -> bytes:
    """Return the body of a response of the service."""
    with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}{LOCATE}{_SAMPLE}{datum}") as response:
        body: bytes = response.read()
    return body


def compare(targets: Sequence[Target], datum: str, rounds: int, seconds: float) -> str:
    """Return the cells of a row: the medians of both targets and their shares."""
    for target in targets:
        measure(target, datum, seconds)
    found = [[measure(target, datum, seconds) for target in targets] for _ in range(rounds)]
    cells = []
    for times in (lambda rate: rate.cpu_s, lambda rate: rate.wall_s):
        ours, constant = (median(rate.responses / times(rate) for rate in rates) for rates in zip(*found, strict=True))
        cells.append(f"{ours:,.0f} | {constant:,.0f} | {ours / constant:.2f}")
    return " | ".join(cells)


def measure(target: Target, datum: str, seconds: float) -> Rate:
    """Send requests to a target for some seconds."""
    command = [sys.executable, _CLIENTS, *map(str, (target.port, target.path, datum, CONNECTIONS, seconds))]
    before = read_cpu_seconds(target.pid)
    responses, wall_s = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return Rate(int(responses), read_cpu_seconds(target.pid) - before, float(wall_s))


def read_cpu_seconds(pid: int) -> float:
    """Return the user and system time of a process with all its threads, from Linux's /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


if __name__ == "__main__":
    main()
