"""Batch requests: formats, limits and malicious bodies."""

import io
import json
import socket
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
import uvicorn
from pyarrow import csv

from geogrid.settings import Settings
from geogrid_api.app import create_app
from geogrid_api.batch_reader import MAX_POINTS, BatchType

JSON, NDJSON, CSV, ARROW = BatchType
PROBLEM = "application/problem+json"


def encode(lon, lat, kind):
    if kind == JSON:
        return json.dumps({"lon": list(lon), "lat": list(lat)}).encode()
    if kind == NDJSON:
        return "".join(json.dumps({"lon": x, "id": 1, "lat": y}) + "\n" for x, y in zip(lon, lat, strict=True)).encode()
    table = pa.table(
        {"lon": pa.array(lon, pa.float64()), "名": ["a,\n"] * len(lon), "lat": pa.array(lat, pa.float64())}
    )
    sink = io.BytesIO()
    if kind == CSV:
        csv.write_csv(table, sink)
    else:
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table, max_chunksize=300)
    return sink.getvalue()


def decode(content, kind):
    """Return the columns of a response."""
    if kind == JSON:
        body = json.loads(content)
        return {name: body[name] for name in ("base_code", "dedicated_code", "status")}
    if kind == NDJSON:
        rows = [json.loads(line) for line in content.splitlines()]
        return {name: [row[name] for row in rows] for name in rows[0]}
    if kind == CSV:
        names = ["base_code", "dedicated_code", "status"]
        texts = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
        return csv.read_csv(io.BytesIO(content), convert_options=texts).to_pydict()
    return pa.ipc.open_stream(content).read_all().to_pydict()


def send(client, body, kind, accept=None, datum="wgs84", **params):
    headers = {"Content-Type": kind} | ({"Accept": accept} if accept else {})
    return client.post("/v1/locate/batch", params={"datum": datum, **params}, content=body, headers=headers)


def problem(response, status, code):
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM), response.text
    body = json.loads(response.text, parse_constant=pytest.fail)
    assert body["code"] == code
    return body


@pytest.mark.parametrize("after", BatchType)
@pytest.mark.parametrize("before", BatchType)
def test_every_format_keeps_the_order_of_points(reader, locator, before, after):
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(113.2, 113.4, 1_000).round(6), rng.uniform(39.98, 40.18, 1_000).round(6)
    response = send(reader, encode(lon.tolist(), lat.tolist(), before), before, accept=after, datum="gcj02")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].split(";")[0] == after
    assert (response.headers["geogrid-generation"], response.headers["geogrid-synthetic"]) == ("1", "true")
    found = decode(response.content, after)
    for row in range(0, 1_000, 37):
        query = {"lon": lon[row], "lat": lat[row], "datum": "gcj02"}
        one = reader.get("/v1/locate", params=query).json()
        for column, grid in (("base_code", one["base"]), ("dedicated_code", one["dedicated"])):
            assert found[column][row] == (grid and grid["code"])
        assert found["status"][row] == one["status"]
    assert len(found["status"]) == 1_000
    if after == JSON:
        assert (response.json()["generation"], response.json()["synthetic"]) == (1, True)


@pytest.mark.parametrize("accept", [None, "*/*", "image/png", "application/*"])
def test_response_format_defaults_to_request_format(reader, accept):
    for kind in BatchType:
        response = send(reader, encode([113.3], [40.09], kind), f"{kind}; charset=utf-8", accept=accept)
        assert response.headers["content-type"].split(";")[0] == kind


BAD = [(113.3, 40.09), (40.09, 113.3), (113.3, None), (500.0, 40.09), (113.3, 40.09)]


@pytest.mark.parametrize("kind", BatchType)
def test_invalid_points_refuse_the_batch(reader, kind):
    lon, lat = zip(*BAD, strict=True)
    body = problem(send(reader, encode(lon, lat, kind), kind), 422, "rows_refused")
    assert [(fault["pointer"], fault["code"]) for fault in body["errors"]] == [
        ("/body/rows/2", "coordinates_swapped"),
        ("/body/rows/3", "missing"),
        ("/body/rows/4", "out_of_range"),
    ]
    assert "500" not in str(body)


