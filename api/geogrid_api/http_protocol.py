"""HTTP protocol of `geogrid serve`: uvicorn's protocol for httptools, with a limit for the head of a request.

httptools parses a request faster than h11, but accepts a request line and headers of any size, so that one client could
fill the memory.
"""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Largest request line with headers, in bytes, as for h11. The last read may exceed it.
MAX_HEAD: Final = 65_536


class BoundedHttpProtocol(HttpToolsProtocol):
    """Connection that returns HTTP 400 and closes if the head of a request exceeds `MAX_HEAD`."""

    _head_size = 0
    _in_body = False

    def data_received(self, data: bytes) -> None:
        """Parse received bytes, then check the size of a head that is not complete yet."""
        if not self._in_body:
            self._head_size += len(data)
        super().data_received(data)
        if self._head_size > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response("The request line and headers are too large.")

    def on_headers_complete(self) -> None:
        """Stop counting: a body has its own limit."""
        self._head_size, self._in_body = 0, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Start counting the head of the next request."""
        self._in_body = False
        super().on_message_complete()
