"""Clients of the load test: reporters and dispatchers; some connections are dropped on purpose.

Random numbers are seeded with the number of the report or dispatcher, so runs are reproducible.
"""

from __future__ import annotations

import json
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator, Mapping

#: Prefix of the description of each report, before its number.
MARK: Final = "load-"
_TIMEOUT_S: Final = 60
_TRIES: Final = 20
#: Share of requests that are repeated after a response, and of connections dropped before the response.
_REPEATED, _DROPPED = 0.05, 0.05
#: Dispatchers process one in this many incidents of a page, so that they do not compete for the same ones.
_DISPATCHERS_SHARE: Final = 4
#: Action of a dispatcher by status.
_ACTIONS: Final = {"reported": "file", "verified": "file", "filed": "dispatch"}
_CATEGORIES: Final = ("Z01", "Z02", "Z03", "Z04", "Z05", "Z06", "Z09", "Z10")


class UnexpectedAnswerError(Exception):
    """The service returned an unexpected response."""


@dataclass(slots=True)
class Wire:
    """A persistent connection of one client, reopened after a failure."""

    host: str
    port: int
    key: str
    _connection: HTTPConnection | None = None

    def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Send a request, and return status and content of the response."""
        connection = self._send(method, path, body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    def drop(self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Send a request, and close the connection before the response."""
        self._send(method, path, body, headers)
        self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str] | None
    ) -> HTTPConnection:
        self._connection = self._connection or HTTPConnection(self.host, self.port, timeout=_TIMEOUT_S)
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **(headers or {})}
        self._connection.request(method, path, json.dumps(body) if body else None, sent)
        return self._connection


@dataclass(slots=True)
class Tally:
    """Responses and durations of one client.

    Attributes
    ----------
    reports
        Ids of the incidents by number of the report.
    taken
        Acknowledged steps: id of the incident, number of the step, action.
    seconds
        Durations of requests by kind.
    counts
        Counts of events: dropped connections, repeated requests, stale versions.
    """

    reports: dict[int, int] = field(default_factory=dict)
    taken: list[tuple[int, int, str]] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, event: str) -> None:
        """Count an event."""
        self.counts[event] = self.counts.get(event, 0) + 1


def report(wire: Wire, numbers: Iterable[int]) -> Tally:
    """Report incidents, each with its own idempotency key."""
    tally = Tally()
    for number in numbers:
        chance = random.Random(number)  # noqa: S311 - not for security
        response = _send_with_key(wire, "report", "/v1/incidents", _report_body(number, chance), chance, tally)[1]
        tally.reports[number] = response["id"]
    wire.close()
    return tally


def dispatch(wire: Wire, seed: int, reported: threading.Event, until: float) -> Tally:
    """Process the queue until all reports are sent and a pass finds nothing to do, or until a time."""
    tally, chance = Tally(), random.Random(seed)  # noqa: S311 - not for security
    while time.monotonic() < until:
        last = reported.is_set()
        waiting = list(_waiting(wire, chance, tally))
        if last and not waiting:
            break
        for incident in waiting:
            _dispatch_incident(wire, incident, chance, tally)
    wire.close()
    return tally


def _report_body(number: int, chance: random.Random) -> dict[str, Any]:
    return {
        "lon": round(chance.uniform(113.27, 113.33), 7),
        "lat": round(chance.uniform(40.06, 40.11), 7),
        "datum": "wgs84",
        "category": chance.choice(_CATEGORIES),
        "source": "patrol",
        "description": f"{MARK}{number:06}（合成示意 synthetic）",
    }


def _waiting(wire: Wire, chance: random.Random, tally: Tally) -> Iterator[dict[str, Any]]:
    """Yield some of the most urgent incidents for a dispatcher, except those that require a manual review."""
    for status in _ACTIONS:
        cursor: str | None = ""
        while cursor is not None:
            query = f"/v1/queue?status={status}&limit=100" + (f"&cursor={cursor}" if cursor else "")
            page = _get_timed(wire, "queue", query, tally)
            found = [
                incident for incident in page["items"] if not (incident["triage"] and incident["triage"]["blocks"])
            ]
            yield from chance.sample(found, -(-len(found) // _DISPATCHERS_SHARE))
            cursor = None if found else page["next"]


def _dispatch_incident(wire: Wire, incident: dict[str, Any], chance: random.Random, tally: Tally) -> None:
    """Take steps until an incident is dispatched; reload it after a conflict."""
    while action := _ACTIONS.get(incident["status"]):
        path = f"/v1/incidents/{incident['id']}"
        body = {"action": action} | ({"department": incident["department"]} if action == "dispatch" else {})
        tag = {"If-Match": f'"{incident["version"]}"'}
        status, response = _send_with_key(wire, "step", f"{path}/transitions", body, chance, tally, tag)
        if status == HTTPStatus.PRECONDITION_FAILED:
            tally.count("stale")
            incident = _get_timed(wire, "read", path, tally)
        else:
            tally.taken.append((incident["id"], response["version"], action))
            incident = response


def _send_with_key(
    wire: Wire,
    kind: str,
    path: str,
    body: Mapping[str, Any],
    chance: random.Random,
    tally: Tally,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Any]:
    """Send a request with an idempotency key until a response arrives, sometimes twice; return status and content."""
    headers = {"Idempotency-Key": f"{kind}-{chance.getrandbits(64):016x}", **(headers or {})}
    if chance.random() < _DROPPED:
        with suppress(OSError):
            wire.drop("POST", path, body, headers)
        tally.count("dropped")
    begin = time.perf_counter()
    status, response = _send_with_retries(wire, tally, "POST", path, body, headers)
    tally.seconds.setdefault(kind, []).append(time.perf_counter() - begin)
    if status != HTTPStatus.PRECONDITION_FAILED and chance.random() < _REPEATED:
        tally.count("repeated")
        if _send_with_retries(wire, tally, "POST", path, body, headers)[1] != response:
            raise UnexpectedAnswerError(f"{path}: another response to the same key")
    return status, response


def _send_with_retries(
    wire: Wire,
    tally: Tally,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Any]:
    """Send a request until a response arrives; a conflict is a valid response to a step."""
    for attempt in range(_TRIES):
        try:
            status, response = wire.send(method, path, body, headers)
        except (OSError, HTTPException):
            wire.close()
            tally.count("broken")
            time.sleep(0.05 * attempt)
            continue
        if status in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.PRECONDITION_FAILED):
            return status, response
        if status != HTTPStatus.SERVICE_UNAVAILABLE:
            raise UnexpectedAnswerError(f"{path}: {status} {response}")
        tally.count("busy")
        time.sleep(0.05 * attempt)
    raise UnexpectedAnswerError(f"{path}: no response in {_TRIES} tries")


def _get_timed(wire: Wire, kind: str, path: str, tally: Tally) -> Any:  # noqa: ANN401 - parsed JSON
    begin = time.perf_counter()
    response = _send_with_retries(wire, tally, "GET", path)[1]
    tally.seconds.setdefault(kind, []).append(time.perf_counter() - begin)
    return response
