"""Security headers: content security policy, framing, referrer and caching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid_maps.assets import script_hashes
from geogrid_maps.vendor import LOCAL_FILES, local_files

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Headers of responses that are not pages: the browser runs and loads nothing.
DEFAULT_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
#: `DEFAULT_HEADERS` as ASGI sends them.
RAW_DEFAULT_HEADERS: Final = tuple((name.lower().encode(), value.encode()) for name, value in DEFAULT_HEADERS.items())
_NO_STORE: Final = (b"cache-control", b"no-store")


class SecurityHeadersMiddleware:
    """ASGI middleware that adds those of `DEFAULT_HEADERS` that a response lacks.

    Parameters
    ----------
    app
        Application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the response."""
        # `geogrid_api.authentication` sets this state; copies of the scope share it.
        state = scope.setdefault("state", {})

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = {name for name, _ in message["headers"]}
                # The response depends on the user, so neither a proxy nor a shared browser may store it.
                added = (_NO_STORE, *RAW_DEFAULT_HEADERS) if state.get("authenticated") else RAW_DEFAULT_HEADERS
                message["headers"] = [*message["headers"], *(header for header in added if header[0] not in sent)]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def make_page_headers(html: str = "", images: str = "") -> dict[str, str]:
    """Return the content security policy of a page: only scripts with a known hash, only files of this server.

    If the map scripts have not been downloaded, the policy also allows Folium's origins.

    Parameters
    ----------
    html
        Page whose inline scripts may run. The default allows none, which is safer: an injected script would get a
        hash, too.
    images
        Additional origin for images, for the tiles of the base map.
    """
    outside = " ".join(sorted({_origin(url) for url in LOCAL_FILES if url not in local_files()}))
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'self' {outside} {' '.join(script_hashes(html))}; "
            f"style-src 'self' 'unsafe-inline' {outside}; img-src 'self' data: {images} {outside}; connect-src 'self'; "
            "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
    }


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3])
