"""Headers that keep a browser from doing what nobody asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid_maps.assets import script_hashes
from geogrid_maps.vendor import LOCAL_FILES, local_files

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import Request, Response

#: Of all that is no page: nothing in it is to run or load anything.
DEFAULT_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


async def add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Add the headers to every answer that has no policy of its own."""
    response = await call_next(request)
    if getattr(request.state, "known", False):
        # It shows what the one who asked may see: neither a proxy nor a browser that others use after them keeps it.
        response.headers.setdefault("Cache-Control", "no-store")
    for name, value in DEFAULT_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def make_page_headers(html: str = "", images: str = "") -> dict[str, str]:
    """Return the policy of a page: it runs its own scripts, by their hashes, and loads from this server only.

    Where the maps' files could not be fetched at set-up, Folium's own addresses are allowed until they can.

    Parameters
    ----------
    html
        The page, if there are scripts in it. Without it none in the page runs, which is safer: an attack that had
        come into the page would have a hash as well.
    images
        One more origin that images may come from, that of the base map's tiles.
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
