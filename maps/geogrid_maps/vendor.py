"""Files of npm packages and Folium that pages load from this server.

The build hook copies the files of npm packages to ``static/vendor/``; the script of heat maps is part of the installed
Folium. This module imports only the standard library: the hook and the set-up script load it by path before anything
is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

#: File with the checksum of the npm lock of the files; written last.
STAMP: Final = "lock.sha256"

#: Parts of the Chinese font by character range; browsers load the parts that a page needs.
FONT_PARTS: Final = (
    "latin",
    *(str(number) for first, last in ((4, 6), (21, 91), (97, 119)) for number in range(first, last + 1)),
)

#: Files copied from each npm package, the licence first.
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

#: Local path of each URL in Folium and FastAPI: a key of `folders`, then the path below it.
#: Without Bootstrap, its icons and awesome markers: heat maps, popups and layer controls do not need them.
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
    """Return the folder with the files of npm packages; it is missing until a build reaches npm."""
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
    """Return the local path of each CDN URL whose file is installed, cached for the process.

    Examples
    --------
    >>> local_files()["https://cdn.jsdelivr.net/gh/python-visualization/folium@main/folium/templates/leaflet_heat.min.js"]
    'folium/leaflet_heat.min.js'
    """
    names = folders()
    return {address: path for address, path in LOCAL_FILES.items() if path.split("/")[0] in names}


def font_file(weight: int) -> Path | None:
    """Return the file of the Chinese font in weight 400 or 700, or None if it is not installed."""
    package = next(name for name in PACKAGES if name.startswith("@fontsource/"))
    path = vendor_dir() / package / "files" / f"noto-sans-sc-chinese-simplified-{weight}-normal.woff"
    return path if path.is_file() else None


@lru_cache(maxsize=1)
def font_stylesheet(prefix: str) -> str:
    """Return a style sheet of the Chinese font ``geogrid CJK``, the fallback for characters that system fonts lack.

    Parameters
    ----------
    prefix
        URL path of `folders`, such as ``/static``.
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
    """Return whether every file of `PACKAGES` is installed."""
    directory = vendor_dir()
    # The stamp is written last: without it the copy is incomplete.
    return (directory / STAMP).is_file() and all(
        (directory / package / name).is_file() for package, names in PACKAGES.items() for name in names
    )


def is_current(lock: Path) -> bool:
    """Return whether the installed files come from this ``package-lock.json``."""
    return is_complete() and (vendor_dir() / STAMP).read_text(encoding="ascii").strip() == checksum(lock)


def checksum(lock: Path) -> str:
    """Return the SHA-256 of a lock file in hexadecimal."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()
