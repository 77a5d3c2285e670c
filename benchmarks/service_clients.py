"""Clients of the service benchmark: keep-alive connections that send a request as soon as the last one is answered.

The connections are raw sockets, so that this process needs a fraction of the CPU time of the service:

    python benchmarks/service_clients.py PORT PATH DATUM CONNECTIONS SECONDS

Prints the number of responses and the seconds they took.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
import time
from typing import TYPE_CHECKING, Final

from geogrid.geo.datums import from_wgs84

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Bounding box of the demo's town: west, south, east, north in WGS 84 degrees.
_TOWN: Final = (113.27, 40.06, 113.33, 40.11)
#: Number of different points; the clients repeat them.
_POINTS: Final = 4_096
_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: ([0-9]+)")


class _Client(asyncio.Protocol):
    """One connection. It sends the next request when the response to the last one is complete."""

    def __init__(self, requests: Sequence[bytes], first: int, until: float) -> None:
        self._requests, self._next, self._until = requests, first, until
        self._received = b""
        self._responses = 0
        #: Number of responses, once the time is over.
        self.responses: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP connection
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(_END_OF_HEAD)
        if not found:
            return
        length = _LENGTH.search(head)
        if length is None or not head.startswith(b"HTTP/1.1 200 "):
            self._transport.abort()
        elif len(body) >= int(length[1]):
            self._received = b""
            self._responses += 1
            if time.perf_counter() < self._until:
                self._send()
            else:
                self.responses.set_result(self._responses)
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.responses.done():
            self.responses.set_exception(RuntimeError(f"Unexpected response: {self._received[:300]!r} {exc or ''}"))

    def _send(self) -> None:
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1


def make_requests(path: str, datum: str) -> list[bytes]:
    """Return requests for random points of the town, with the headers of a common client."""
    west, south, east, north = _TOWN
    chance = random.Random(1)  # noqa: S311 - not for security
    points = [(chance.uniform(west, east), chance.uniform(south, north)) for _ in range(_POINTS)]
    x, y = from_wgs84([lon for lon, _ in points], [lat for _, lat in points], datum)
    return [
        f"GET {path}?lon={lon:.7f}&lat={lat:.7f}&datum={datum} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n"
        "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nUser-Agent: geogrid-bench\r\n\r\n".encode()
        for lon, lat in zip(x.tolist(), y.tolist(), strict=True)
    ]


async def count_responses(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> int:
    """Send requests over some connections for some seconds, and return the number of responses."""
    loop = asyncio.get_running_loop()
    until = time.perf_counter() + seconds
    clients = [_Client(requests, number * len(requests) // connections, until) for number in range(connections)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
    return sum(await asyncio.gather(*(client.responses for client in clients)))


def main() -> None:
    """Run the clients, and print the number of responses and the seconds."""
    port, path, datum, connections, seconds = sys.argv[1:]
    requests = make_requests(path, datum)
    begin = time.perf_counter()
    responses = asyncio.run(count_responses(int(port), requests, int(connections), float(seconds)))
    print(responses, time.perf_counter() - begin)


if __name__ == "__main__":
    main()
