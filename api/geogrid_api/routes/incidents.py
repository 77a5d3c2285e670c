"""Report, read, list and import incidents."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from geogrid.incidents.incident_file_reader import FileFormat, IncidentFile, read_incident_file
from geogrid.incidents.source_codes import SourceCodes
from geogrid.incidents.validation import MAX_DESCRIPTION, MAX_EXTERNAL_ID
from geogrid.local_time import parse_timestamp
from geogrid.locate.datum_check import DatumMismatch
from geogrid.model import Actor, Permission, Point, Report
from geogrid.rules.vocabulary import SourceUse
from geogrid.services import duplicates, incident_import
from geogrid.services import incidents as service
from geogrid.services.duplicates import find_final_incident_id
from geogrid.services.idempotency import IdempotentRequest
from geogrid.services.import_mappings import ListKind
from geogrid.services.incident_parts import list_parts
from geogrid.services.pagination import MAX_PAGE
from geogrid.tabular.row_model import LeftOutRow, Refusal
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.authentication import ReaderDep, require_permission
from geogrid_api.dependencies import (
    CODE,
    DatumDep,
    FilterDep,
    RecordId,
    get_upload_format,
    require_text,
    resolve_datum,
)
from geogrid_api.problem_details import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_api.request_preconditions import IdempotencyDep
from geogrid_api.routes.locate import Latitude, Longitude
from geogrid_api.schemas.incidents import (
    ITEM_ERRORS,
    DuplicateResponse,
    IncidentDetailResponse,
    IncidentResponse,
    ReportResponse,
    make_detail_response,
    make_duplicate_responses,
    make_etag,
    make_incident_response,
    make_report_response,
)
from geogrid_api.schemas.vocabulary import VocabularyText
from geogrid_api.upload_options import XLSX_MEDIA_TYPE, UploadMapping, UploadSheet, read_upload_options

router = APIRouter(prefix="/v1", tags=["incidents 事件"])

ReporterDep = Annotated[Actor, require_permission(Permission.INCIDENTS_REPORT)]
ImporterDep = Annotated[Actor, require_permission(Permission.INCIDENTS_IMPORT)]

_FORMATS = {
    "text/csv": FileFormat.CSV,
    XLSX_MEDIA_TYPE: FileFormat.XLSX,
    "application/geo+json": FileFormat.GEOJSON,
    "application/vnd.apache.parquet": FileFormat.PARQUET,
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_MAX_SHOWN = 1_000
# The body is parsed before authentication, so anonymous users can send one.
_MAX_REPORT_BYTES = 64_000


class ReportBody(BaseModel):
    """A report of a problem."""

    model_config = ConfigDict(extra="forbid")

    lon: Annotated[float, Strict(), Field(description="Longitude or easting.", examples=[113.3058])]
    lat: Annotated[float, Strict(), Field(description="Latitude or northing.", examples=[40.0912])]
    datum: Annotated[str | None, Field(max_length=40, examples=["gcj02"])] = None
    accuracy_m: Annotated[
        Annotated[float, Strict()] | None,
        Field(ge=0, le=100_000, description="Accuracy of the point in metres."),
    ] = None
    claimed_grid: Annotated[
        str | None,
        Field(
            pattern=CODE,
            description="Grid, community or street named by the reporter; used only to detect a wrong datum.",
        ),
    ] = None
    category: Annotated[str, Field(max_length=20, examples=["Z06"])]
    source: Annotated[
        VocabularyText | None,
        Field(description="Code of the source, see GET /v1/vocabulary; by default that of reports to the API."),
    ] = None
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION)] = ""
    reported_at: Annotated[
        Annotated[AwareDatetime, BeforeValidator(require_text)] | None,
        Field(description="Time with UTC offset; by default now.", examples=["2022-01-31T08:30:00+08:00"]),
    ] = None
    external_id: Annotated[
        str | None,
        Field(
            max_length=MAX_EXTERNAL_ID,
            pattern=r"^\S(.*\S)?$",
            description="Id in the source system, without surrounding spaces.",
        ),
    ] = None


class IncidentPage(BaseModel):
    """A page of incidents, newest first."""

    items: list[IncidentResponse]
    next: str | None = Field(description="Cursor of the next page; null on the last page.")


class ImportResponse(BaseModel):
    """Result of an import."""

    rows: int
    accepted: int
    outside: int = Field(description="Accepted incidents outside the district.")
    refused: int
    refusals: list[Refusal] = Field(description=f"The first {_MAX_SHOWN} refused rows, with the reason.")
    left_out: list[LeftOutRow] = Field(description="Rows that are no records, such as notes below the list.")
    suspicions: list[DatumMismatch] = Field(
        description="Probably wrong datums: with another one, significantly more points lie in the claimed grids."
    )
    committed: bool = Field(
        description="Whether the rows were imported: false for a dry run and for a suspected datum."
    )


@router.post(
    "/incidents",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_REPORT_BYTES,
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def report_incident(
    body: ReportBody, state: StateDep, actor: ReporterDep, idempotency: IdempotencyDep, response: Response
) -> ReportResponse:
    """Report an incident. The response contains its grids and possible duplicates.

    A report outside the district is saved without a grid and gets a location review.
    """
    report = make_report(body, state)
    snapshot = state.snapshots.current
    receipt = service.receive_report(
        state.store,
        snapshot.locator,
        state.rules,
        report,
        actor,
        themes=snapshot.themes,
        idempotency=IdempotentRequest(
            idempotency.key, idempotency.fingerprint, lambda receipt: _make_response(receipt).model_dump_json()
        )
        if idempotency
        else None,
    )
    response.headers["Location"] = f"/v1/incidents/{receipt.incident.id}"
    response.headers["ETag"] = make_etag(receipt.incident)
    return _make_response(receipt)


def make_report(body: ReportBody, state: AppState) -> Report:
    """Return the report of a request body, with the default datum and the current time where it has none."""
    return Report(
        reported_at=body.reported_at or datetime.now(UTC),
        category=body.category,
        source=SourceCodes.of(state.rules.profile, SourceUse.API).find(body.source),
        point=Point(body.lon, body.lat),
        datum=resolve_datum(body.datum, state.settings),
        description=body.description,
        external_id=body.external_id,
        accuracy_m=body.accuracy_m,
        claimed_grid=body.claimed_grid,
    )


def _make_response(receipt: service.Receipt) -> ReportResponse:
    return make_report_response(receipt.incident, receipt.duplicates)


@router.get(
    "/incidents",
    responses=problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS),
    dependencies=[require_permission(Permission.INCIDENTS_READ)],
)
def list_incidents(
    state: StateDep,
    query: FilterDep,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the previous page.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> IncidentPage:
    """List the incidents within your bounds, newest first. New incidents do not shift the pages.

    `as_of` returns the grids of the generation active at that time.
    """
    page = service.list_incidents(state.store, query, cursor=cursor, limit=limit)
    return IncidentPage(items=[make_incident_response(incident) for incident in page.items], next=page.next)


@router.get(
    "/incidents/{incident_id:id}",
    responses=ITEM_ERRORS,
)
def read_incident(
    incident_id: RecordId, state: StateDep, actor: ReaderDep, response: Response
) -> IncidentDetailResponse:
    """Return an incident. A step needs the ETag of the response in If-Match."""
    incident = service.read_incident(state.store, actor, incident_id)
    response.headers["ETag"] = make_etag(incident)
    return make_detail_response(
        incident, list_parts(state.store, actor, incident), find_final_incident_id(state.store, incident)
    )


@router.post(
    "/incidents/import",
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY),
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(_FORMATS, _BINARY)}},
)
async def import_incidents(
    request: Request,
    state: StateDep,
    actor: ImporterDep,
    datum: Annotated[str | None, Query(max_length=40, description="Datum of rows without one.")] = None,
    commit: Annotated[bool, Query(description="Import the rows; without it the request is a dry run.")] = False,  # noqa: FBT002 - a query parameter
    accept_datum: Annotated[bool, Query(description="Import rows although their datum is suspected.")] = False,  # noqa: FBT002 - a query parameter
    sheet: UploadSheet = None,
    mapping: UploadMapping = None,
) -> ImportResponse:
    """Import a CSV, XLSX, GeoJSON or Parquet file. Invalid rows are refused one by one."""
    file_format = get_upload_format(request, _FORMATS)
    content = await request.body()
    default = resolve_datum(datum, state.settings) if datum or state.settings.default_datum else None

    def run() -> ImportResponse:
        options = read_upload_options(state.store, ListKind.INCIDENTS, sheet, mapping)
        return _import(
            state,
            actor,
            read_incident_file(content, file_format, default, options),
            commit=commit,
            accept_datum=accept_datum,
        )

    return await run_in_threadpool(run)


def _import(
    state: AppState,
    actor: Actor,
    file: IncidentFile,
    *,
    commit: bool,
    accept_datum: bool,
) -> ImportResponse:
    result = incident_import.import_incidents(
        state.store,
        state.snapshots.current.locator,
        state.rules,
        file.rows,
        actor,
        datum=file.datum,
        commit=commit,
        accept_datum=accept_datum,
    )
    return ImportResponse(
        rows=result.rows,
        accepted=result.accepted,
        outside=result.outside,
        refused=len(result.refused),
        refusals=result.refused[:_MAX_SHOWN],
        left_out=file.left_out[:_MAX_SHOWN],
        suspicions=result.suspicions,
        committed=result.committed,
    )


@router.get("/incidents/{incident_id:id}/duplicates", responses=ITEM_ERRORS)
def list_duplicates(incident_id: RecordId, state: StateDep, actor: ReaderDep) -> list[DuplicateResponse]:
    """List possible duplicates of an incident, best match first. The step `merge` merges incidents."""
    return make_duplicate_responses(
        duplicates.find_duplicates_of_incident(state.store, state.rules, actor, incident_id)
    )


@router.get("/duplicates", responses=problem_responses(*AUTH_ERRORS))
def find_duplicates(
    state: StateDep,
    actor: ReaderDep,
    datum: DatumDep,
    lon: Longitude,
    lat: Latitude,
    category: Annotated[str, Query(max_length=20, examples=["Z06"])],
    observed_at: Annotated[
        str | None, Query(alias="at", max_length=40, description="Time of the observation; by default now.")
    ] = None,
    description: Annotated[str, Query(max_length=MAX_DESCRIPTION)] = "",
) -> list[DuplicateResponse]:
    """List possible duplicates of an unsent report, best match first."""
    time = parse_timestamp(observed_at) if observed_at else datetime.now(UTC)
    return make_duplicate_responses(
        duplicates.find_duplicates(state.store, state.rules, actor, Point(lon, lat), datum, category, time, description)
    )
