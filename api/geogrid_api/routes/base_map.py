"""PMTiles archive of the base map."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse

from geogrid.errors import NotFoundError
from geogrid.layers.export import ExportFormat
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import OPTIONAL_AUTH, MapViewerDep
from geogrid_api.base_map import ARCHIVE_PATH

router = APIRouter(tags=["maps 地图"])


@router.get(ARCHIVE_PATH, include_in_schema=False, openapi_extra=OPTIONAL_AUTH)
def read_base_map(state: StateDep, _viewer: MapViewerDep) -> FileResponse:
    """Return the configured PMTiles archive; browsers read it with Range requests."""
    path = state.settings.tiles_pmtiles
    if path is None or not path.is_file():
        raise NotFoundError("No base map is configured.", code="base_unknown", remedy="Set GEOGRID_TILES_PMTILES.")
    # Caches must revalidate, so that a client never mixes parts of two archives.
    return FileResponse(path, media_type=ExportFormat.PMTILES.media_type, headers={"Cache-Control": "no-cache"})
