"""Base maps: tiles of others, or of a file, under the district.

Tiles of Chinese providers are in GCJ-02, some 600 m off WGS 84 in Datong. What is drawn upon them is shifted here, once
for all pages, by `geogrid.geo.datums`; what a reader says on the picture is shifted back, see ``static/datum.js``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from geogrid.geo.datums import CGCS2000, GCJ02, WGS84
from geogrid_maps.vendor import PACKAGES

#: Of the folders that pages load from, see `geogrid_maps.vendor.folders`.
ARCHIVE_SCRIPT: Final = next(
    f"vendor/{package}/{name}"
    for package, names in PACKAGES.items()
    for name in names
    if name.endswith("protomaps-leaflet.js")
)
#: How the datums are called on a picture.
NAMES: Final = {WGS84: "WGS 84", CGCS2000: "CGCS2000", GCJ02: "GCJ-02"}


class Tiles(StrEnum):
    """Where tiles come from."""

    SERVER = "server"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class BaseMap:
    """A base map.

    Attributes
    ----------
    tiles
        Whether they are single images of a server, or lie in one PMTiles archive.
    address
        With ``{z}``, ``{x}`` and ``{y}`` in it; or that of the archive.
    datum
        That of the tiles, and so of the picture: wgs84, cgcs2000 or gcj02.
    attribution
        Who is to be named for them, as plain text.
    labels
        The address of tiles that lie over them, of the same host and datum: some providers serve names apart.

    Examples
    --------
    >>> BaseMap(Tiles.SERVER, "https://tiles.example.org:8080/{z}/{x}/{y}.png", "gcj02", "").origin
    'https://tiles.example.org:8080'
    """

    tiles: Tiles
    address: str
    datum: str
    attribution: str
    labels: str = ""

    @property
    def origin(self) -> str:
        """The origin that a browser loads the tiles from; empty where it is the page's own."""
        if self.tiles is Tiles.ARCHIVE:
            return ""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def named(self) -> str:
        """Who is named for the tiles: the server, where nobody said."""
        return self.attribution or urlsplit(self.address).netloc

    @property
    def datum_name(self) -> str:
        """The datum of the picture, as it is written."""
        return NAMES[self.datum]

    @property
    def scripts(self) -> tuple[str, ...]:
        """What a page loads to draw it: paths below the folder of scripts and styles."""
        shift = ("own/datum.js",) if self.datum == GCJ02 else ()
        archive = (ARCHIVE_SCRIPT,) if self.tiles is Tiles.ARCHIVE else ()
        return (*shift, *archive, "own/base.js")

    @property
    def figures(self) -> dict[str, Any]:
        """What the scripts of a page are told of it."""
        served = self.tiles is Tiles.SERVER
        return {
            "datum": self.datum,
            "tiles": [address for address in (self.address, self.labels) if address] if served else [],
            "archive": None if served else self.address,
        }
