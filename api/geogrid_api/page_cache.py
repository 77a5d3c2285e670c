"""Cache of rendered map pages by request, user and version of the data; responses with an ETag."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from geogrid_api.conditional_responses import not_modified

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from starlette.datastructures import Headers

#: Size of the compressed pages that a process keeps; a page of the demo has 60 to 100 KB.
MAX_BYTES: Final = 32 * 2**20
#: As `geogrid_api.app` compresses other responses.
_LEVEL: Final = 5


@dataclass(frozen=True, slots=True)
class PackedPage:
    """A page compressed by gzip, with its response headers."""

    content: bytes
    headers: Mapping[str, str]

    def respond(self, request_headers: Headers) -> Response:
        """Return the page, or the response 304 if the client has it."""
        packed = "gzip" in request_headers.get("accept-encoding", "")
        encoding = {"Content-Encoding": "gzip"} if packed else {}
        content = self.content if packed else gzip.decompress(self.content)
        response = Response(content, headers={**self.headers, **encoding}, media_type="text/html")
        if not_modified(request_headers, response) is None:
            return response
        # All headers, because browsers replace those of the stored page by them, its content security policy included.
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=dict(self.headers))


def pack_page(html: str, headers: Mapping[str, str]) -> PackedPage:
    """Return a page with its headers and an ETag of its content.

    Parameters
    ----------
    html
        The page.
    headers
        Its headers. ``Vary`` is set here.
    """
    content = html.encode()
    # The ETag is weak because the compressed and the plain content share it.
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    return PackedPage(
        gzip.compress(content, _LEVEL, mtime=0), {**headers, "ETag": etag, "Vary": "Cookie, Accept-Encoding"}
    )


class PageCache:
    """Cache of the pages last requested, up to a size.

    Parameters
    ----------
    max_bytes
        Largest size of all compressed pages.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._pages: OrderedDict[Hashable, PackedPage] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, render: Callable[[], PackedPage]) -> PackedPage:
        """Return the page of a key, rendered on the first request.

        Parameters
        ----------
        key
            All values that the page depends on.
        render
            Renders the page.
        """
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
                return page
        page = render()
        self._keep(key, page)
        return page

    def _keep(self, key: Hashable, page: PackedPage) -> None:
        with self._lock:
            if key in self._pages:
                return
            self._pages[key] = page
            self._bytes += len(page.content)
            while self._bytes > self._max_bytes:
                _, oldest = self._pages.popitem(last=False)
                self._bytes -= len(oldest.content)
