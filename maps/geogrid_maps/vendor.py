"""Scripts and styles that pages load from their own address, since a government intranet has no other.

The build hook puts the files of npm packages under ``static/vendor/``; the heat map's script lies inside the installed
Folium. Only the standard library is imported here: the hook and the set-up script load this file by its path, before
anything is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

#: Written last, with the checksum of the npm lock that the files were made from.
STAMP: Final = "lock.sha256"

#: The Chinese font comes in parts by character, of which a browser fetches those that a page needs.
FONT_PARTS: Final = (
    "latin",
    *(str(number) for first, last in ((4, 6), (21, 91), (97, 119)) for number in range(first, last + 1)),
)

#: The files taken from each npm package, its licence first.
PACKAGES: Final[dict[str, tuple[str, ...]]] = {
    "@fontsource/noto-sans-sc@5.3.0": (
        "LICENSE",
        "files/noto-sans-sc-chinese-simplified-400-normal.woff",
        "files/noto-sans-sc-chinese-simplified-700-normal.woff",
        "400.css",
        *(f"files/noto-sans-sc-{part}-400-normal.woff2" for part in FONT_PARTS),
    ),
    "htmx.org@2.0.11": ("LICENSE", "dist/htmx.min.js"),
    "jquery@3.7.1": ("LICENSE.txt", "dist/jquery.min.js"),
    "leaflet@1.9.3": (
        "LICENSE",
        "dist/leaflet.js",
        "dist/leaflet.css",
        "dist/images/layers.png",
        "dist/images/layers-2x.png",
        "dist/images/marker-icon.png",
        "dist/images/marker-icon-2x.png",
        "dist/images/marker-shadow.png",
    ),
    "protomaps-leaflet@5.1.0": ("LICENSE", "dist/protomaps-leaflet.js"),
    "swagger-ui-dist@5.35.0": (
        "LICENSE",
        "NOTICE",
        "swagger-ui-bundle.js.LICENSE.txt",
        "swagger-ui-bundle.js",
        "swagger-ui.css",
        "favicon-32x32.png",
    ),
}

#: What Folium and FastAPI name, and the file here that stands for it: a key of `folders`, then the way below it.
#: Bootstrap, its glyphs and the awesome markers are left out: heat maps, popups and layer controls work without.
LOCAL_FILES: Final[dict[str, str]] = {
    "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.js": "vendor/leaflet@1.9.3/dist/leaflet.js",
    "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.css": "vendor/leaflet@1.9.3/dist/leaflet.css",
    "https://code.jquery.com/jquery-3.7.1.min.js": "vendor/jquery@3.7.1/dist/jquery.min.js",
    "https://cdn.jsdelivr.net/gh/python-visualization/folium@main/folium/templates/leaflet_heat.min.js": (
        "folium/leaflet_heat.min.js"
    ),
    "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js": (
        "vendor/swagger-ui-dist@5.35.0/swagger-ui-bundle.js"
    ),
    "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css": "vendor/swagger-ui-dist@5.35.0/swagger-ui.css",
    "https://fastapi.tiangolo.com/img/favicon.png": "vendor/swagger-ui-dist@5.35.0/favicon-32x32.png",
}


def vendor_dir() -> Path:
    """Return the folder of the npm packages' files; it is missing until a build could reach npm."""
    return Path(__file__).resolve().parent / "static" / "vendor"


def folders() -> dict[str, Path]:
    """Return the folders to serve, by the first part of a path in `LOCAL_FILES`.

    Returns
    -------
    dict of str to Path
        ``"vendor"`` if its files are complete, and ``"folium"`` if Folium is installed.
    """
    found = {}
    if is_complete():
        found["vendor"] = vendor_dir()
    folium = importlib.util.find_spec("folium")
    if folium and folium.submodule_search_locations:
        found["folium"] = Path(folium.submodule_search_locations[0]) / "templates"
    return found


@lru_cache(maxsize=1)
def local_files() -> dict[str, str]:
    """Return the rows of `LOCAL_FILES` that can be served; other addresses stay as they are.

    The folders are looked at once in a process, as the service mounts them once.

    Examples
    --------
    >>> local_files()["https://cdn.jsdelivr.net/gh/python-visualization/folium@main/folium/templates/leaflet_heat.min.js"]
    'folium/leaflet_heat.min.js'
    """
    names = folders()
    return {address: path for address, path in LOCAL_FILES.items() if path.split("/")[0] in names}


def font_file(weight: int) -> Path | None:
    """Return the file of the Chinese font in a weight, 400 or 700, or None where it could not be fetched."""
    package = next(name for name in PACKAGES if name.startswith("@fontsource/"))
    path = vendor_dir() / package / "files" / f"noto-sans-sc-chinese-simplified-{weight}-normal.woff"
    return path if path.is_file() else None


@lru_cache(maxsize=1)
def font_stylesheet(prefix: str) -> str:
    """Return a style sheet by which pages take Chinese characters that a machine's own fonts lack from this server.

    The family is called ``geogrid CJK`` and stands behind the usual ones, so nothing is fetched where these have all.

    Parameters
    ----------
    prefix
        The address below which `folders` are served, such as ``/static``.
    """
    package = next(name for name in PACKAGES if name.startswith("@fontsource/"))
    path = vendor_dir() / package / "400.css"
    if not path.is_file():
        return ""
    rules = []
    for rule in re.findall(r"@font-face \{.*?\}", path.read_text(encoding="utf-8"), re.DOTALL):
        part = re.search(r"noto-sans-sc-([\w-]+)-400-normal\.woff2", rule)
        if part and part[1] in FONT_PARTS:
            file = f"{prefix}/vendor/{package}/files/{part[0]}"
            wanted = re.search(r"unicode-range:[^;]+;", rule)
            source = f'src:url("{file}") format("woff2");{wanted[0] if wanted else ""}'
            rules.append(f'@font-face{{font-family:"geogrid CJK";font-display:swap;{source}}}')
    return "\n".join(rules)


def is_complete() -> bool:
    """Tell whether every file of `PACKAGES` is in place."""
    directory = vendor_dir()
    # The stamp comes last, so its absence alone means that a copy was cut short.
    return (directory / STAMP).is_file() and all(
        (directory / package / name).is_file() for package, names in PACKAGES.items() for name in names
    )


def is_current(lock: Path) -> bool:
    """Tell whether the files in place were made from this npm lock.

    Parameters
    ----------
    lock
        The ``package-lock.json``.
    """
    return is_complete() and (vendor_dir() / STAMP).read_text(encoding="ascii").strip() == checksum(lock)


def checksum(lock: Path) -> str:
    """Return the SHA-256 of a lock, in hexadecimal."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()
