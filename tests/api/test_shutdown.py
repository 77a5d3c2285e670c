"""A stop signal ends open event streams."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from geogrid.model import EVERY_ROLE, Grant
from geogrid.services.api_keys import create_key
from geogrid.store.database import Store

pytestmark = pytest.mark.server

GEOGRID = Path(sys.executable).parent / "geogrid"


@pytest.fixture
def serve(copy_demo, tmp_path):
    """Function that serves a copy of the demo with a number of worker processes."""
    store = Store(copy_demo(tmp_path))
    key = create_key(store, "follower", Grant(EVERY_ROLE))
    store.close()
    started = []

    def start(workers):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        process = subprocess.Popen(
            [GEOGRID, "serve", "--port", str(port), "--workers", str(workers)],
            env={**os.environ, "GEOGRID_HOME": str(tmp_path), "PYTHONUTF8": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        client = httpx2.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {key}"},
            trust_env=False,
            timeout=60,
        )
        for _ in range(300):
            try:
                client.get("/health")
            except httpx2.TransportError:
                time.sleep(0.1)
            else:
                return process, client
        raise AssertionError("the service did not start")

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["interrupt", "terminate"])
def test_streams_end_on_stop_signal(serve, workers, number):
    process, client = serve(workers)
    with closing(client), client.stream("GET", "/v1/events") as response:
        lines = response.iter_lines()
        assert next(lines).startswith("retry:")
        process.send_signal(number)
        # Read to the end: a truncated response raises.
        assert not [line for line in lines if line.startswith("event:")]
    _, errors = process.communicate(timeout=60)
    # Uvicorn logs this if responses are still open after the timeout.
    assert "graceful" not in errors
    assert "Traceback" not in errors
