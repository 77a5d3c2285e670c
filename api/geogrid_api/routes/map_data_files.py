"""Data of the maps as CSV and GeoJSON files."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from geogrid.services.counting_basis import require_restated
from geogrid_api.authentication import OPTIONAL_AUTH
from geogrid_api.map_requests import MapDep, MapRequest
from geogrid_api.problem_details import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_maps.map_query import file_stem
from geogrid_maps.map_registry import MAPS, MapEntry, MapTables

if TYPE_CHECKING:
    from collections.abc import Callable

router = APIRouter(tags=["maps 地图"])


class TableFormat(StrEnum):
    """File format of a table."""

    CSV = "csv"
    GEOJSON = "geojson"

    @property
    def media_type(self) -> str:
        """Media type."""
        return "text/csv" if self is TableFormat.CSV else "application/geo+json"


_SCHEMAS: Final[dict[TableFormat, dict[str, str]]] = {
    TableFormat.CSV: {"type": "string", "format": "binary"},
    TableFormat.GEOJSON: {"type": "object"},
}
_ERRORS: Final[dict[int | str, dict[str, Any]]] = problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS)


def _table_route(
    entry: MapEntry[Any], tables: MapTables[Any], table_format: TableFormat
) -> Callable[[MapRequest], Response]:
    render = tables.csv if table_format is TableFormat.CSV else tables.geojson

    def table_file(request: MapDep) -> Response:
        selection = request.select(request.view)
        require_restated(selection.shapes.gap, selection.query, by_area=tables.by_area)
        data = tables.gather(request, request.view)
        name = f"{file_stem(entry.kind, data.view)}.{table_format}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(render(data), media_type=table_format.media_type, headers=headers)

    return table_file


def _add_route(entry: MapEntry[Any], tables: MapTables[Any], table_format: TableFormat, description: str) -> None:
    content = {table_format.media_type: {"schema": _SCHEMAS[table_format]}}
    router.get(
        f"/maps/{entry.kind}.{table_format}",
        name=f"{entry.kind}_{table_format}",
        description=description,
        response_class=Response,
        responses={200: {"content": content}, **_ERRORS},
        openapi_extra=OPTIONAL_AUTH,
    )(_table_route(entry, tables, table_format))


for map_entry in MAPS.values():
    if map_tables := map_entry.tables:
        _add_route(map_entry, map_tables, TableFormat.CSV, map_tables.csv_description)
        _add_route(map_entry, map_tables, TableFormat.GEOJSON, map_tables.geojson_description)
