"""The shortcut for plain requests to locate a point returns exactly the response of the route."""

from __future__ import annotations

import random
from dataclasses import dataclass
from types import SimpleNamespace
from urllib.parse import quote

import pytest
import shapely.affinity
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geogrid.geo.datums import from_wgs84, parse_datum
from geogrid.layers.generation_file_reader import read_generation
from geogrid.model import EVERY_ROLE, Grant, Layer
from geogrid.reference_files import data_path
from geogrid.services.api_keys import create_key
from geogrid.settings import Settings
from geogrid.store.database import Store
from geogrid_api.app import create_app
from geogrid_api.locate_shortcut import LocateShortcut

DATUMS = ("wgs84", "WGS-84", "cgcs2000", "gcj02", "GCJ-02", "bd09", "BD_09", "EPSG:4326", "epsg:4490", "EPSG:4547")
PLAIN = b"lon=113.3058&lat=40.0912&datum=gcj02"
#: Values that the shortcut leaves to the route, which accepts some of them.
ODD_NUMBERS = (
    "",
    "-",
    "+1",
    "+113.3058",
    " 113.3058",
    "113.3058 ",
    "%20113.3058",
    "+",
    "1e2",
    "1.133058e2",
    "1E400",
    "nan",
    "NaN",
    "inf",
    "-Infinity",
    "1_1_3.3",
    "113,3058",
    "113.",
    ".5",
    "--1",
    "0x71",
    "113.3058%00",
    "%31%31%33.3058",
    "１１３.３",
    "%EF%BC%91%EF%BC%91%EF%BC%93",
    "١١٣",
    "1234567890.5",
    "113.305800000000000000000",
    "113.3058;lat=1",
    "true",
    "null",
)
ODD_QUERIES = (
    b"",
    b"&",
    PLAIN + b"&",
    b"&" + PLAIN,
    PLAIN + b"&lon=113.3058",
    PLAIN + b"&datum=gcj02",
    PLAIN + b"&datum=wgs84",
    PLAIN + b"&lang=en",
    PLAIN + b"&accuracy_m=20",
    PLAIN + b"&as_of=2022-03-01",
    PLAIN + b"&as_of=2199-01-01",
    PLAIN + b"&as_of=spring",
    PLAIN + b"&as_of=",
    PLAIN.replace(b"lon", b"%6Con"),
    PLAIN.replace(b"lon", b"LON"),
    PLAIN.replace(b"&", b";"),
    PLAIN.replace(b"&", b"&&"),
    PLAIN.replace(b"=", b"=="),
    b"lon=113.3058&lat=40.0912",
    b"lon=113.3058&lat=40.0912&datum",
    b"lon=113.3058&lat=40.0912&datum=",
    b"lon=113.3058&lat=40.0912&datum=mars",
    b"lon=113.3058&lat=40.0912&datum=EPSG:99999",
    b"lon=113.3058&lat=40.0912&datum=EPSG:2360",
    b"lon=113.3058&lat=40.0912&datum=%FF",
    b"lon=113.3058&lat=40.0912&datum=gcj02%00",
    b"lon=113.3058&lat=40.0912&datum=" + b"_" * 36 + b"gcj02",
    b"lon=113.3058&datum=gcj02",
    b"lat=40.0912&datum=gcj02",
    # Errors of plain numbers.
    b"lon=40.0912&lat=113.3058&datum=wgs84",
    b"lon=500&lat=40.0912&datum=gcj02",
    b"lon=113.3058&lat=40.0912&datum=EPSG:4547",
    b"lon=440200&lat=4439758&datum=wgs84",
    b"lon=38440200&lat=4439758&datum=EPSG:4547",
)
#: Headers that do not change the response of the route.
HEADERS = (
    (),
    ((b"accept", b"text/html"), (b"accept-language", b"zh-CN"), (b"sec-fetch-mode", b"navigate")),
    ((b"accept-encoding", b"gzip, br"), (b"origin", b"https://elsewhere.invalid")),
    ((b"authorization", b"Bearer wrong"),),
    ((b"authorization", b"Basic x"), (b"cookie", b"geogrid_session=wrong")),
    ((b"if-none-match", b"*"), (b"range", b"bytes=0-1"), (b"cache-control", b"no-cache")),
    ((b"hx-request", b"true"), (b"content-type", b"application/json"), (b"content-encoding", b"gzip")),
    ((b"x-forwarded-for", b"192.0.2.1"), (b"idempotency-key", b"1"), (b"if-match", b'"1"')),
)


