"""Measure the assignment of files against pyarrow and geopandas, and the batch endpoint by format.

Points and grids are synthetic. Each candidate reads a file and writes a Parquet file. Candidates alternate, each in its
own process, which also reports its peak memory. Compare the ratios of the medians. Loading the layers is not measured.

The points in GCJ-02 are the same, in a file of their own.
(a) copies the file with pyarrow, batch by batch; (a+) copies the output of geogrid, which has more columns;
(b) is geopandas.sjoin with the base grids.

    python benchmarks/bench_bulk.py [ROWS]
"""

from __future__ import annotations

import http.client
import io
import json
import multiprocessing
import os
import resource
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uvicorn
from pyarrow import csv

from geogrid.demo.store_preparation import prepare_demo
from geogrid.geo.datums import from_wgs84
from geogrid.layers.generation_file_reader import read_generation
from geogrid.locate.bulk.assign import assign_file
from geogrid.locate.bulk.assignment_target import grid_target
from geogrid.locate.locator import Locator
from geogrid.model import BASE_LAYERS, Generation
from geogrid.reference_files import data_path
from geogrid.settings import Settings
from geogrid.store.database import Store
from geogrid_api.app import create_app
from geogrid_api.batch_reader import BatchType

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 4_000_000
ROUNDS = 3
BATCH = 100_000
CALLS = 30
_CHUNK = 1_000_000
_JOIN_AT_MOST = 10_000_000


