"""Scripts and styles of Folium maps: linked to this server, or embedded in the page.

Government intranets cannot load files from CDNs. Folium lists CDN URLs in ``default_js`` and ``default_css`` of its
classes; these functions replace the lists on the elements of one page, not on the classes, which all maps share.
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

#: Scripts and styles of Folium that the maps need: no jQuery, Bootstrap or icon fonts.
NEEDED: Final = ("leaflet", "leaflet_css", "leaflet-heat.js")
STATIC: Final = Path(__file__).resolve().parent / "static"
_TAG_IN_SCRIPT: Final = re.compile(r"<(/script|!--)", re.IGNORECASE)
_CSS_URL: Final = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")


def link_served(figure: Figure, prefix: str) -> None:
    """Link the files of a map to this server.

    Parameters
    ----------
    figure
        Root of the map.
    prefix
        URL path of `geogrid_maps.vendor.folders`, such as ``/static``.
    """
    local = local_files()
    for element in _linked(figure):
        element.default_js, element.default_css = (
            [(name, f"{prefix}/{local[url]}" if url in local else url) for name, url in links if name in NEEDED]
            for links in (element.default_js, element.default_css)
        )


def link_inline(figure: Figure) -> list[str]:
    """Embed the files of a map in its page.

    Returns
    -------
    list of str
        URLs that the page still loads because the files are not installed; usually none.
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
    """Return a script or style of ``static``."""
    return (STATIC / name).read_text(encoding="utf-8")


def script_hashes(html: str) -> list[str]:
    """Return the hashes of the inline scripts of a page for its Content-Security-Policy.

    Examples
    --------
    >>> script_hashes("<script>let a = 1;</script>")
    ["'sha256-xY6QKfH9PRsQnLz56nj6MBwiK5oHg+im1Jkpdp1x/Ck='"]
    """
    digests = (hashlib.sha256(script.encode()).digest() for script in _inline_scripts(html))
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def _inline_scripts(html: str) -> Iterator[str]:
    # Faster than a regular expression, which tests each character of a long script.
    for part in html.split("<script>")[1:]:
        script, closing, _ = part.partition("</script>")
        if closing:
            yield script


def _linked(element: Element) -> Iterator[JSCSSMixin]:
    if isinstance(element, JSCSSMixin):
        yield element
    for child in element._children.values():  # noqa: SLF001 - branca has no public access to children
        yield from _linked(child)


def _file(path: str) -> Path:
    folder, _, rest = path.partition("/")
    return folders()[folder] / rest


def _script(path: Path) -> str:
    # Escape tags and comment starts in strings of the script; the backslash does not change the strings.
    content = _TAG_IN_SCRIPT.sub(r"<\\\1", path.read_text(encoding="utf-8"))
    return f"<script>{content}</script>"


def _style(path: Path) -> str:
    """Return a style element with its images embedded."""

    def inline(match: re.Match[str]) -> str:
        image = path.parent / match[1]
        if not image.is_file():
            return match[0]
        kind = mimetypes.guess_type(image.name)[0]
        return f"url(data:{kind};base64,{base64.b64encode(image.read_bytes()).decode()})"

    return f"<style>{_CSS_URL.sub(inline, path.read_text(encoding='utf-8'))}</style>"
