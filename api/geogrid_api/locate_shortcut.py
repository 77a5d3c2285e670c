"""Answer plain requests for `GET /v1/locate` before FastAPI, with the same status, headers and bytes as its route.

A request is plain if its query has only `lon`, `lat` and an optional `datum`, each once, with decimal numbers and a
known datum, if it has no body, and if anonymous users may locate points. All other requests, and all errors, are left
to the route `geogrid_api.routes.locate.locate_point`, which defines the response. `tests/api/test_locate_shortcut.py`
compares both.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from pydantic import TypeAdapter

from geogrid.errors import DatumError
from geogrid.geo.datums import parse_datum
from geogrid.model import Membership, Point
from geogrid_api.dependencies import MAX_DATUM
from geogrid_api.security_headers import RAW_DEFAULT_HEADERS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from geogrid_api.app_state import AppState

_PATH: Final = "/v1/locate"
#: Decimal numbers, which Python and pydantic read alike.
_NUMBER: Final = re.compile(rb"-?[0-9]{1,9}(?:\.[0-9]{1,20})?")
_PARAMETERS: Final = frozenset({b"lon", b"lat", b"datum"})
#: Headers of a request with a body, which may be larger than the limit.
_BODY_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding"})
_CONTENT_TYPE: Final = (b"content-type", b"application/json")
#: FastAPI serializes responses with pydantic, too.
_MEMBERSHIP: Final = TypeAdapter(Membership).serializer


@dataclass(frozen=True, slots=True)
class LocateQuery:
    """Query parameters of a plain request; the datum is optional."""

    point: Point
    datum: str | None


class LocateShortcut:
    """ASGI middleware that answers plain requests for `GET /v1/locate` itself.

    Parameters
    ----------
    app
        Application with all other middleware.
    max_size
        Longer responses, in bytes, are left to the application, which may compress them.
    """

    def __init__(self, app: ASGIApp, *, max_size: int) -> None:
        self.app = app
        self._max_size = max_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        body = _make_body(scope) if _is_plain(scope) else None
        if body is None or len(body) > self._max_size:
            await self.app(scope, receive, send)
            return
        headers = [(b"content-length", b"%d" % len(body)), _CONTENT_TYPE, *RAW_DEFAULT_HEADERS]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def parse_plain_query(query: bytes) -> LocateQuery | None:
    """Return the parameters of a plain query, or None for any other query.

    Examples
    --------
    >>> parse_plain_query(b"lon=113.3058&lat=40.0912&datum=GCJ-02")
    LocateQuery(point=Point(lon=113.3058, lat=40.0912), datum='gcj02')
    >>> parse_plain_query(b"lon=1e2&lat=40.0912") is parse_plain_query(b"lon=113&lon=114&lat=40") is None
    True
    """
    pairs = [part.partition(b"=") for part in query.split(b"&")]
    values = {name: value for name, _, value in pairs}
    if len(values) != len(pairs) or not values.keys() <= _PARAMETERS:
        return None
    lon, lat = _NUMBER.fullmatch(values.get(b"lon", b"")), _NUMBER.fullmatch(values.get(b"lat", b""))
    datum = _parse_datum(values[b"datum"]) if b"datum" in values else None
    if not lon or not lat or (datum is None and b"datum" in values):
        return None
    return LocateQuery(Point(float(lon[0]), float(lat[0])), datum)


@lru_cache(maxsize=256)
def _parse_datum(value: bytes) -> str | None:
    text = unquote_plus(value.decode("latin-1"))
    with suppress(DatumError):
        return parse_datum(text) if len(text) <= MAX_DATUM else None
    return None


def _is_plain(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["path"] == _PATH
        and scope["method"] == "GET"
        and not scope.get("root_path")
        # The route of a request names its trace, if the operator has set up OpenTelemetry.
        and not scope.get("fastapi.telemetry")
        and _BODY_HEADERS.isdisjoint([name for name, _ in scope["headers"]])
    )


def _make_body(scope: Scope) -> bytes | None:
    """Return the body of the response, or None if the route has to answer."""
    try:
        return _locate(scope["app"].state.geogrid, scope["query_string"])
    except Exception:  # noqa: BLE001 - the route raises the same error, which the application reports
        return None


def _locate(state: AppState, query_string: bytes) -> bytes | None:
    query = parse_plain_query(query_string)
    if query is None or not state.settings.anonymous_locate or not state.snapshots.has_layers:
        return None
    datum = query.datum or state.settings.default_datum
    if datum is None:
        return None
    return _MEMBERSHIP.to_json(state.snapshots.current.locator.locate(query.point, datum))