def main() -> None:
    """Measure files, then the endpoint."""
    rows = int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        for ending, count in (("parquet", rows), ("csv", rows // 5)):
            path = folder / f"points.{ending}"
            make_points(path, count)
            make_points(_in_gcj02(path), count, "gcj02")
            candidates = {
                "geogrid": assign_points,
                "geogrid, points in GCJ-02": assign_gcj02,
                "(a) pyarrow": copy_file,
                "(a+) pyarrow, as many columns": copy_output,
            }
            if count <= _JOIN_AT_MOST:
                candidates["(b) geopandas.sjoin"] = join
            measure_files(f"{ending} to parquet", path, count, candidates)
            path.unlink()
            _in_gcj02(path).unlink()
        measure_endpoint(folder)


def _in_gcj02(path: Path) -> Path:
    return path.with_name(f"gcj02_{path.name}")


def make_points(path: Path, rows: int, datum: str = "wgs84") -> None:
    """Write points in the bounds of the district, with an id and a text."""
    rng = np.random.default_rng(1)
    schema = pa.schema([("id", pa.int64()), ("lon", pa.float64()), ("lat", pa.float64()), ("kind", pa.string())])
    writer = pq.ParquetWriter(path, schema) if path.suffix == ".parquet" else csv.CSVWriter(path, schema)
    kinds = pa.array(["patrol", "hotline", "resident"])
    with writer:
        for begin in range(0, rows, _CHUNK):
            count = min(_CHUNK, rows - begin)
            points = from_wgs84(rng.uniform(113.2, 113.4, count), rng.uniform(39.98, 40.18, count), datum)
            lon, lat = (values.round(7) for values in points)
            kind = kinds.take(pa.array(rng.integers(0, 3, count)))
            writer.write_table(pa.table([np.arange(begin, begin + count), lon, lat, kind], schema=schema))


def assign_points(path: Path, _out: Path) -> None:
    """Assign points like the command `geogrid assign`."""
    _assign(path, path.with_name("ours.parquet"), "wgs84")


def assign_gcj02(path: Path, _out: Path) -> None:
    """Assign the same points in GCJ-02."""
    _assign(_in_gcj02(path), path.with_name("gcj02.parquet"), "gcj02")


def _assign(path: Path, out: Path, datum: str) -> None:
    locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
    begin = time.perf_counter()
    assign_file(path, out, grid_target(locator), datum=datum, force=True)
    _report(begin)


def copy_file(path: Path, out: Path) -> None:
    """Copy a file batch by batch."""
    begin = time.perf_counter()
    if path.suffix == ".csv":
        with csv.open_csv(path) as reader, pq.ParquetWriter(out, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
    else:
        with pq.ParquetFile(path) as file, pq.ParquetWriter(out, file.schema_arrow) as writer:
            for batch in file.iter_batches(_CHUNK):
                writer.write_batch(batch)
    _report(begin)


def copy_output(path: Path, out: Path) -> None:
    """Copy the output of `assign_points`."""
    copy_file(path.with_name("ours.parquet"), out)


def join(path: Path, out: Path) -> None:
    """Join with geopandas in memory, base grids only."""
    import geopandas as gpd  # noqa: PLC0415 - the other candidates run without it
    import pandas as pd  # noqa: PLC0415

    layers = read_generation(data_path("boundaries"))
    base = pd.concat([layers[layer] for layer in BASE_LAYERS], ignore_index=True)[["code", "geometry"]]
    begin = time.perf_counter()
    frame = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    shapes = gpd.points_from_xy(frame["lon"], frame["lat"], crs="EPSG:4326")
    joined = gpd.sjoin(gpd.GeoDataFrame(frame, geometry=shapes), base, how="left", predicate="within")
    joined.drop(columns=["geometry", "index_right"]).to_parquet(out)
    _report(begin)


def _report(begin: float) -> None:
    """Send the seconds and the peak memory in MB to the parent process."""
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _RESULTS.put((seconds, peak))


def measure_files(title: str, path: Path, rows: int, candidates: dict[str, Callable[[Path, Path], None]]) -> None:
    """Run the candidates alternately, and print medians."""
    results_by_name: dict[str, list[tuple[float, float]]] = {name: [] for name in candidates}
    for _ in range(ROUNDS if rows <= _JOIN_AT_MOST else 2):
        for name, call in candidates.items():
            process = _SPAWN.Process(target=_call, args=(call.__name__, path, path.with_name("out.parquet"), _RESULTS))
            process.start()
            process.join()
            if process.exitcode:
                raise SystemExit(f"{name} failed")
            results_by_name[name].append(_RESULTS.get())
    print(f"\n{title}, {rows:,} rows, medians")
    first = statistics.median(seconds for seconds, _ in results_by_name["geogrid"])
    for name, runs in results_by_name.items():
        seconds, peak = (statistics.median(values) for values in zip(*runs, strict=True))
        speed, ratio = rows / seconds / 1e6, seconds / first
        print(f"{name:<30}{seconds:8.2f} s{speed:8.2f} M rows/s{peak:8.0f} MB peak{ratio:8.2f} times geogrid")


def _call(name: str, path: Path, out: Path, results: object) -> None:
    globals()["_RESULTS"] = results
    globals()[name](path, out)


def measure_endpoint(folder: Path) -> None:
    """Measure a real service over HTTP, one request at a time, formats alternately."""
    url = f"sqlite:///{folder / 'geogrid.db'}"
    store = Store(url)
    store.upgrade()
    prepare_demo(store)
    store.close()
    listener = socket.create_server(("127.0.0.1", 0))
    # Without TCP_NODELAY each small response waits 40 ms for the delayed acknowledgement of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    port = listener.getsockname()[1]
    app = create_app(Settings(home=folder, database_url=url))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    process = _FORK.Process(target=server.run, kwargs={"sockets": [listener]})
    process.start()
    try:
        print(f"\nPOST /v1/locate/batch, {BATCH:,} points a request, one client, one worker, medians of {CALLS}")
        _measure_formats(port)
    finally:
        process.terminate()
        process.join()
        listener.close()


def _measure_formats(port: int) -> None:
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(113.2, 113.4, BATCH).round(7), rng.uniform(39.98, 40.18, BATCH).round(7)
    bodies = {(kind, datum): _body(kind, lon, lat) for kind in BatchType for datum in ("wgs84", "gcj02")}
    connection = http.client.HTTPConnection("127.0.0.1", port)
    _wait(connection)
    seconds: dict[tuple[BatchType, str], list[float]] = {key: [] for key in bodies}
    for _ in range(CALLS):
        for (kind, datum), body in bodies.items():
            begin = time.perf_counter()
            connection.request("POST", f"/v1/locate/batch?datum={datum}", body, {"Content-Type": str(kind)})
            response = connection.getresponse()
            response.read()
            seconds[kind, datum].append(time.perf_counter() - begin)
            if response.status != http.client.OK:
                raise SystemExit(f"status {response.status}")
    for (kind, datum), values in seconds.items():
        median = statistics.median(values)
        print(f"{kind:<40}{datum:<8}{median * 1e3:8.1f} ms{BATCH / median / 1e6:8.2f} M points/s")
    _measure_single_points(port, bodies)


def _measure_single_points(port: int, bodies: dict[tuple[BatchType, str], bytes]) -> None:
    """Measure single-point requests during batch requests."""
    print("\nGET /v1/locate, one client, while another sends batches of that type without a pause (ms)")
    for kind in (None, *BatchType):
        stop = threading.Event()
        thread = threading.Thread(target=_send_until, args=(port, kind, bodies.get((kind, "wgs84")), stop))
        thread.start()
        waits = _locate_for(port, 3.0)
        stop.set()
        thread.join()
        tenth, last = np.percentile(waits, [99, 100]) * 1e3
        name = kind or "no batches"
        print(f"{name:<40}median{statistics.median(waits) * 1e3:7.2f}  99 %{tenth:7.2f}  longest{last:7.2f}")


def _send_until(port: int, kind: BatchType | None, body: bytes | None, stop: threading.Event) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while kind and not stop.is_set():
        connection.request("POST", "/v1/locate/batch?datum=wgs84", body, {"Content-Type": str(kind)})
        connection.getresponse().read()


def _locate_for(port: int, seconds: float) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    waits, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        connection.request("GET", "/v1/locate?lon=113.3058&lat=40.0912&datum=gcj02")
        connection.getresponse().read()
        waits.append(time.perf_counter() - begin)
    return waits


def _wait(connection: http.client.HTTPConnection) -> None:
    for _ in range(200):
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
        except (ConnectionError, http.client.HTTPException):
            connection.close()
            time.sleep(0.1)
        else:
            return


def _body(kind: BatchType, lon: np.ndarray, lat: np.ndarray) -> bytes:
    if kind is BatchType.JSON:
        return json.dumps({"lon": lon.tolist(), "lat": lat.tolist()}).encode()
    if kind is BatchType.NDJSON:
        return "".join(f'{{"lon": {x}, "lat": {y}}}\n' for x, y in zip(lon, lat, strict=True)).encode()
    table, sink = pa.table({"lon": lon, "lat": lat}), io.BytesIO()
    if kind is BatchType.CSV:
        csv.write_csv(table, sink)
    else:
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
    return sink.getvalue()


_SPAWN = multiprocessing.get_context("spawn")
_FORK = multiprocessing.get_context("fork")
_RESULTS = _SPAWN.Queue()

if __name__ == "__main__":
    main()
