"""Middleware that refuses compressed request bodies, whose unpacked size nobody can limit before reading them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_WITHOUT_BODY: Final = {"GET", "HEAD", "OPTIONS"}


class ContentEncodingMiddleware:
    """ASGI middleware that returns HTTP 415 for a body with a content encoding such as gzip.

    Parameters
    ----------
    app
        Application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on."""
        app: ASGIApp = self._app
        if scope["type"] == "http" and scope["method"] not in _WITHOUT_BODY:
            encoding = Headers(scope=scope).get("content-encoding", "").strip().lower()
            if encoding not in {"", "identity"}:
                # `PlainErrorMiddleware` makes it a problem. Accept-Encoding names the accepted encodings (RFC 9110).
                app = PlainTextResponse("", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, headers={"Accept-Encoding": "identity"})
        await app(scope, receive, send)
