"""The server limits the head of a request, and nothing else."""

import socket
import threading
import time
from contextlib import closing

import pytest
import uvicorn

from geogrid.settings import Settings
from geogrid_api.app import create_app
from geogrid_api.cli import make_config
from geogrid_api.http_protocol import MAX_HEAD

HEAD = b"POST /v1/locate/batch?datum=wgs84 HTTP/1.1\r\nHost: testserver\r\nContent-Type: application/json\r\n"
GET = b"GET /v1/locate?lon=113.3&lat=40.09&datum=wgs84 HTTP/1.1\r\nHost: testserver\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Port of a running service without layers."""
    home = tmp_path_factory.mktemp("protocol")
    app = create_app(Settings(home=home, database_url=f"sqlite:///{home / 'empty.db'}", max_body_mb=1))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(make_config(app, workers=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def connection(port):
    with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as connection:
        yield connection


def read_status(connection):
    """Return the status of the next response, and read its body."""
    stream = connection.makefile("rb", buffering=0)
    status = int(stream.readline().split()[1])
    headers = dict(line.lower().split(b": ", 1) for line in iter(lambda: stream.readline().strip(), b""))
    stream.read(int(headers[b"content-length"]))
    return status


def test_endless_headers_are_refused(connection):
    connection.sendall(GET + b"X-Long: ")
    sent = 0
    with pytest.raises(OSError, match=r"reset|pipe"):
        while sent < 20_000_000:
            connection.sendall(b"a" * 10_000)
            sent += 10_000
    assert MAX_HEAD < sent + 10_000 < 10_000_000


def test_refused_head_has_status_400(connection):
    connection.sendall(GET + b"X-Long: " + b"a" * MAX_HEAD)
    assert read_status(connection) == 400
    assert connection.recv(1) == b""


def test_bodies_have_their_own_limit(connection):
    body = b" " * (3 * MAX_HEAD)
    connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body))
    for start in range(0, len(body), 50_000):
        connection.sendall(body[start : start + 50_000])
        time.sleep(0.05)
    connection.sendall(GET + b"\r\n")
    # The service has no layers.
    assert [read_status(connection), read_status(connection)] == [404, 404]


def test_many_requests_on_a_connection_are_not_added_up(connection):
    padding = b"X-Long: " + b"a" * 30_000 + b"\r\n\r\n"
    statuses = []
    for _ in range(5):
        for part in (GET, padding[:20_000], padding[20_000:]):
            connection.sendall(part)
            time.sleep(0.02)
        statuses.append(read_status(connection))
    assert statuses == [404] * 5
