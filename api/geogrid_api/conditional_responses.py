"""Responses with files: conditional requests and ranges as of RFC 9110."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

#: Caches must revalidate a file whose URL does not change with its content.
REVALIDATE = {"Cache-Control": "no-cache"}
#: Headers that a response 304 repeats.
_REPEATED = ("cache-control", "content-location", "etag", "expires", "vary")
_RANGE = b"range"


class RevalidatedFile(FileResponse):
    """A file that caches revalidate by its ETag, with Range support."""

    def __init__(self, path: Path, **options: Any) -> None:  # noqa: ANN401 - Starlette's
        super().__init__(path, headers=REVALIDATE, stat_result=path.stat(), **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, a part of it, or 304."""
        headers = Headers(scope=scope)
        unchanged = not_modified(headers, self)
        if unchanged is not None:
            await unchanged(scope, receive, send)
            return
        unit = headers.get("range", "").partition("=")[0].strip().lower()
        if unit != "bytes":
            # A range in an unknown unit is ignored, and Starlette would refuse it.
            kept = [(name, value) for name, value in scope["headers"] if name != _RANGE]
            scope = {**scope, "headers": kept}
        await super().__call__(scope, receive, send)


def not_modified(headers: Headers, response: Response) -> Response | None:
    """Return the response 304 if the header If-None-Match has the ETag of a response, else None."""
    named = headers.get("if-none-match")
    if named is None:
        return None
    etags = {etag.strip().removeprefix("W/") for etag in named.split(",")}
    if "*" not in etags and response.headers["etag"].removeprefix("W/") not in etags:
        return None
    repeated = {name: response.headers[name] for name in _REPEATED if name in response.headers}
    return Response(status_code=304, headers=repeated)