@pytest.mark.parametrize("kind", BatchType)
def test_invalid_points_can_be_skipped(reader, kind):
    lon, lat = zip(*BAD, strict=True)
    response = send(reader, encode(lon, lat, kind), kind, on_invalid="skip")
    found = decode(response.content, kind)
    assert found["status"] == ["inside", "refused", "refused", "refused", "inside"]
    assert [code is None for code in found["base_code"]] == [False, True, True, True, False]


def test_only_first_invalid_points_are_listed(reader):
    body = problem(send(reader, encode([500.0] * 1_000, [0.0] * 1_000, JSON), JSON), 422, "rows_refused")
    assert len(body["errors"]) == 20
    assert "1,000 of 1,000" in body["detail"]


def test_nan_and_infinity_in_csv_and_arrow_are_refused(reader):
    text = "lon,lat\nnan,40\n113.3,inf\nx,40\n,40\n113.3,40.09\n"
    found = decode(send(reader, text.encode(), CSV, on_invalid="skip").content, CSV)
    assert found["status"] == ["refused"] * 4 + ["inside"]
    body = encode([float("nan"), 113.3], [40.09, 40.09], ARROW)
    assert decode(send(reader, body, ARROW, on_invalid="skip").content, ARROW)["status"] == ["refused", "inside"]


def test_empty_batch_returns_no_rows(reader):
    for kind in (JSON, CSV, ARROW):
        assert send(reader, encode([], [], kind), kind).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"[]",
        b"null",
        b'{"lon": [1]}',
        b'{"lon": [1], "lat": [1, 2]}',
        b'{"lon": 1, "lat": 1}',
        b'{"lon": [1], "lat": [1], "secret-4711": 1}',
        b'{"lon": [true], "lat": [1]}',
        b'{"lon": ["113.3"], "lat": [1]}',
        b'{"lon": ["secret-4711"], "lat": [1]}',
        b'{"lon": [NaN], "lat": [1]}',
        b'{"lon": [Infinity], "lat": [1]}',
        b'{"lon": [1e999], "lat": [1]}',
        b'{"lon": [[1]], "lat": [1]}',
        b'{"lon": [1], "lat": [1]} x',
        b'{"lon": ' + b"[" * 100_000,
        b'{"lon": [1], "lat": [\xff]}',
    ],
)
def test_invalid_json_batch_is_refused(reader, body):
    for kind in (JSON, NDJSON):
        if kind == NDJSON and body in (b"", b'{"lon": 1, "lat": 1}'):
            continue  # no line, and a good one
        response = send(reader, body, kind)
        assert "4711" not in problem(response, 422, "batch")["detail"]
        assert "4711" not in response.text


@pytest.mark.parametrize(
    "body", [b"", b"\n", b"secret-4711,lat\n1,2\n", b"lon,lat\n1\n", b"lon,lat\n1,2,3\n", b"lon,lon,lat\n1,1,2\n"]
)
def test_invalid_csv_batch_is_refused(reader, body):
    response = send(reader, body, CSV)
    problem(response, 422, "batch")
    assert "4711" not in response.text


def stream(*batches, options=None):
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


def batch(lon, lat=None, **more):
    return pa.record_batch({"lon": lon, "lat": pa.array([40.09] * len(lon)) if lat is None else lat, **more})


NUMBERS = pa.array([113.3, 113.31])
TEXT = pa.array(["x" * 1_000, "y"]).dictionary_encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ARROW1\0\0",
        stream(batch(pa.array(["113.3", "113.3"]))),
        stream(batch(pa.array([True, False]))),
        stream(batch(pa.array([[113.3], [113.3]]))),
        stream(batch(pa.array([{"a": 1}, None]))),
        stream(batch(TEXT)),
        stream(batch(NUMBERS.dictionary_encode())),
        stream(batch(pa.nulls(2))),
        stream(pa.record_batch({"lon": NUMBERS})),
        stream(batch(NUMBERS))[:-200],
        stream(batch(NUMBERS), options=pa.ipc.IpcWriteOptions(compression="zstd")),
        stream(batch(NUMBERS), options=pa.ipc.IpcWriteOptions(compression="lz4")),
        stream(batch(NUMBERS, t=TEXT), options=pa.ipc.IpcWriteOptions(compression="zstd")),
        b"\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(100),
    ],
)
def test_invalid_arrow_batch_is_refused(reader, body):
    problem(send(reader, body, ARROW), 422, "batch")


