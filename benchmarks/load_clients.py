"""Clients of a service under load: some report, some work the queue; connections break on purpose.

What is chance comes from the number of a report or of a dispatcher, so that runs ask for the same.
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

#: Begins the description of each report, behind which its number stands.
MARK: Final = "load-"
_TIMEOUT_S: Final = 60
_TRIES: Final = 20
#: Shares of the requests that come again although they were answered, and whose connection breaks before the answer.
_REPEATED, _DROPPED = 0.05, 0.05
#: Each takes so large a part of a page before looking again, or all would hold the same.
_DISPATCHERS_SHARE: Final = 4
#: What a dispatcher does with what stands so.
_ACTIONS: Final = {"reported": "file", "verified": "file", "filed": "dispatch"}
_CATEGORIES: Final = ("Z01", "Z02", "Z03", "Z04", "Z05", "Z06", "Z09", "Z10")


class UnexpectedAnswerError(Exception):
    """The service answered with what no client of its own can go on with."""


@dataclass(slots=True)
class Wire:
    """A kept connection of one client; it is opened again when it is broken."""

    host: str
    port: int
    key: str
    _connection: HTTPConnection | None = None

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Send a request and return the status and the content of the answer."""
        connection = self._send(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def drop(self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Send a request and break the connection before it is answered."""
        self._send(method, path, body, headers)
        self.close()

    def close(self) -> None:
        """Break the connection."""
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
    """What a client was told, and how long each answer took.

    Attributes
    ----------
    reports
        The numbers of the incidents, by those of their reports.
    taken
        The steps that were acknowledged: incident, number of the step, action.
    seconds
        From sending to the whole answer, by kind of request.
    counts
        How often what happened: connections dropped, requests repeated, versions stale.
    """

    reports: dict[int, int] = field(default_factory=dict)
    taken: list[tuple[int, int, str]] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, what: str) -> None:
        """Note that something happened once more."""
        self.counts[what] = self.counts.get(what, 0) + 1


def report(wire: Wire, numbers: Iterable[int]) -> Tally:
    """Report incidents, each with a key of its own."""
    tally = Tally()
    for number in numbers:
        chance = random.Random(number)  # noqa: S311 - no secret
        answer = _once(wire, "report", "/v1/incidents", _report_body(number, chance), chance, tally)[1]
        tally.reports[number] = answer["id"]
    wire.close()
    return tally


def dispatch(wire: Wire, seed: int, reported: threading.Event, until: float) -> Tally:
    """Work the queue until all is reported and a whole pass of the queue finds nothing to do, or time is over."""
    tally, chance = Tally(), random.Random(seed)  # noqa: S311 - no secret
    while time.monotonic() < until:
        last = reported.is_set()
        waiting = list(_waiting(wire, chance, tally))
        if last and not waiting:
            break
        for incident in waiting:
            _bring_on(wire, incident, chance, tally)
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
    """Yield some of the most urgent of what waits for a dispatcher; where a person has to look first, nobody can."""
    for status in _ACTIONS:
        cursor: str | None = ""
        while cursor is not None:
            query = f"/v1/queue?status={status}&limit=100" + (f"&cursor={cursor}" if cursor else "")
            page = _timed(wire, "queue", query, tally)
            found = [incident for incident in page["items"] if incident["triage"] is None]
            yield from chance.sample(found, -(-len(found) // _DISPATCHERS_SHARE))
            cursor = None if found else page["next"]


def _bring_on(wire: Wire, incident: dict[str, Any], chance: random.Random, tally: Tally) -> None:
    """Take an incident on until it is dispatched; where another has done so meanwhile, look again."""
    while action := _ACTIONS.get(incident["status"]):
        path = f"/v1/incidents/{incident['id']}"
        body = {"action": action} | ({"department": incident["department"]} if action == "dispatch" else {})
        tag = {"If-Match": f'"{incident["version"]}"'}
        status, answer = _once(wire, "step", f"{path}/transitions", body, chance, tally, tag)
        if status == HTTPStatus.PRECONDITION_FAILED:
            tally.count("stale")
            incident = _timed(wire, "read", path, tally)
        else:
            tally.taken.append((incident["id"], answer["version"], action))
            incident = answer


def _once(
    wire: Wire,
    kind: str,
    path: str,
    body: Mapping[str, Any],
    chance: random.Random,
    tally: Tally,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Any]:
    """Send a request with a key until it is answered, sometimes once more, and return the status and the answer."""
    headers = {"Idempotency-Key": f"{kind}-{chance.getrandbits(64):016x}", **(headers or {})}
    if chance.random() < _DROPPED:
        with suppress(OSError):
            wire.drop("POST", path, body, headers)
        tally.count("dropped")
    begin = time.perf_counter()
    status, answer = _patiently(wire, tally, "POST", path, body, headers)
    tally.seconds.setdefault(kind, []).append(time.perf_counter() - begin)
    if status != HTTPStatus.PRECONDITION_FAILED and chance.random() < _REPEATED:
        tally.count("repeated")
        if _patiently(wire, tally, "POST", path, body, headers)[1] != answer:
            raise UnexpectedAnswerError(f"{path}: another answer to the same key")
    return status, answer


def _patiently(
    wire: Wire,
    tally: Tally,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Any]:
    """Send a request until it is answered; a step may find that another was taken."""
    for attempt in range(_TRIES):
        try:
            status, answer = wire.ask(method, path, body, headers)
        except (OSError, HTTPException):
            wire.close()
            tally.count("broken")
            time.sleep(0.05 * attempt)
            continue
        if status in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.PRECONDITION_FAILED):
            return status, answer
        if status != HTTPStatus.SERVICE_UNAVAILABLE:
            raise UnexpectedAnswerError(f"{path}: {status} {answer}")
        tally.count("busy")
        time.sleep(0.05 * attempt)
    raise UnexpectedAnswerError(f"{path}: no answer in {_TRIES} tries")


def _timed(wire: Wire, kind: str, path: str, tally: Tally) -> Any:  # noqa: ANN401 - as JSON has it
    begin = time.perf_counter()
    answer = _patiently(wire, tally, "GET", path)[1]
    tally.seconds.setdefault(kind, []).append(time.perf_counter() - begin)
    return answer
