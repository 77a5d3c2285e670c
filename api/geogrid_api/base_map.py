"""Base map from the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid_maps.basemap import BaseMap, Tiles

if TYPE_CHECKING:
    from geogrid.settings import Settings

#: Path of the configured PMTiles archive.
ARCHIVE_PATH: Final = "/maps/base.pmtiles"


def make_base_map(settings: Settings) -> BaseMap | None:
    """Return the configured base map, or None if maps draw only the district."""
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
        attribution = settings.tiles_attribution or settings.tiles_pmtiles.name
        return BaseMap(Tiles.ARCHIVE, ARCHIVE_PATH, settings.tiles_datum, attribution)
    return None