def test_arrow_accepts_other_numeric_types_and_columns(reader):
    body = stream(
        batch(pa.array([113, None], pa.int32()), pa.array([40, 40], pa.float32()), t=TEXT, n=pa.array([[1], []]))
    )
    found = decode(send(reader, body, ARROW, on_invalid="skip").content, ARROW)
    assert found["status"][1] == "refused"


def test_huge_declared_size_allocates_nothing(reader):
    """A column of type null takes no bytes, so a small body can declare billions of rows."""
    empty = stream(pa.record_batch({"lon": NUMBERS, "lat": NUMBERS, "n": pa.nulls(2)}))
    for length in (2**31, 2**40, 2**62, -1):
        spoilt = empty.replace((2).to_bytes(8, "little"), length.to_bytes(8, "little", signed=True))
        assert spoilt != empty
        assert send(reader, spoilt, ARROW).status_code == 422


def test_corrupted_arrow_never_crashes_the_service(reader):
    body = stream(batch(NUMBERS, t=TEXT), batch(NUMBERS, t=TEXT))
    rng = np.random.default_rng(7)
    seen = set()
    for _ in range(400):
        spoilt = bytearray(body)
        for place in rng.integers(0, len(body), 2):
            spoilt[place] ^= 1 << int(rng.integers(8))
        seen.add(send(reader, bytes(spoilt), ARROW).status_code)
    assert seen <= {200, 422}
    assert 422 in seen


@pytest.mark.parametrize("kind", BatchType)
def test_too_many_points_are_refused(reader, kind):
    many = MAX_POINTS[kind] + 1
    body = encode([1] * many, [1] * many, kind)
    response = send(reader, body, kind)
    assert "Send smaller requests" in problem(response, 422, "points_too_many")["detail"]


def test_batch_body_over_limit_is_refused(reader, client):
    problem(send(reader, b" " * 8_000_001, JSON), 413, "content_too_large")
    problem(send(client, b"lon,lat\n" + b"1,2\n" * 300_000, CSV), 413, "content_too_large")


@pytest.mark.parametrize("kind", ["text/plain", "", "application/vnd.apache.parquet"])
def test_other_content_types_are_refused(reader, kind):
    problem(send(reader, b"x", kind), 422, "content_type")


def test_missing_datum_is_a_problem(reader):
    headers = {"Content-Type": JSON}
    body = encode([113.3], [40.09], JSON)
    problem(reader.post("/v1/locate/batch", content=body, headers=headers), 422, "datum_missing")
    problem(send(reader, body, JSON, datum="mars"), 422, "datum_unknown")
    problem(send(reader, body, JSON, on_invalid="guess"), 422, "validation")


def test_batch_uses_generation_of_as_of(reader):
    body = encode([113.3], [40.09], JSON)
    now, then = send(reader, body, JSON), send(reader, body, JSON, as_of="2022-03-01")
    assert now.json() == then.json()
    problem(send(reader, body, JSON, as_of="yesterday"), 422, "moment")


@pytest.fixture(scope="module")
def service(demo_file):
    """Address of a running service with one worker process."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(Settings(home=demo_file.parent, database_url=f"sqlite:///{demo_file}"))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_batch_does_not_block_other_requests(service):
    """A batch runs in a thread, so a concurrent request for a single point takes milliseconds."""
    import httpx2 as httpx  # noqa: PLC0415 - only here

    rng = np.random.default_rng(1)
    body = encode(rng.uniform(113.2, 113.4, 900_000), rng.uniform(39.98, 40.18, 900_000), ARROW)
    query = {"lon": 113.3, "lat": 40.09, "datum": "wgs84"}
    with httpx.Client(base_url=service, timeout=60) as client, ThreadPoolExecutor(1) as pool:
        send(client, body, ARROW, datum="gcj02")
        begin = time.perf_counter()
        batch = pool.submit(send, client, body, ARROW, datum="bd09")
        waits = []
        while not batch.done():
            start = time.perf_counter()
            assert client.get("/v1/locate", params=query).status_code == 200
            waits.append(time.perf_counter() - start)
        whole = time.perf_counter() - begin
        assert batch.result().status_code == 200
    assert len(waits) > 10
    assert statistics.median(waits) < whole / 20
