"""Export a filtered list of incidents."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from geogrid.constants import Language
from geogrid.incidents.export_writers import IncidentExport, IncidentFormat, stream_incidents, write_incidents
from geogrid.model import Actor, Permission
from geogrid.rules.formulas import FigureSide
from geogrid.services.counting_basis import require_restated
from geogrid.services.incident_export import IncidentSelection, open_export
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import require_permission
from geogrid_api.dependencies import BasisDep, FilterDep, FilterValuesDep
from geogrid_api.problem_details import AUTH_ERRORS, FIGURE_ERRORS, problem_responses

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from anyio import CapacityLimiter

router = APIRouter(prefix="/v1", tags=["incidents 事件"])

ExporterDep = Annotated[Actor, require_permission(Permission.INCIDENTS_EXPORT)]
_PART_BYTES: Final = 2**16
_CONTENT: Final[dict[str, Any]] = {
    form.media_type: {
        "schema": {"type": "object"} if form is IncidentFormat.GEOJSON else {"type": "string", "format": "binary"}
    }
    for form in IncidentFormat
}


@router.get(
    "/incidents/export",
    response_class=StreamingResponse,
    responses={200: {"content": _CONTENT}, **problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS)},
)
async def export_incidents(
    state: StateDep,
    actor: ExporterDep,
    values: FilterValuesDep,
    query: FilterDep,
    basis: BasisDep,
    format: IncidentFormat,  # noqa: A002 - name of the query parameter
    figure: Annotated[
        str, Query(description="Only the incidents that this count or rate counts.", pattern="^[a-z_]{0,40}$")
    ] = "",
    part: Annotated[
        FigureSide, Query(description="Side of the rate. Use numerator for a count.")
    ] = FigureSide.NUMERATOR,
    lang: Language = Language.ZH,
) -> StreamingResponse:
    """Export the incidents within your bounds, newest first, as CSV, XLSX, GeoJSON, GeoPackage or GeoParquet.

    The filters are those of the list. Telephone and identity numbers are masked. The audit log keeps who exported how
    many incidents by which filters.
    """
    selection = IncidentSelection(values, query, figure, part)

    def open_content() -> Iterator[bytes]:
        # A file carries no note that its areas are those of an earlier generation.
        require_restated(basis.gap, query, by_area=False)
        export = open_export(state.store, state.rules, state.formulas, actor, selection, format, lang)
        return stream_incidents(export, format) if format.is_stream else _write_file(export, format)

    content = await anyio.to_thread.run_sync(open_content, limiter=state.export_limiter)
    days = [str(day) for day in (values.first, values.last) if day]
    name = "-".join(["incidents", *days]) + format.suffix
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(
        _read_limited(content, state.export_limiter), media_type=format.media_type, headers=headers
    )


async def _read_limited(content: Iterator[bytes], limiter: CapacityLimiter) -> AsyncIterator[bytes]:
    """Yield the parts of an export, each made in a thread of the limiter, so that exports leave threads for others."""
    while (part := await anyio.to_thread.run_sync(next, content, None, limiter=limiter)) is not None:
        yield part


def _write_file(export: IncidentExport, form: IncidentFormat) -> Iterator[bytes]:
    """Write an export to a temporary file and return its parts. The file is removed after the last part."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the iterator, or with it
    with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
        path = Path(folder, f"incidents{form.suffix}")
        write_incidents(path, export, form)
        with path.open("rb") as written:
            shutil.copyfileobj(written, file)
    file.seek(0)

    def read_parts() -> Iterator[bytes]:
        with file:
            while part := file.read(_PART_BYTES):
                yield part

    return read_parts()
