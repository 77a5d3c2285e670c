"""Generated requests over HTTP; all responses must match the OpenAPI document."""

import socket
import threading
import time

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import allow_header_conformance, positive_data_acceptance

from geogrid.model import EVERY_ROLE, Grant
from geogrid.services.api_keys import create_key
from geogrid.settings import Settings
from geogrid.store.database import Store
from geogrid_api.app import create_app


@schemathesis.serializer(
    "application/pdf",
    "application/vnd.apache.parquet",
    "application/vnd.apache.arrow.stream",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/x-ndjson",
)
def send_unchanged(_context, value):
    return value


# Excluded: the endless event stream, which tests/api/test_events.py reads, and prints, which take about a second each.
schema = (
    schemathesis.openapi.from_dict(create_app().openapi())
    .exclude(path="/v1/events")
    .exclude(path="/maps/{kind}.{file_format}")
)


@pytest.fixture(scope="module")
def service(copy_demo, tmp_path_factory):
    """Address and API key of a running service on a copy of the demo."""
    home = tmp_path_factory.mktemp("contract")
    url = copy_demo(home)
    store = Store(url)
    key = create_key(store, "contract", Grant(EVERY_ROLE))
    store.close()
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(Settings(home=home, database_url=url))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", key
    server.should_exit = True
    thread.join()


@schema.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_responses_match_the_openapi_document(case, service):
    address, key = service
    case.call_and_validate(
        base_url=address,
        headers={"Authorization": f"Bearer {key}"},
        excluded_checks=[
            # A schema cannot express some rules, such as the order of dates or the list of categories.
            positive_data_acceptance,
            # If GET and POST of a path are two routes, Starlette's 405 lists the methods of only one.
            allow_header_conformance,
        ],
    )
