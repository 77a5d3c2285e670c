"""Where a page's scripts and styles come from: this server, the page itself, or, failing both, Folium's addresses.

A government intranet has no content networks. Folium names one for each script in the classes' ``default_js`` and
``default_css``; here these lists are replaced on the instances of one page, never on the classes, which all maps share.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from folium.elements import JSCSSMixin

from geogrid_maps.escaping import Raw
from geogrid_maps.vendor import folders, local_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from branca.element import Element, Figure

#: The scripts and styles of Folium that our maps need; jQuery, Bootstrap and the icon fonts are not among them.
NEEDED: Final = ("leaflet", "leaflet_css", "leaflet-heat.js")
STATIC: Final = Path(__file__).resolve().parent / "static"
_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_TAG_IN_SCRIPT: Final = re.compile(r"<(/script|!--)", re.IGNORECASE)
_CSS_URL: Final = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")


def link_served(figure: Figure, prefix: str) -> None:
    """Make a page load its files from the server that serves it.

    Parameters
    ----------
    figure
        The root of the map.
    prefix
        The address below which `geogrid_maps.vendor.folders` are served, such as ``/static``.
    """
    local = local_files()
    for element in _linked(figure):
        element.default_js, element.default_css = (
            [(name, f"{prefix}/{local[url]}" if url in local else url) for name, url in links if name in NEEDED]
            for links in (element.default_js, element.default_css)
        )


def link_inline(figure: Figure) -> list[str]:
    """Put a page's files into the page.

    Returns
    -------
    list of str
        The addresses that could not be put in, because their files have not been fetched; none, usually.
    """
    local, outside = local_files(), []
    for element in _linked(figure):
        for links, inline in ((element.default_js, _script), (element.default_css, _style)):
            for name, url in links:
                if name in NEEDED and url in local:
                    figure.header.add_child(Raw(inline(_file(local[url]))), name=name)
        element.default_js, element.default_css = (
            [(name, url) for name, url in links if name in NEEDED and url not in local]
            for links in (element.default_js, element.default_css)
        )
        outside += [url for _, url in (*element.default_js, *element.default_css)]
    return outside


def own_file(name: str) -> str:
    """Return the text of one of our own scripts or styles."""
    return (STATIC / name).read_text(encoding="utf-8")


def script_hashes(html: str) -> list[str]:
    """Return the hashes of a page's inline scripts, as a Content-Security-Policy writes them.

    Examples
    --------
    >>> script_hashes("<script>let a = 1;</script>")
    ["'sha256-xY6QKfH9PRsQnLz56nj6MBwiK5oHg+im1Jkpdp1x/Ck='"]
    """
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(html))
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def _linked(element: Element) -> Iterator[JSCSSMixin]:
    if isinstance(element, JSCSSMixin):
        yield element
    for child in element._children.values():  # noqa: SLF001 - branca has no public way down its tree
        yield from _linked(child)


def _file(path: str) -> Path:
    folder, _, rest = path.partition("/")
    return folders()[folder] / rest


def _script(path: Path) -> str:
    # A script may hold a tag or a comment's start in a string; the backslash changes nothing in it.
    content = _TAG_IN_SCRIPT.sub(r"<\\\1", path.read_text(encoding="utf-8"))
    return f"<script>{content}</script>"


def _style(path: Path) -> str:
    """Return a style element whose images are in it too."""

    def inline(match: re.Match[str]) -> str:
        image = path.parent / match[1]
        if not image.is_file():
            return match[0]
        kind = mimetypes.guess_type(image.name)[0]
        return f"url(data:{kind};base64,{base64.b64encode(image.read_bytes()).decode()})"

    return f"<style>{_CSS_URL.sub(inline, path.read_text(encoding='utf-8'))}</style>"