@dataclass(frozen=True)
class ReceivedResponse:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Route:
    """The application behind a shortcut; counts its requests."""

    def __init__(self, app):
        self.app, self.requests = app, 0

    async def __call__(self, scope, receive, send):
        self.requests += 1
        await self.app(scope, receive, send)


@dataclass(frozen=True)
class BothWays:
    """A running application, with and without its shortcut."""

    client: TestClient
    shortcut: LocateShortcut
    route: Route

    def compare(self, query, headers=(), **scope):
        """Return the response, and whether the shortcut gave it; both ways give the same one."""
        expected = self.client.portal.call(respond, self.route.app, self.make_scope(query, headers, scope))
        before = self.route.requests
        response = self.client.portal.call(respond, self.shortcut, self.make_scope(query, headers, scope))
        assert response == expected, (query, headers, scope)
        return response, self.route.requests == before

    def make_scope(self, query, headers, more):
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/v1/locate",
            "raw_path": b"/v1/locate",
            "root_path": "",
            "query_string": query,
            "headers": [(b"host", b"testserver"), *headers],
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
            "state": {},
            "app": self.client.app,
            **more,
        }


async def respond(app, scope):
    messages = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        messages.append(message)

    await app(scope, receive, send)
    assert messages[0]["type"] == "http.response.start"
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return ReceivedResponse(messages[0]["status"], messages[0]["headers"], body)


def open_both_ways(client):
    shortcut = client.app.middleware_stack
    assert isinstance(shortcut, LocateShortcut)
    shortcut.app = Route(shortcut.app)
    return BothWays(client, shortcut, shortcut.app)


@pytest.fixture(scope="module")
def home(copy_demo, tmp_path_factory):
    """Folder and URL of a copy of the demo that no test changes."""
    folder = tmp_path_factory.mktemp("shortcut")
    return folder, copy_demo(folder)


@pytest.fixture(scope="module")
def both_ways(home):
    folder, url = home
    with TestClient(create_app(Settings(home=folder, database_url=url))) as client:
        yield open_both_ways(client)


@pytest.fixture
def with_settings(home):
    """Function that starts an application with other settings."""
    folder, url = home
    clients = []

    def start(**options):
        client = TestClient(create_app(Settings(home=folder, database_url=url, **options)))
        clients.append(client)
        return open_both_ways(client.__enter__())

    yield start
    for client in clients:
        client.__exit__(None, None, None)


def make_points(chance):
    """Return points in WGS 84 degrees: in the town, on vertices and edges of grids, just outside and far away."""
    layers = read_generation(data_path("boundaries"))
    frame = layers[Layer.URBAN]
    rings = [shapely.get_coordinates(shape).tolist() for shape in chance.sample(list(frame.geometry), 30)]
    vertices = [tuple(chance.choice(ring)) for ring in rings]
    edges = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in ((ring[0], ring[1]) for ring in rings)]
    west, south, east, north = frame.total_bounds.tolist()
    inside = [(chance.uniform(west, east), chance.uniform(south, north)) for _ in range(60)]
    hull = layers[Layer.STREET].union_all().convex_hull
    beyond = shapely.get_coordinates(shapely.affinity.scale(hull, 1.0002, 1.0002)).tolist()
    return [*vertices, *edges, *inside, *chance.sample(beyond, 10), (116.4, 39.9), (2.35, 48.86), (0.0, 0.0)]


def format_number(value, chance):
    return repr(value) if chance.random() < 0.3 and "e" not in repr(value) else f"{value:.{chance.randrange(5, 12)}f}"


def test_plain_requests_take_the_shortcut(both_ways):
    chance = random.Random(1)
    statuses = set()
    for number, (lon, lat) in enumerate(make_points(chance)):
        datum = DATUMS[number % len(DATUMS)]
        x, y = (float(values[0]) for values in from_wgs84([lon], [lat], parse_datum(datum)))
        pairs = [("lon", format_number(x, chance)), ("lat", format_number(y, chance))]
        pairs.append(("datum", quote(datum) if chance.random() < 0.5 else datum))
        chance.shuffle(pairs)
        query = "&".join(f"{name}={value}" for name, value in pairs).encode()
        response, short = both_ways.compare(query, HEADERS[number % len(HEADERS)])
        assert short == (response.status == 200), query
        statuses |= {status for status in (b"inside", b"border", b"snapped", b"outside") if status in response.body}
    assert statuses == {b"inside", b"border", b"snapped", b"outside"}


