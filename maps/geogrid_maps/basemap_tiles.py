"""Base maps under the district: tiles of a server, or of a PMTiles archive.

Tiles of Chinese providers are in GCJ-02, about 600 m off WGS 84. Shapes and points drawn over them are
shifted by `geogrid.geo.datums`; ``static/datum.js`` shifts clicked points back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from geogrid.geo.datums import CGCS2000, GCJ02, WGS84
from geogrid_maps.vendor import PACKAGES

#: Path of the script for archives below `geogrid_maps.vendor.folders`.
ARCHIVE_SCRIPT: Final = next(
    f"vendor/{package}/{name}"
    for package, names in PACKAGES.items()
    for name in names
    if name.endswith("protomaps-leaflet.js")
)
#: Names of the datums on pages.
DATUM_NAMES: Final = {WGS84: "WGS 84", CGCS2000: "CGCS2000", GCJ02: "GCJ-02"}


class Tiles(StrEnum):
    """Source of the tiles."""

    SERVER = "server"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class BaseMap:
    """A base map.

    Attributes
    ----------
    tiles
        Source of the tiles.
    address
        URL of the tiles with ``{z}``, ``{x}`` and ``{y}``, or of the archive.
    datum
        Datum of the tiles, and so of the map: wgs84, cgcs2000 or gcj02.
    attribution
        Attribution, plain text.
    labels
        URL of tiles with labels, same host and datum; some providers serve labels apart.

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
        """Origin of the tiles; empty for the origin of the page."""
        if self.tiles is Tiles.ARCHIVE:
            return ""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def named(self) -> str:
        """Attribution; by default the host of the tiles."""
        return self.attribution or urlsplit(self.address).netloc

    @property
    def datum_name(self) -> str:
        """Name of the datum."""
        return DATUM_NAMES[self.datum]

    @property
    def scripts(self) -> tuple[str, ...]:
        """Scripts that a page loads: paths below the static folder."""
        shift = ("own/datum.js",) if self.datum == GCJ02 else ()
        archive = (ARCHIVE_SCRIPT,) if self.tiles is Tiles.ARCHIVE else ()
        return (*shift, *archive, "own/base.js")

    @property
    def figures(self) -> dict[str, Any]:
        """Settings for the scripts of a page."""
        served = self.tiles is Tiles.SERVER
        return {
            "datum": self.datum,
            "tiles": [address for address in (self.address, self.labels) if address] if served else [],
            "archive": None if served else self.address,
        }
