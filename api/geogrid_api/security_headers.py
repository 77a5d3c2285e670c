"""Security headers: content security policy, framing, referrer and caching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid_maps.assets import script_hashes
from geogrid_maps.vendor import LOCAL_FILES, local_files

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import Request, Response

#: Headers of responses that are not pages: the browser runs and loads nothing.
DEFAULT_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


async def add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Middleware that adds `DEFAULT_HEADERS` to responses without a policy."""
    response = await call_next(request)
    if getattr(request.state, "authenticated", False):
        # The response depends on the user, so neither a proxy nor a shared browser may store it.
        response.headers.setdefault("Cache-Control", "no-store")
    for name, value in DEFAULT_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


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
