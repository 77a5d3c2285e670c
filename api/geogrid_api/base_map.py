"""The base map of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid_maps.basemap import BaseMap, Tiles

if TYPE_CHECKING:
    from geogrid.settings import Settings

#: Where the service hands out the archive of the settings.
ARCHIVE_PATH: Final = "/maps/base.pmtiles"


def make_base_map(settings: Settings) -> BaseMap | None:
    """Return the base map that a deployment has set, or None: the district itself is drawn then."""
    if settings.tiles_datum is None:
        return None
    if settings.tiles_url:
        return BaseMap(
            Tiles.SERVER,
            settings.tiles_url,
            settings.tiles_datum,
            settings.tiles_attribution,
            settings.tiles_labels_url or "",
        )
    if settings.tiles_pmtiles:
        named = settings.tiles_attribution or settings.tiles_pmtiles.name
        return BaseMap(Tiles.ARCHIVE, ARCHIVE_PATH, settings.tiles_datum, named)
    return None
