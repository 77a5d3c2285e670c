"""Clients of the application, on a copy of the demo or read-only on the demo itself."""

import pytest
from fastapi.testclient import TestClient

from geogrid.settings import Settings
from geogrid_api.app import create_app


@pytest.fixture(scope="session")
def demo_app(demo_file):
    return create_app(Settings(home=demo_file.parent, database_url=f"sqlite:///{demo_file}"))


@pytest.fixture(scope="session")
def reader(demo_app):
    """Anonymous client on the demo."""
    with TestClient(demo_app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def app(store, tmp_path):
    url = store.url.render_as_string(hide_password=False)
    return create_app(Settings(home=tmp_path, database_url=url, max_body_mb=1))


@pytest.fixture
def client(app, key):
    """Client with an API key, on a copy of the demo."""
    with TestClient(app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {key}"}) as client:
        yield client