@pytest.mark.parametrize(
    "number", ["113", "-0", "-0.0", "007.5", "113.30580000000000000000", "0.1", "179.9999999999999"]
)
def test_plain_numbers_are_read_alike(both_ways, number):
    response, short = both_ways.compare(f"lon={number}&lat=40.0912&datum=wgs84".encode())
    assert (response.status, short) == (200, True)


@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_odd_numbers_are_left_to_the_route(both_ways, number):
    for query in (f"lon={number}&lat=40.0912&datum=gcj02", f"datum=gcj02&lon=113.3058&lat={number}"):
        assert not both_ways.compare(query.encode())[1]


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_odd_queries_are_left_to_the_route(both_ways, query):
    for headers in HEADERS:
        assert not both_ways.compare(query, headers)[1]


@pytest.mark.parametrize("headers", HEADERS)
def test_headers_do_not_change_the_response(both_ways, headers):
    response, short = both_ways.compare(PLAIN, headers)
    assert (response.status, short) == (200, True)
    assert response.headers == both_ways.compare(PLAIN)[0].headers


@pytest.mark.parametrize(
    "scope",
    [
        {"method": "HEAD"},
        {"method": "POST"},
        {"method": "OPTIONS"},
        {"path": "/v1/locate/"},
        {"path": "/v1/locate/explain"},
        {"path": "/v1"},
        {"root_path": "/v1"},
        {"path": "/district/v1/locate", "root_path": "/district"},
        {"headers": [(b"host", b"testserver"), (b"content-length", b"99999999999")]},
        {"headers": [(b"host", b"testserver"), (b"transfer-encoding", b"chunked")]},
    ],
)
def test_other_requests_are_left_to_the_application(both_ways, scope):
    assert not both_ways.compare(PLAIN, **scope)[1]


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    parts=st.lists(
        st.one_of(
            st.builds(
                lambda name, value: f"{name}={value}".encode(),
                st.sampled_from(["lon", "lat", "datum", "as_of"]),
                st.one_of(
                    st.sampled_from([*DATUMS, *ODD_NUMBERS, "113.3058", "40.0912"]),
                    st.floats(-200, 200).map(repr),
                    st.text(max_size=5),
                ),
            ),
            st.binary(max_size=6),
            st.sampled_from([b"lon=113.3058", b"lat=40.0912", b"datum=gcj02"]),
        ),
        max_size=5,
    )
)
def test_generated_queries_have_the_same_response(both_ways, parts):
    both_ways.compare(b"&".join(parts))


def test_configured_datum_is_used(with_settings):
    both_ways = with_settings(default_datum="gcj02")
    response, short = both_ways.compare(b"lon=113.3058&lat=40.0912")
    assert short
    assert response == both_ways.compare(PLAIN)[0]


def test_locating_with_a_key_is_left_to_the_route(with_settings, home):
    both_ways = with_settings(anonymous_locate=False)
    store = Store(home[1])
    key = create_key(store, "shortcut", Grant(EVERY_ROLE))
    store.close()
    authorized = ((b"authorization", f"Bearer {key}".encode()),)
    found = [both_ways.compare(PLAIN, headers) for headers in ((), authorized, HEADERS[3])]
    assert [(response.status, short) for response, short in found] == [(401, False), (200, False), (401, False)]
    assert (b"cache-control", b"no-store") in found[1][0].headers


def test_long_responses_are_left_to_the_application(both_ways):
    for max_size, short in ((10_000, True), (100, False)):
        shortcut = LocateShortcut(both_ways.route, max_size=max_size)
        assert BothWays(both_ways.client, shortcut, both_ways.route).compare(PLAIN)[1] == short


def test_service_without_layers_leaves_requests_to_the_route(tmp_path):
    app = create_app(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'empty.db'}"))
    with TestClient(app) as client:
        response, short = open_both_ways(client).compare(PLAIN)
    assert (response.status, short) == (404, False)


def test_traced_requests_are_left_to_the_route(both_ways):
    # FastAPI adds its record of the request to the scope if the process has set up OpenTelemetry.
    record = SimpleNamespace(metrics_attributes={}, span=None)
    assert not both_ways.compare(PLAIN, **{"fastapi.telemetry": record})[1]
